import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLog } from '../../action/open-log.ts';
import { randomIds, systemClock } from '../../adapters/clock.ts';
import { evidenceLog } from '../../adapters/evidence-branch/writer.ts';
import { storeSeal } from '../../adapters/git-store/store-seal.ts';
import { GitClone } from '../../adapters/git/git-clone.ts';
import { sha256, sha512, verify } from '../../adapters/signing/node-crypto.ts';
import { generateSigningKeys, loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import type { SigningKeys } from '../../adapters/signing/signing-keys.ts';
import { storeKey } from '../../adapters/signing/store-key.ts';
import { GateError } from '../../core/errors.ts';
import { serveRepository } from '../contract/evidence-branch/git-bench.ts';
import { recordBytes } from '../support/evidence-log.ts';
import { evidenceBranch, git } from '../support/evidence-repository.ts';

/**
 * A key was stolen and replaced, and its secret is still there as the previous one. The thief may push: he makes the branch look
 * as if the log had not gone over, and lets the log remember what he likes, sealed with the old key.
 */

const STORE = 'refs/countersign/log';
const BRANCH = `refs/heads/${evidenceBranch}`;
const repository = { host: 'github.com', installationId: 1, id: 67_890 };
const log = { host: 'github.com', installationId: 1, repositoryId: 67_890 };

const folder = mkdtempSync(join(tmpdir(), 'countersign-old-key-'));
const remote = join(folder, 'remote.git');
const stolen = generateSigningKeys();
const fresh = generateSigningKeys();
/** Every checkpoint that was about to be signed: roots by size. */
const signed = new Map<string, Set<string>>();
let jobs = 0;
/** Of the log while the stolen key was in force. */
let old = { commit: '', store: '' };
/** After it had gone over. */
let truth = { commit: '', store: '' };

beforeAll(async () => {
  serveRepository(remote);
  await job(stolen, null);
  old = here();
  await job(fresh, stolen);
  truth = here();
});
afterAll(() => rmSync(folder, { recursive: true }));

function here(): typeof truth {
  return { commit: git(remote, ['rev-parse', BRANCH]), store: git(remote, ['rev-parse', STORE]) };
}

function signersOf(pem: string): SigningKeys {
  const loaded = loadSigningKeys(pem);
  if (!loaded.ok) throw new TypeError(loaded.issue);
  const { record, checkpoint } = loaded.value;
  const sign = (message: Uint8Array): Promise<Uint8Array> => {
    const [, size = '', root = ''] = Buffer.from(message).toString().split('\n');
    signed.set(size, (signed.get(size) ?? new Set()).add(root));
    return checkpoint.sign(message);
  };
  return { record, checkpoint: { ...checkpoint, sign } };
}

/** One job that writes one record, and begins anew when the store had to be put back. Answers what it warned of. */
async function job(pem: string, before: string | null): Promise<readonly string[]> {
  const warned: string[] = [];
  jobs += 1;
  const work = join(folder, `clone-${jobs}`);
  mkdirSync(work);
  const clone = new GitClone(work, { url: remote, token: null }, systemClock);
  const patience = { wait: () => Promise.resolve(), random: () => 0 };
  const current = { signers: signersOf(pem), storeKey: storeKey(pem) };
  const previous = before === null ? null : { signers: signersOf(before), storeKey: storeKey(before) };
  for (let repaired: Uint8Array | null = null; ;) {
    const opened = await openLog({
      clone,
      clock: systemClock,
      ...patience,
      patienceMs: 1_000,
      log,
      keys: { current, previous, revokedFrom: null },
      trust: { branch: evidenceBranch, isOpened: false, check: () => {} },
      warn: ({ code }) => warned.push(code),
      point: async (ref, commit) => {
        await Promise.resolve();
        git(remote, ['update-ref', ref, commit]);
      },
    });
    const writer = evidenceLog({
      branchOf: () => Promise.resolve(opened.branch),
      store: opened.store.logs,
      signers: current.signers,
      previousSigners: previous?.signers ?? null,
      clock: systemClock,
      ids: randomIds,
      sha256,
      sha512,
      verify,
      ...patience,
    });
    const own = recordBytes('heartbeat', { number: jobs }, jobs, repository);
    const records = [repaired ?? [], own].flat().map((bytes) => ({ bytes, attachments: [] }));
    try {
      await opened.begin();
      await writer.append({ ...repository, owner: 'acme', name: 'shop' }, records);
      return warned;
    } catch (error) {
      if (!(error instanceof GateError)) throw error;
      repaired = await opened.restore(error);
      if (repaired === null) throw error;
    }
  }
}

function onTop(tree: string, message: string, parent: string): string {
  return git(remote, ['commit-tree', tree, '-p', parent, '-m', message]);
}

const treeOf = (commit: string): string => git(remote, ['rev-parse', `${commit}^{tree}`]);

const listOf = (commit: string): string[] => git(remote, ['ls-tree', '-r', '--name-only', commit]).split('\n');

/** The store of then, in which another commit is the newest one of the log. */
function remembering(head: string): string {
  const path = listOf(old.store).find((each) => each.includes('/states/')) ?? '';
  const text = git(remote, ['show', `${old.store}:${path}`]).replaceAll(old.commit, head);
  const env = { ...process.env, GIT_INDEX_FILE: join(folder, 'index') };
  const plumb = (args: readonly string[], input = ''): string =>
    execFileSync('git', args, { cwd: remote, env, input }).toString().trim();
  const blob = plumb(['hash-object', '-w', '--stdin'], text);
  plumb(['read-tree', old.store]);
  plumb(['update-index', '--cacheinfo', `100644,${blob},${path}`]);
  return plumb(['write-tree']);
}

/** Whatever became of the job: no second tree of a size was signed. */
function expectNoFork(): void {
  expect(signed.size).toBeGreaterThan(0);
  expect([...signed.values()].filter((roots) => roots.size > 1)).toEqual([]);
}

describe('C107 a stolen key that was replaced, and is still given as the previous one', () => {
  test('an older tree on top does not make what it seals believed again: nothing is signed a second time', async () => {
    const top = onTop(treeOf(old.commit), 'x', truth.commit);
    const tree = remembering(top);
    const seal = storeSeal({ ref: STORE, owner: 'github.com/67890', key: storeKey(stolen) });
    git(remote, ['update-ref', STORE, onTop(tree, `x\n\n${seal.state(tree, truth.store, 1_000)}`, truth.store)]);
    git(remote, ['update-ref', BRANCH, top]);
    await expect(job(fresh, stolen)).rejects.toMatchObject({ because: { code: 'store-forged' } });
    expectNoFork();
  });

  test('honest: with the store as it was the older tree on top is repaired, and the log goes on', async () => {
    git(remote, ['update-ref', STORE, truth.store]);
    expect(await job(fresh, stolen)).toEqual([]);
    git(remote, ['merge-base', '--is-ancestor', truth.commit, BRANCH]);
    const records = listOf(truth.commit).filter((path) => path.startsWith('records/'));
    expect(listOf(BRANCH)).toEqual(expect.arrayContaining(records));
    expectNoFork();
  });
});
