import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gitBranch } from '../../adapters/evidence-branch/git-branch.ts';
import { evidenceLog } from '../../adapters/evidence-branch/writer.ts';
import { openGitStore } from '../../adapters/git-store/open-git-store.ts';
import { GitClone } from '../../adapters/git/git-clone.ts';
import { randomIds } from '../../adapters/clock.ts';
import { generateSigningKeys, loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { sha256, sha512, verify } from '../../adapters/signing/node-crypto.ts';
import { storeKey } from '../../adapters/signing/store-key.ts';
import { formatVerifierKey, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { evidenceBranch, git } from '../support/evidence-repository.ts';
import { runVerify } from '../support/run-verify.ts';
import { openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from '../support/standalone-stage.ts';

/**
 * Mallory has the signing keys of a log that workflows write, and may push: what she writes is signed as ours is. The keys are
 * replaced and revoked from the record on that she may have written.
 */

const POLICY = '.github/countersign.yml';
const BRANCH = `refs/heads/${evidenceBranch}`;
const pem = generateSigningKeys();

let world: StandaloneStage;
let folder = '';
let remote = '';
let key = '';
/** Released by us, before the theft. */
let honest: StandaloneRun;
/** Nobody but the thief released these: one before the revocation, one after it. */
let stolen: StandaloneRun;
let later: StandaloneRun;
let forgedAt = 0;
/** Last commit of the log before the keys were replaced, as the thief keeps it. */
let copy = '';

beforeAll(async () => {
  world = await openStandaloneStage();
  folder = mkdtempSync(join(tmpdir(), 'thief-'));
  remote = world.sandbox.gitDir(world.repo);
  copy = join(folder, 'copy.git');
  const keys = loadSigningKeys(pem);
  if (!keys.ok) throw new TypeError(keys.issue);
  key = formatVerifierKey(toVerifierKey(world.key.split('+')[0] ?? '', keys.value.checkpoint.publicKey, sha256));
  [honest, stolen, later] = [await world.run(), await world.run(), await world.run()];
  await world.sandbox.as('dave').review(world.repo, await world.askForReview(honest), { state: 'APPROVED' });
  await world.decide(honest);
  forgedAt = await forge(remote, stolen);
  git(folder, ['clone', '--quiet', '--mirror', remote, copy]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

function file(path: string): Uint8Array {
  return Buffer.from(`${git(remote, ['cat-file', 'blob', `${evidenceBranch}:${path}`])}\n`);
}

/** Our own writer with the stolen keys: what it appends is a part of the log like any other. */
async function forge(url: string, { runId, sha }: StandaloneRun): Promise<number> {
  const keys = loadSigningKeys(world.signingKeys);
  if (!keys.ok) throw new TypeError(keys.issue);
  const clock = world.sandbox.clock;
  const work = mkdtempSync(join(folder, 'forging-'));
  const clone = new GitClone(work, { url, token: null }, clock);
  const [host = '', , id = ''] = world.key.split('/');
  const patience = { wait: () => Promise.resolve(), random: () => 0 };
  const store = openGitStore({
    clone,
    ref: 'refs/countersign/log',
    owner: `${host}/${id}`,
    key: storeKey(world.signingKeys),
    clock,
    ...patience,
    patienceMs: 1_000,
    push: 'together',
  });
  const branch = gitBranch(clone, evidenceBranch, store);
  const log = evidenceLog({
    branchOf: () => Promise.resolve(branch),
    store: store.logs,
    signers: keys.value,
    clock,
    ids: randomIds,
    sha256,
    sha512,
    verify,
    ...patience,
  });
  const paths = git(remote, ['ls-tree', '-r', '--name-only', evidenceBranch]).split('\n');
  const real = paths.find((path) => path.endsWith('-released.json')) ?? '';
  // The commit and the run of the honest release, everywhere in it, become those of the thief's.
  const bytes = Buffer.from(file(real))
    .toString()
    .replaceAll(honest.sha, sha)
    .replaceAll(`"runId": ${honest.runId}`, `"runId": ${runId}`);
  const attachments = paths
    .filter((path) => /^(?:facts|policies)\//.test(path) && bytes.includes(path.replace(/^.*\/|\..*$/g, '')))
    .map((path) => ({ path, bytes: file(path) }));
  const ref = { host, installationId: 1, id: Number(id), owner: 'acme', name: 'shop' };
  const [sealed] = await log.append(ref, [{ bytes: Buffer.from(bytes), attachments }]);
  return sealed?.index ?? -1;
}

async function trust(keys: readonly string[]): Promise<void> {
  const { sandbox, repo } = world;
  const text = (sandbox.file(repo, 'main', POLICY) ?? '').replace(/keys: \[.*\]/, `keys: ['${keys.join("', '")}']`);
  await sandbox.as('alice').commit(repo, 'main', { files: { [POLICY]: text }, message: 'Trust' });
}

const gate = (run: StandaloneRun): ReturnType<StandaloneStage['gate']> => world.gate(run, { job: 'decide' });

describe('C107: the signing keys of a log that workflows write are stolen', () => {
  test('while nobody knows it, what the thief signs lets a job go: it is signed as ours is', async () => {
    expect(await gate(stolen)).toMatchObject({ passed: true });
  });

  test('a policy without the stolen key stops everything at once', async () => {
    await trust([key]);
    for (const run of [honest, stolen]) expect(await gate(run)).toMatchObject({ code: 'key-does-not-match' });
  });

  test('the job with the new keys revokes the old ones, and releases what a person approved', async () => {
    const inputs = {
      'signing-key': pem,
      'previous-signing-key': world.signingKeys,
      'previous-key-revoked-from': String(forgedAt),
    };
    const run = await world.run();
    await world.sandbox.as('dave').review(world.repo, await world.askForReview(run), { state: 'APPROVED' });
    expect(await world.decide(run, { inputs })).toMatchObject({ passed: true, decision: 'release' });
    expect(await gate(run)).toMatchObject({ passed: true });
    // The same settings once more change nothing.
    expect(await world.decide(await world.run(), { inputs })).toMatchObject({ code: 'held-alone' });
    const paths = git(remote, ['ls-tree', '-r', '--name-only', evidenceBranch, 'records/']).split('\n');
    expect(paths.filter((path) => path.endsWith('-key-changed.json'))).toHaveLength(2);
  });

  test('what the thief signed releases nothing any more; what was signed before the theft does', async () => {
    expect(await gate(stolen)).toMatchObject({ passed: false, code: 'release-by-revoked-key' });
    expect(await gate(honest)).toMatchObject({ passed: true });
  });

  test('what she signs afterwards, on a log that never changed its keys, releases nothing', async () => {
    const now = git(remote, ['rev-parse', BRANCH]);
    await forge(copy, later);
    git(remote, ['fetch', '--quiet', copy, `+${BRANCH}:${BRANCH}`]);
    expect(await gate(later)).toMatchObject({ passed: false, code: 'key-does-not-match' });
    git(remote, ['update-ref', BRANCH, now]);
    expect(await gate(honest)).toMatchObject({ passed: true });
  });

  test('an auditor with the new key is told what not to trust, one with the old key to pin another', async () => {
    const said = await runVerify(remote, evidenceBranch, key);
    expect(said).toContain(`Do not trust records ${forgedAt} to`);
    const refused = { stdout: expect.stringContaining('pinned-key-revoked') };
    await expect(runVerify(remote, evidenceBranch, world.key)).rejects.toMatchObject(refused);
  });
});
