import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { generateSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { formatVerifierKey, parseVerifierKey, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { commitFiles, evidenceBranch, git } from '../support/evidence-repository.ts';
import { BAD_INPUT, expectRefused, refusalsOf } from '../support/runner/bad-input.ts';
import type { BadInputTable, ReasonCode, Refusal } from '../support/runner/bad-input.ts';
import { startBadServer } from '../support/runner/bad-server.ts';
import type { BadManners, BadServer } from '../support/runner/bad-server.ts';
import type { ActionOptions } from '../support/runner/run-action.ts';
import { DECIDE, openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from '../support/standalone-stage.ts';

/**
 * Everything that stops a job that writes the log by itself, by the committed bundle in a process as a runner starts it: never
 * a pass, and nothing written. What needs a log that is there is in standalone-at-once.test.ts.
 */

const MODES = ['decide', 'close'] as const;
type Mode = (typeof MODES)[number];
type Given = () => Partial<ActionOptions>;

let world: StandaloneStage;
let run: StandaloneRun;
let remote = '';
let folder = '';
/** What the repository was before anybody tried. */
let before = '';
const servers = new Map<BadManners, BadServer>();

beforeAll(async () => {
  world = await openStandaloneStage();
  run = await world.run();
  remote = world.sandbox.gitDir(world.repo);
  folder = mkdtempSync(join(tmpdir(), 'standalone-refusals-'));
  // Git takes a minute for a server that hangs, and has a variable for that; the Action hands none of the job's on.
  const impatient = '#!/bin/sh\nexport GIT_HTTP_LOW_SPEED_TIME=1\nPATH="${PATH#*:}" exec git "$@"\n';
  writeFileSync(join(folder, 'git'), impatient);
  chmodSync(join(folder, 'git'), 0o755);
  for (const manners of ['hang', 'drip', 'reset'] as const) servers.set(manners, await startBadServer(manners));
  await trustAlso(new URL(url('hang')).host);
  before = refs();
});
afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

const OTHER_KEY = generateSigningKeys();
const NO_PLAN = 'it is given no plan: the propose step has read it';
const NO_TOKEN = 'it needs no OIDC token, but to attest: see keyless signing';
const NO_APP = 'nobody asks an App';
const ELSEWHERE = 'no mode was chosen: see action-bad-input.test.ts';
const AS_DECIDE = 'it opens the log as decide does: see there';

/** The git server's name is part of the log's: where it hangs, the job would else stop before it asks it. */
async function trustAlso(host: string): Promise<void> {
  const { sandbox, repo, key } = world;
  const parsed = parseVerifierKey(key, sha256);
  if (!parsed.ok) throw new TypeError(parsed.issue);
  const name = parsed.value.name.replace(/^[^/]+/, host);
  const other = formatVerifierKey(toVerifierKey(name, parsed.value.key, sha256));
  const path = '.github/countersign.yml';
  const text = (sandbox.file(repo, 'main', path) ?? '').replace(`'${key}'`, `'${key}', '${other}'`);
  await sandbox.as('alice').commit(repo, 'main', { files: { [path]: text }, message: 'Trust it there too' });
}

function url(manners: BadManners): string {
  return servers.get(manners)?.url ?? '';
}

function refused(code: ReasonCode, given: Given): Refusal<Given> {
  return { given, code };
}

function both(refusal: Refusal<Given>): Readonly<Record<Mode, Refusal<Given>>> {
  return { decide: refusal, close: refusal };
}

function github(at: () => string): Refusal<Given> {
  return refused('action-github-unavailable', () => ({
    env: { GITHUB_API_URL: `${at()}/api/v3`, GITHUB_GRAPHQL_URL: `${at()}/api/graphql` },
    faster: true,
  }));
}

function fork(): Partial<ActionOptions> {
  const { event } = world.sandbox.jobVariables(run.runId, 'decide');
  return { event: { ...Object(event), pull_request: { head: { sha: '1'.repeat(40), repo: { id: 99 } } } } };
}

const TABLE: BadInputTable<Mode, Given> = {
  'missing permissions': both(refused('action-token-forbidden', () => ({ permissions: {} }))),
  'missing OIDC': { decide: NO_TOKEN, close: NO_TOKEN },
  'a pull request of a fork': both(refused('run-fork', fork)),
  'a plan of the wrong format': { decide: NO_PLAN, close: NO_PLAN },
  'a state file': { decide: NO_PLAN, close: NO_PLAN },
  'a truncated plan': { decide: NO_PLAN, close: NO_PLAN },
  'a plan in UTF-16': { decide: NO_PLAN, close: NO_PLAN },
  'noise of the setup-terraform wrapper': { decide: NO_PLAN, close: NO_PLAN },
  'an unknown mode': { decide: ELSEWHERE, close: ELSEWHERE },
  'no evidence branch': {
    decide: 'it makes the branch; where the policy says that there was one, see standalone-at-once.test.ts',
    close: refused('gate-not-released', () => ({})),
  },
  'a key that does not match': both(refused('signing-key-untrusted', () => ({ inputs: { 'signing-key': OTHER_KEY } }))),
  'the network down: nobody listens': both(github(() => 'http://127.0.0.1:9')),
  'the network down: the name cannot be resolved': {
    decide: github(() => `https://${'a'.repeat(64)}.invalid`),
    close: AS_DECIDE,
  },
  'the network down: a reset in the middle of an answer': { decide: github(() => url('reset')), close: AS_DECIDE },
  'the network down: no TLS where it should be': {
    decide: github(() => url('hang').replace('http:', 'https:')),
    close: AS_DECIDE,
  },
  'a GitHub that hangs': both(github(() => url('hang'))),
  'a GitHub that drips': { decide: github(() => url('drip')), close: AS_DECIDE },
  'an App that hangs': { decide: NO_APP, close: NO_APP },
  'an OIDC endpoint that hangs': { decide: NO_TOKEN, close: NO_TOKEN },
  'a git server that hangs': both(
    refused('action-github-unavailable', () => ({
      env: { GITHUB_SERVER_URL: url('hang'), PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    })),
  ),
};

function refs(): string {
  return git(remote, ['for-each-ref', '--format=%(refname) %(objectname)']);
}

const met = BAD_INPUT.filter((bad) => refusalsOf(TABLE, bad, MODES).length > 0);

describe.each(met)('%s', (bad) => {
  // Those that only wait do so together.
  const each = /hangs|drips/.test(bad) ? test.concurrent : test;
  each.each(refusalsOf(TABLE, bad, MODES))('$mode: $code', async ({ mode, given, code }) => {
    const spoilt = given();
    const inputs = { ...(mode === 'close' ? { 'job-result': 'success' } : {}), ...spoilt.inputs };
    expectRefused(await world.step(mode, run, { ...spoilt, inputs, job: 'decide' }), code);
  });

  test('nothing was written', () => {
    expect(refs()).toBe(before);
  });
});

describe('what is missing or wrong in the workflow', () => {
  test.each<[string, Mode, ReasonCode, Partial<ActionOptions>]>([
    ['no key', 'decide', 'signing-key-missing', { inputs: { 'signing-key': '' } }],
    ['half a key', 'decide', 'signing-key-unreadable', { inputs: { 'signing-key': '-----BEGIN PRIVATE KEY-----' } }],
    [
      'no such signing environment',
      'decide',
      'signing-environment-missing',
      { inputs: { 'signing-environment': 'none' } },
    ],
    [
      'another evidence branch than the policy trusts',
      'decide',
      'trust-branch-differs',
      { inputs: { 'evidence-branch': 'other' } },
    ],
    ['a proposal that is none', 'decide', 'proposal-unreadable', { inputs: { proposal: '{"environment":1}' } }],
    ['a list of no proposal', 'decide', 'proposal-unreadable', { inputs: { proposal: '[]' } }],
    ['a proposal that did not arrive', 'decide', 'proposal-missing', { inputs: { proposal: '' } }],
    ['no environment', 'decide', 'action-input-missing', { inputs: { environment: '' } }],
    ['no token', 'decide', 'action-input-missing', { inputs: { token: '' } }],
    ['a token that may not read the run', 'decide', 'action-token-forbidden', { permissions: { contents: 'write' } }],
    [
      'a token that may not push',
      'decide',
      'evidence-push-refused',
      { permissions: { ...DECIDE, contents: 'read' }, faster: true },
    ],
    ['an older attempt', 'decide', 'run-attempt-changed', { env: { GITHUB_RUN_ATTEMPT: '2' } }],
    ['an older attempt', 'close', 'run-attempt-changed', { env: { GITHUB_RUN_ATTEMPT: '2' } }],
    ['no result', 'close', 'action-input-missing', { inputs: { 'job-result': '' } }],
    ['a result that there is not', 'close', 'action-input-refused', { inputs: { 'job-result': 'great' } }],
  ])('%s, in %s: %s', async (_, mode, code, given) => {
    const before = refs();
    const inputs = { ...(mode === 'close' ? { 'job-result': 'success' } : {}), ...given.inputs };
    expectRefused(await world.step(mode, run, { ...given, inputs, job: 'decide' }), code);
    expect(refs()).toBe(before);
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
    const before = refs();
    const said = await world.decide(run, { inputs: { 'signing-environment': 'open' } });
    expect(said).toMatchObject({ passed: false, code: 'signing-environment-open' });
    expect(said.because).toMatchObject([{ params: { by: expect.stringContaining(says) } }]);
    expect(refs()).toBe(before);
  });

  test('a signing environment for every branch, by the bundle', async () => {
    const ran = await world.step('decide', run, { inputs: { 'signing-environment': 'production' } });
    expectRefused(ran, 'signing-environment-open');
  });

  test('a branch that holds something else is not taken over', async () => {
    commitFiles(remote, new Map([['README.md', new Uint8Array([10])]]));
    expectRefused(await world.step('decide', run), 'log-of-another-writer');
    git(remote, ['update-ref', '-d', `refs/heads/${evidenceBranch}`]);
  });

  test('a policy that asks for a team is refused at once, and after an answer, with what to write instead', async () => {
    const { sandbox, repo } = world;
    const path = '.github/countersign.yml';
    const text = sandbox.file(repo, 'main', path) ?? '';
    const asking = text.replace('{ min-permission: maintain }', '{ teams: [acme/sre], users: [dave] }');
    await sandbox.as('alice').commit(repo, 'main', { files: { [path]: asking }, message: 'Ask a team' });
    const said = await world.step('decide', run);
    expectRefused(said, 'team-without-app');
    expect(said.summary).toContain('acme/sre');
    await sandbox.as('dave').review(repo, await world.askForReview(run), { state: 'APPROVED' });
    expect(await world.decide(run)).toMatchObject({ passed: false, code: 'team-without-app' });
    await sandbox.as('alice').commit(repo, 'main', { files: { [path]: text }, message: 'Ask people again' });
  });
});
