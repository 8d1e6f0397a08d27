import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobKeys } from '../../action/job-keys.ts';
import { openLog } from '../../action/open-log.ts';
import { randomIds, systemClock } from '../../adapters/clock.ts';
import { evidenceLog } from '../../adapters/evidence-branch/writer.ts';
import { storeSeal } from '../../adapters/git-store/store-seal.ts';
import { GitClone } from '../../adapters/git/git-clone.ts';
import { sha256, sha512, verify } from '../../adapters/signing/node-crypto.ts';
import { generateSigningKeys, loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { storeKey } from '../../adapters/signing/store-key.ts';
import { GateError } from '../../core/errors.ts';
import type { Signer } from '../../core/ports.ts';
import { serveRepository } from '../contract/evidence-branch/git-bench.ts';
import { recordBytes } from '../support/evidence-log.ts';
import { evidenceBranch, git } from '../support/evidence-repository.ts';

/**
 * Whoever may push, and has no key, does what he likes with the ref on which a standalone log remembers, and adds what he likes
 * to the evidence branch, which a ruleset lets only grow. Then the next job writes: nothing may be lost or signed a second time.
 */

const STORE = 'refs/countersign/log';
const BRANCH = `refs/heads/${evidenceBranch}`;
const repository = { host: 'github.com', installationId: 1, id: 67_890 };
const log = { host: 'github.com', installationId: 1, repositoryId: 67_890 };

const folder = mkdtempSync(join(tmpdir(), 'countersign-put-back-'));
const remote = join(folder, 'remote.git');
const pem = generateSigningKeys();
/** What the store was, oldest first; the last one is the truth. */
let states: readonly string[] = [];
/** Index of the one in which the first commit is on its way. */
const FIRST_PENDING = 2;
/** Commits of the log, oldest first. */
let commits: readonly string[] = [];
/** Every checkpoint that was about to be signed. */
let signed: string[] = [];
let honestly: readonly string[] = [];
let jobs = 0;

beforeAll(async () => {
  serveRepository(remote);
  for (const number of [1, 2]) await job(number);
  states = git(remote, ['rev-list', '--reverse', STORE]).split('\n');
  commits = git(remote, ['rev-list', '--reverse', BRANCH]).split('\n');
  honestly = signed;
});
afterAll(() => rmSync(folder, { recursive: true }));

function keys(): JobKeys {
  const loaded = loadSigningKeys(pem);
  if (!loaded.ok) throw new TypeError(loaded.issue);
  const { record, checkpoint } = loaded.value;
  const telling: Signer = {
    ...checkpoint,
    sign: (message) => {
      signed.push(Buffer.from(message).toString());
      return checkpoint.sign(message);
    },
  };
  const current = { signers: { record, checkpoint: telling }, storeKey: storeKey(pem) };
  return { current, previous: null, revokedFrom: null };
}

/** One job that writes one record, and begins anew when the store had to be put back. Answers what it warned of. */
async function job(number: number): Promise<readonly string[]> {
  const warned: string[] = [];
  jobs += 1;
  const work = join(folder, `clone-${jobs}`);
  mkdirSync(work);
  const clone = new GitClone(work, { url: remote, token: null }, systemClock);
  for (let repaired: Uint8Array | null = null; ;) {
    const patience = { wait: () => Promise.resolve(), random: () => 0 };
    const opened = await openLog({
      clone,
      clock: systemClock,
      ...patience,
      patienceMs: 1_000,
      log,
      keys: keys(),
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
      signers: keys().current.signers,
      clock: systemClock,
      ids: randomIds,
      sha256,
      sha512,
      verify,
      ...patience,
    });
    const own = recordBytes('heartbeat', { number }, number, repository);
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

function onTop(tree: string, message: string, ...parents: string[]): string {
  return git(remote, ['commit-tree', tree, ...parents.flatMap((each) => ['-p', each]), '-m', message]);
}

const treeOf = (commit: string): string => git(remote, ['rev-parse', `${commit}^{tree}`]);
const messageOf = (commit: string): string => git(remote, ['log', '-1', '--format=%B', commit]);
const newest = (of: readonly string[]): string => of.at(-1) ?? '';
const records = (commit: string): string[] => git(remote, ['ls-tree', '-r', commit, 'records/']).split('\n');

/** By the name of what somebody did to the evidence branch: where it is then. All of them are fast-forwards. */
const BRANCHES: Readonly<Record<string, () => string>> = {
  'as it was': () => newest(commits),
  'with an older tree of ours on top': () =>
    onTop(treeOf(commits[0] ?? ''), messageOf(commits[0] ?? ''), newest(commits)),
  'with an older tree on top that claims a newer store': () =>
    onTop(treeOf(commits[0] ?? ''), `x\n\nstore ${'a'.repeat(40)} 999999999999 ${'b'.repeat(64)}`, newest(commits)),
  'empty, and looks as if it came from the first commit': () =>
    onTop(git(remote, ['mktree']), 'x', commits[0] ?? '', newest(commits)),
};

/** Whatever became of the job: nothing is gone, and no second tree was signed. @returns the new records */
function checkNothingLost(): string[] {
  const before = records(newest(commits));
  const after = records(BRANCH);
  expect(after).toEqual(expect.arrayContaining(before));
  git(remote, ['merge-base', '--is-ancestor', newest(commits), BRANCH]);
  checkNothingSignedTwice();
  return after.filter((path) => !before.includes(path)).map((path) => /\d-([a-z-]+)\.json$/.exec(path)?.[1] ?? path);
}

function checkNothingSignedTwice(): void {
  const roots = new Map<string, string>();
  for (const text of signed) {
    const [, size = '', root = ''] = text.split('\n');
    expect(roots.get(size) ?? root).toBe(root);
    roots.set(size, root);
  }
}

async function attacked(store: string, branch: string): Promise<{ warned: readonly string[]; added: string[] }> {
  const state = STORES[store]?.() ?? null;
  git(remote, state === null ? ['update-ref', '-d', STORE] : ['update-ref', STORE, state]);
  git(remote, ['update-ref', BRANCH, BRANCHES[branch]?.() ?? '']);
  signed = [...honestly];
  const warned = await job(3);
  return { warned, added: checkNothingLost() };
}

/** By the name of what somebody did to the store: where its ref is then; null: nowhere. */
const STORES: Readonly<Record<string, () => string | null>> = {
  'as it was': () => newest(states),
  'as it was when the newest commit was made': () => states.at(-2) ?? '',
  'from before the first commit': () => states[0] ?? '',
  'from when the first commit was on its way': () => states[FIRST_PENDING] ?? '',
  'from after the first commit': () => states[FIRST_PENDING + 1] ?? '',
  deleted: () => null,
  'an older tree with its own seal as a newer commit': () =>
    onTop(treeOf(states[FIRST_PENDING] ?? ''), messageOf(states[FIRST_PENDING] ?? ''), newest(states)),
  junk: () => onTop(git(remote, ['mktree']), 'x'),
  'junk that claims to be newer': () => onTop(git(remote, ['mktree']), 'x\n\nnumber 999999999999'),
  'what the same keys sealed for another repository': () => {
    const tree = treeOf(states[FIRST_PENDING] ?? '');
    const seal = storeSeal({ ref: STORE, owner: 'github.com/1', key: storeKey(pem) });
    return onTop(tree, `x\n\n${seal.state(tree, null, 1)}`);
  },
};

describe('C101 a standalone log whose store and branch others have moved', () => {
  test.each([
    ['from after the first commit', 'as it was'],
    ['from before the first commit', 'empty, and looks as if it came from the first commit'],
    ['from when the first commit was on its way', 'with an older tree of ours on top'],
    ['from after the first commit', 'with an older tree of ours on top'],
    ['an older tree with its own seal as a newer commit', 'with an older tree of ours on top'],
    ['from after the first commit', 'empty, and looks as if it came from the first commit'],
    ['deleted', 'empty, and looks as if it came from the first commit'],
    ['junk', 'as it was'],
    ['what the same keys sealed for another repository', 'as it was'],
    ['deleted', 'with an older tree on top that claims a newer store'],
    ['junk that claims to be newer', 'as it was'],
  ])('the store is %s, the branch is %s: the store is put back, and that is told', async (store, branch) => {
    const { warned, added } = await attacked(store, branch);
    expect(warned).toEqual(['store-restored']);
    const repairs = branch === 'as it was' ? [] : ['repaired'];
    expect(added.toSorted()).toEqual(['heartbeat', 'repaired', ...repairs]);
  });

  test('what claims to be newer may be by newer keys where the branch is not by ours: nothing is overwritten', async () => {
    const branch = 'empty, and looks as if it came from the first commit';
    await expect(attacked('junk that claims to be newer', branch)).rejects.toMatchObject({
      because: { code: 'store-forged' },
    });
    expect(git(remote, ['log', '-1', '--format=%B', STORE])).toContain('number 999999999999');
    checkNothingSignedTwice();
  });

  test.each(['as it was', 'as it was when the newest commit was made'])(
    'honest: the store is %s: only what is on top of the branch is repaired',
    async (store) => {
      const { warned, added } = await attacked(store, 'with an older tree of ours on top');
      expect(warned).toEqual([]);
      expect(added.toSorted()).toEqual(['heartbeat', 'repaired']);
    },
  );
});
