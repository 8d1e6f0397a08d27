import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runVerify as runScheduled } from '../../action/verify.ts';
import { generateSigningKeys, loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { formatVerifierKey, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { runModeHere } from '../support/action-context.ts';
import { evidenceBranch, git } from '../support/evidence-repository.ts';
import { runAction } from '../support/runner/run-action.ts';
import { runVerify } from '../support/run-verify.ts';
import { DECIDE, openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from '../support/standalone-stage.ts';

/** The keys of a log that workflows write are replaced, in the order of docs/action.md, by the bundle as a runner runs it. */

const POLICY = '.github/countersign.yml';
const STORE = 'refs/countersign/log';
const pem = generateSigningKeys();

let world: StandaloneStage;
let remote = '';
/** The new verifier key; `world.key` is the old one. */
let key = '';
/** Released under the old keys. */
let before: StandaloneRun;
/** Released by the job that signs the new keys in. */
let during: StandaloneRun;
/** The store as it was under the old keys. */
let oldStore = '';

beforeAll(async () => {
  world = await openStandaloneStage();
  remote = world.sandbox.gitDir(world.repo);
  const keys = loadSigningKeys(pem);
  if (!keys.ok) throw new TypeError(keys.issue);
  const [origin = ''] = world.key.split('+');
  key = formatVerifierKey(toVerifierKey(origin, keys.value.checkpoint.publicKey, sha256));
  [before, during] = [await reviewed(), await reviewed()];
  writeFileSync(join(world.workspace, 'kept'), (await world.decide(before)).checkpoint ?? '');
  oldStore = git(remote, ['rev-parse', STORE]);
});
afterAll(async () => {
  await world.close();
});

/** What an agent wrote, and dave approved. */
async function reviewed(): Promise<StandaloneRun> {
  const run = await world.run();
  await world.sandbox.as('dave').review(world.repo, await world.askForReview(run), { state: 'APPROVED' });
  return run;
}

async function trust(keys: readonly string[]): Promise<void> {
  const { sandbox, repo } = world;
  const text = sandbox.file(repo, 'main', POLICY) ?? '';
  const lines = keys.map((each) => `'${each}'`).join(', ');
  const files = { [POLICY]: text.replace(/keys: \[.*\]/, `keys: [${lines}]`) };
  await sandbox.as('alice').commit(repo, 'main', { files, message: 'Say whom to trust' });
}

/** What the committed bundle says in the deciding job. */
async function decide(run: StandaloneRun, inputs: Readonly<Record<string, string>>) {
  const { sandbox, repo, workspace } = world;
  const given = { mode: 'decide', environment: 'production', proposal: 'none', 'signing-key': pem, ...inputs };
  const ran = await runAction({
    sandbox,
    repo,
    runId: run.runId,
    job: 'decide',
    inputs: given,
    workspace,
    permissions: DECIDE,
  });
  const said = ran.stdout + ran.summary;
  for (const secret of Object.values(inputs)) {
    const [, line = ''] = secret.split('\n');
    if (line !== '') expect(said.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain(line);
  }
  return { exitCode: ran.exitCode, reason: ran.outputs['reason'], decision: ran.outputs['decision'], said };
}

function refs(): string {
  return git(remote, ['for-each-ref', '--format=%(objectname)', STORE, `refs/heads/${evidenceBranch}`]);
}

async function refused(code: string, inputs: Readonly<Record<string, string>>): Promise<string> {
  const was = refs();
  const { exitCode, reason, said } = await decide(during, inputs);
  expect([exitCode, reason]).toEqual([1, code]);
  expect(refs()).toBe(was);
  return said;
}

function changes(): number {
  const paths = git(remote, ['ls-tree', '-r', '--name-only', evidenceBranch, 'records/']).split('\n');
  return paths.filter((path) => path.endsWith('-key-changed.json')).length;
}

/** In the deciding job, which still runs: which job asks makes no difference to the gate. */
function gate(run: StandaloneRun, inputs: Readonly<Record<string, string>> = {}): ReturnType<StandaloneStage['gate']> {
  return world.gate(run, { job: 'decide', inputs });
}

const replaced = (): Readonly<Record<string, string>> => ({ 'previous-signing-key': world.signingKeys });

describe('before the log has gone over', () => {
  test('new keys that the policy does not trust yet are refused: no gate would believe the log', async () => {
    expect(await refused('signing-key-untrusted', replaced())).toContain(key);
  });

  test('with both keys in the policy the gate passes by the old one', async () => {
    await trust([world.key, key]);
    expect(await gate(before)).toMatchObject({ passed: true, decision: 'release' });
  });

  test.each([
    ['missing', () => '', 'no previous signing key was given'],
    ['others', () => generateSigningKeys(), 'is not it'],
  ])('previous keys that are %s are refused, with the way out', async (_what, previous, why) => {
    const said = await refused('log-of-previous-key', { 'previous-signing-key': previous() });
    expect(said).toContain(why);
    expect(said).toContain('COUNTERSIGN_PREVIOUS_SIGNING_KEY');
  });

  test('previous keys that are none are refused, and so is a revocation from nowhere', async () => {
    const was = refs();
    for (const [code, inputs] of [
      ['action-input-refused', { 'previous-signing-key': '-----BEGIN PRIVATE KEY-----' }],
      ['action-input-refused', { ...replaced(), 'previous-key-revoked-from': 'the beginning' }],
      ['signing-keys-refused', { ...replaced(), 'previous-key-revoked-from': '900' }],
    ] as const) {
      expect(await world.decide(during, { inputs: { 'signing-key': pem, ...inputs } })).toMatchObject({ code });
    }
    expect(refs()).toBe(was);
  });
});

describe('the job that has both', () => {
  test('signs the new keys in and releases, and every gate passes', async () => {
    expect(await decide(during, replaced())).toMatchObject({ exitCode: 0, decision: 'release' });
    expect(changes()).toBe(2);
    for (const run of [before, during]) expect(await gate(run)).toMatchObject({ passed: true });
  });

  test('does it once', async () => {
    const run = await reviewed();
    const said = await world.decide(run, { inputs: { 'signing-key': pem, ...replaced() } });
    expect(said).toMatchObject({ passed: true, decision: 'release' });
    expect(changes()).toBe(2);
    expect(await gate(run)).toMatchObject({ passed: true });
  });

  test('takes nothing over any more that the old keys authenticate: the branch says what is remembered', async () => {
    git(remote, ['update-ref', STORE, oldStore]);
    const { reason, said } = await decide(during, replaced());
    expect(reason).toBe('decided-elsewhere');
    expect(said).toContain('What the log remembers was put back');
    expect(changes()).toBe(2);
  });
});

describe('when the log has gone over', () => {
  test('a gate that is to believe the old key alone does not follow to the new one', async () => {
    expect(await gate(during, { key: world.key })).toMatchObject({ code: 'key-does-not-match' });
    await trust([world.key]);
    expect(await gate(during)).toMatchObject({ passed: false, code: 'key-does-not-match' });
  });

  test('the old key may leave the policy and the secrets', async () => {
    await trust([key]);
    for (const run of [before, during]) expect(await gate(run)).toMatchObject({ passed: true });
    const next = await world.run();
    expect(await world.decide(next, { inputs: { 'signing-key': pem } })).toMatchObject({ code: 'held-alone' });
  });

  test('a job that still has the old key writes nothing', async () => {
    const run = await world.run();
    const was = refs();
    expect(await world.decide(run)).toMatchObject({ passed: false, code: 'signing-key-untrusted' });
    await trust([world.key, key]);
    expect(await world.decide(run)).toMatchObject({ passed: false, code: 'log-of-previous-key' });
    expect(refs()).toBe(was);
  });

  test('an auditor verifies the log by either key', async () => {
    for (const pin of [world.key, key]) {
      expect(await runVerify(remote, evidenceBranch, pin)).toContain('workflow-sealed');
    }
  });

  test('the scheduled check does, with the new key alone, since a checkpoint that the old one signed', async () => {
    await trust([key]);
    const { runId } = await world.run();
    const inputs = { mode: 'verify', since: 'kept', environment: '', 'wait-seconds': '' };
    const given = { runId, job: 'decide', workspace: world.workspace, inputs };
    expect(await runModeHere(world, runScheduled, given)).toMatchObject({ passed: true, decision: 'verified' });
  });
});
