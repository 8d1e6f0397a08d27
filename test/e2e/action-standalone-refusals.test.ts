import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKeys } from '../../adapters/signing/signing-keys.ts';
import type { ModeGiven, ModeSaid } from '../support/action-context.ts';
import { commitFiles, evidenceBranch, git } from '../support/evidence-repository.ts';
import { runVerify } from '../support/run-verify.ts';
import { DECIDE, openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from '../support/standalone-stage.ts';

/** Everything that stops a job that writes the log by itself: never a pass, and nothing written. */

const STORE = `refs/countersign/${evidenceBranch}`;

let world: StandaloneStage;
let run: StandaloneRun;
let remote = '';

beforeAll(async () => {
  world = await openStandaloneStage();
  run = await world.run();
  remote = world.sandbox.gitDir(world.repo);
});
afterAll(async () => {
  await world.close();
});

function refs(): string {
  return git(remote, [
    'for-each-ref',
    '--format=%(refname) %(objectname)',
    'refs/countersign',
    `refs/heads/${evidenceBranch}`,
  ]);
}

async function refused(code: string, given: Partial<ModeGiven> = {}): Promise<ModeSaid> {
  const before = refs();
  const said = await world.decide(run, given);
  expect(said).toMatchObject({ passed: false, code });
  expect(refs()).toBe(before);
  return said;
}

describe('before anything is written', () => {
  test.each<[string, string, Partial<ModeGiven>]>([
    ['no key', 'signing-key-missing', { inputs: { 'signing-key': '' } }],
    ['half a key', 'signing-key-unreadable', { inputs: { 'signing-key': '-----BEGIN PRIVATE KEY-----' } }],
    [
      'a key that the policy does not trust',
      'signing-key-untrusted',
      { inputs: { 'signing-key': generateSigningKeys() } },
    ],
    ['no such signing environment', 'signing-environment-missing', { inputs: { 'signing-environment': 'none' } }],
    [
      'another evidence branch than the policy trusts',
      'trust-branch-differs',
      { inputs: { 'evidence-branch': 'other' } },
    ],
    ['a proposal that is none', 'proposal-unreadable', { inputs: { proposal: '{"environment":1}' } }],
    ['a list of no proposal', 'proposal-unreadable', { inputs: { proposal: '[]' } }],
    ['a proposal that did not arrive', 'proposal-missing', { inputs: { proposal: '' } }],
    ['no environment', 'action-input-missing', { inputs: { environment: '' } }],
    ['no token', 'action-input-missing', { inputs: { token: '' } }],
    ['a token that may not read the run', 'action-token-forbidden', { permissions: { contents: 'write' } }],
    ['a token that may not push', 'evidence-push-refused', { permissions: { ...DECIDE, contents: 'read' } }],
    ['an older attempt', 'run-attempt-changed', { env: { GITHUB_RUN_ATTEMPT: '2' } }],
  ])('%s', async (_, code, given) => {
    await refused(code, given);
  });

  test('a pull request of a fork', async () => {
    const { event } = world.sandbox.jobVariables(run.runId, 'decide');
    const head = { sha: '1'.repeat(40), repo: { id: 99 } };
    await refused('run-fork', { event: { ...Object(event), pull_request: { head } } });
  });

  test.each([
    ['every branch', undefined, 'every branch and tag'],
    ['a pattern that every branch fits', ['main', '*'], 'the pattern *'],
    ['a pattern that anyone can push a branch for', ['main', '[a-z]*'], 'the pattern [a-z]*'],
    ['a pattern that leaves one letter out', ['main', '[!x]*'], 'the pattern [!x]*'],
    ['a pattern in the middle of a name', ['main', '*a*'], 'the pattern *a*'],
    ['a pattern for tags', ['main', 'refs/tags/v*'], 'the pattern v*'],
    ['protected branches, of which there are none', 'protected', 'is not protected'],
  ] as const)('a signing environment for %s', async (_, branches, says) => {
    world.sandbox.environment(world.repo, 'open', branches === undefined ? {} : { branches });
    const said = await refused('signing-environment-open', { inputs: { 'signing-environment': 'open' } });
    expect(said.because).toMatchObject([{ params: { by: expect.stringContaining(says) } }]);
  });

  test('nothing was released, so there is no outcome', async () => {
    expect(await world.closeRun(run, 'success', { job: 'decide' })).toMatchObject({
      passed: false,
      code: 'gate-not-released',
    });
    expect(await world.closeRun(run, 'great', { job: 'decide' })).toMatchObject({ code: 'action-input-refused' });
  });

  test('a branch that holds something else is not taken over', async () => {
    commitFiles(remote, new Map([['README.md', new Uint8Array([10])]]));
    await refused('log-of-another-writer');
    git(remote, ['update-ref', '-d', `refs/heads/${evidenceBranch}`]);
  });
});

describe('with a log', () => {
  test('three runs that decide at once are all there, and the log verifies', async () => {
    const spec = { name: 'Deploy', jobs: [{ name: 'decide', environment: 'countersign', manual: true }] };
    const runs: StandaloneRun[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { id } = await world.sandbox.as('carol').dispatch(world.repo, spec, { ref: 'main' });
      runs.push({ runId: id, sha: run.sha });
    }
    const said = await Promise.all(runs.map((each) => world.decide(each)));
    expect(said.map(({ code }) => code)).toEqual(runs.map(() => 'held-alone'));
    expect(new Set(said.map(({ record }) => record)).size).toBe(3);
    expect(await runVerify(remote, evidenceBranch, world.key)).toContain('4 records');
  });

  test('a store that somebody else wrote is believed in nothing', async () => {
    const honest = git(remote, ['rev-parse', STORE]);
    const tree = git(remote, ['rev-parse', `${STORE}^{tree}`]);
    git(remote, ['update-ref', STORE, git(remote, ['commit-tree', tree, '-p', honest, '-m', `mac ${'0'.repeat(64)}`])]);
    await refused('store-forged');
    // An older state that we did write, while the branch has gone on: a second tree of one size would be signed.
    git(remote, ['update-ref', STORE, git(remote, ['rev-list', '--max-parents=0', honest])]);
    expect(await world.decide(run)).toMatchObject({ passed: false, code: 'evidence-drift' });
    git(remote, ['update-ref', '-d', STORE]);
    expect(await world.decide(run)).toMatchObject({ passed: false, code: 'evidence-drift' });
    git(remote, ['update-ref', STORE, honest]);
    expect(await world.decide(run)).toMatchObject({ passed: false, code: 'held-alone' });
  });

  test('a policy that asks for a team is refused at once, and after an answer, with what to write instead', async () => {
    const { sandbox, repo } = world;
    const path = '.github/countersign.yml';
    const text = sandbox.file(repo, 'main', path) ?? '';
    const asking = text.replace('{ min-permission: maintain }', '{ teams: [acme/sre], users: [dave] }');
    await sandbox.as('alice').commit(repo, 'main', { files: { [path]: asking }, message: 'Ask a team' });
    const said = await refused('team-without-app');
    expect(said.because).toMatchObject([{ params: { team: 'acme/sre' } }]);
    await sandbox.as('dave').review(repo, await world.askForReview(run), { state: 'APPROVED' });
    await refused('team-without-app');
    await sandbox.as('alice').commit(repo, 'main', { files: { [path]: text }, message: 'Ask people again' });
  });

  test('a log that another key signs is refused, not continued', async () => {
    const key = generateSigningKeys();
    const untrusting = { 'signing-key': key };
    await refused('signing-key-untrusted', { inputs: untrusting });
    await world.sandbox
      .as('alice')
      .commit(world.repo, 'main', { files: { '.github/countersign.yml': null }, message: 'No trust' });
    await refused('log-of-previous-key', { inputs: untrusting });
  });
});
