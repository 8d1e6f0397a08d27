import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { Fault } from '../../sandbox/sandbox.ts';
import { createLog } from '../support/evidence-log.ts';
import { evidenceBranch } from '../support/evidence-repository.ts';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateGiven, GateRun, GateStage } from '../support/gate-stage.ts';
import { expectRefused } from '../support/runner/bad-input.ts';
import type { ReasonCode } from '../support/runner/bad-input.ts';
import { runAction } from '../support/runner/run-action.ts';
import type { ActionRun } from '../support/runner/run-action.ts';

/**
 * The gate of a job that the App let go: one world, one release, every way to look at it. What every mode has to refuse is in
 * action-bad-input.test.ts.
 */

let world: GateStage;
let run: GateRun;
let origin = '';
/** Of the evidence branch, before the release was recorded. */
let before = '';

beforeAll(async () => {
  world = await openGateStage();
  before = evidenceHead();
  run = await world.released();
  origin = world.key.split('+')[0] ?? '';
});

afterAll(async () => {
  await world.close();
});

function evidenceHead(): string {
  return world.stage.sandbox.branchHead(world.stage.repo, evidenceBranch) ?? '';
}

/** As a runner runs it: a process of its own. */
function step(
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<ActionRun> {
  const { stage, workspace } = world;
  const { sandbox, repo } = stage;
  return runAction({
    sandbox,
    repo,
    runId: run.runId,
    job: 'deploy',
    inputs: { 'wait-seconds': '0', ...inputs },
    workspace,
    permissions: { contents: 'read' },
    env,
  });
}

const said = async (given: GateGiven): Promise<string | undefined> => (await world.gate(run, given)).code;

describe('as a step on a runner', () => {
  test('it passes, and says in outputs and summary who countersigned what by which record', async () => {
    const before = world.stage.sandbox.requests.length;
    const ran = await step({ environment: 'Production', key: world.key });
    expect(ran).toMatchObject({ exitCode: 0, annotations: [], stderr: '' });
    expect(ran.outputs).toMatchObject({ decision: 'release', reason: 'gate-passed', reviewers: 'dave' });
    expect(ran.outputs['checkpoint']).toMatch(new RegExp(`^${origin}\n`));
    const url = ran.outputs['record-url'] ?? '';
    expect(url).toMatch(new RegExp(`/records/.*0*${ran.outputs['record']}-authorised\\.json$`));
    expect(ran.summary).toMatch(/^## ✅ Countersigned/);
    expect(ran.summary).toContain(run.sha);
    expect(ran.summary).toContain(url);
    expect(ran.summary).toContain('| Checkout | none in the working directory');
    // The token is hidden before anything is said.
    expect(ran.stdout.split('\n')[0]).toMatch(/^::add-mask::/);
    expect(ran.masks.length).toBe(1);
    expect(JSON.parse(ran.state['gate'] ?? '')).toMatchObject({ environment: 'production', attempt: 1, appUrl: null });
    // Reads only, and few.
    const calls = world.stage.sandbox.requests.slice(before);
    expect(calls.every(({ method, route }) => method === 'GET' || route.startsWith('graphql '))).toBe(true);
    expect(calls.length).toBeLessThanOrEqual(4);
  });

  test('it fails with an annotation, a reason and a way out, whatever an earlier step left in the environment', async () => {
    const ran = await step({ environment: 'staging' }, { STATE_isPost: 'true', STATE_mode: 'gate', STATE_gate: '{}' });
    expect(ran.exitCode).toBe(1);
    expect(ran.outputs).toMatchObject({ decision: 'hold', reason: 'release-of-other-environment' });
    expect(ran.annotations).toMatchObject([{ level: 'error', title: 'Countersign: Another environment was released' }]);
    expect(ran.summary).toMatch(/^## ⛔ Held/);
    expect(ran.summary).toContain('_What to do:_');
  });

  test('it reaches GitHub by the proxy that the runner names', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end();
    });
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    });
    const port = await new Promise<number>((settle) => {
      proxy.listen(0, '127.0.0.1', () => {
        const address = proxy.address();
        settle(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const ran = await step({ environment: 'production' }, { http_proxy: `http://127.0.0.1:${port}` });
    expect(ran.exitCode).toBe(1);
    expect(asked.length).toBeGreaterThan(0);
    expect(ran.outputs['reason']).toMatch(/^action-github-/);
    const odd = await step({ environment: 'production' }, { HTTPS_PROXY: 'ftp://[', NO_PROXY: '*' });
    expect(odd.outputs['reason']).toBe('runner-context-unusable');
    proxy.close();
  });
});

describe('as a step on a runner it fails with a reason and a way out', () => {
  test.each<[string, Parameters<typeof step>, ReasonCode]>([
    ['without an environment', [{ environment: '' }], 'action-input-missing'],
    ['where the workflow brings another key', [{ key: 'mallory/1/1/1+00000000+AAAAAAAA' }], 'trust-key-differs'],
    ['where it brings another branch', [{ 'evidence-branch': 'mallory' }], 'trust-branch-differs'],
    ['with a token that GitHub does not know', [{ token: 'ghs_nobody' }], 'action-token-forbidden'],
    ['for another attempt', [{}, { GITHUB_RUN_ATTEMPT: '2' }], 'release-of-other-attempt'],
    ['with a plan that was never proposed', [{ plan: 'missing.plan' }], 'subject-missing'],
  ])('%s', async (_, [inputs, env], code) => {
    const ran = await step({ environment: 'production', ...inputs }, env);
    expectRefused(ran, code);
  });
});

describe('it never passes', () => {
  test.each<[string, GateGiven, string]>([
    ['for another run of the commit', { env: { GITHUB_RUN_ID: '1' } }, 'release-of-other-run'],
    [
      'for another commit',
      { env: { GITHUB_SHA: '1'.repeat(40), GITHUB_WORKFLOW_SHA: '1'.repeat(40) } },
      'release-of-other-commit',
    ],
    ['in another repository', { env: { GITHUB_REPOSITORY_ID: '1' }, event: {} }, 'repository-differs'],
    ['without a token', { inputs: { token: '' } }, 'action-input-missing'],
    ['with a wait that is no number', { inputs: { 'wait-seconds': '1e3' } }, 'action-input-refused'],
    ['with a wait that is too long', { inputs: { 'wait-seconds': '601' } }, 'action-input-refused'],
    ['with an event of another repository', { event: { repository: { id: 1 } } }, 'runner-context-unusable'],
  ])('%s', async (_, given, code) => {
    expect(await said(given)).toBe(code);
  });

  test.each<[string, Fault['do'], string]>([
    ['GitHub fails', { status: 500 }, 'action-github-unavailable'],
    ['GitHub asks for patience', { status: 403, headers: { 'retry-after': '3600' } }, 'action-github-rate-limited'],
    ['GitHub answers something else', { status: 200, body: { data: { repository: null } } }, 'forge-shape-unknown'],
  ])('when %s', async (_, answer, code) => {
    const undo = world.stage.sandbox.faults.add({ path: 'liveBranch', when: 'before', times: 3, do: answer });
    expect(await said({})).toBe(code);
    undo();
  });

  test.each([
    ['a tile', /\/contents\/tile/, 'evidence-not-in-tree'],
    ['the facts', /\/contents\/facts/, 'facts-unreadable'],
  ])('when %s cannot be found', async (_, path, code) => {
    const undo = world.stage.sandbox.faults.add({ path, when: 'before', times: 9, do: { status: 404 } });
    expect(await said({})).toBe(code);
    undo();
  });

  // C113: whichever call it is, and whatever it answers instead.
  const calls: readonly (string | RegExp)[] = ['liveBranch', 'blobs', /\/contents\/tile/, /\/contents\/facts/];
  const answers: readonly Extract<Fault['do'], object>[] = [
    { status: 404, body: { message: 'Not Found' } },
    { status: 403, body: { message: 'Resource not accessible by integration' } },
    { status: 302, headers: { location: '/' } },
    { status: 200, body: {} },
    { status: 200, body: [] },
    { status: 200, body: { data: { repository: {} }, type: 'file', encoding: 'none', content: '' } },
  ];
  test.each(calls.flatMap((path) => answers.map((answer) => ({ path, answer }))))(
    'when $path answers $answer',
    async ({ path, answer }) => {
      const undo = world.stage.sandbox.faults.add({ path, when: 'before', times: 9, do: answer });
      const { passed, code } = await world.gate(run);
      undo();
      expect(passed).toBe(false);
      expect(code).not.toBe('action-failed');
    },
  );
});

describe('a record that is on its way', () => {
  test('is waited for, and nothing else is', async () => {
    const { sandbox, repo } = world.stage;
    const { requests, webhooks } = sandbox;
    webhooks.pause();
    const now = evidenceHead();
    await sandbox.as('alice').forcePush(repo, evidenceBranch, before);
    expect(await said({})).toBe('release-not-recorded');
    const looks = requests.length;
    const waiting = said({ inputs: { 'wait-seconds': '10' } });
    await sandbox.until(() => requests.slice(looks).filter(({ route }) => route === 'graphql liveBranch').length >= 2);
    await sandbox.as('alice').forcePush(repo, evidenceBranch, now);
    expect(await waiting).toBe('gate-passed');
    await webhooks.resume();
    await world.stage.settle();
  });
});

describe('what the policy on the default branch says', () => {
  test.each<[string, string | null, string]>([
    ['no trust', null, 'trust-not-declared'],
    ['another branch', "  keys: ['KEY']\n  evidence-branch: elsewhere", 'evidence-branch-missing'],
    ['a key of the same log that did not sign', "  keys: ['OTHER']", 'key-does-not-match'],
    ['a key of another log', `  keys: ['${formatVerifierKey(createLog().pin)}']`, 'key-does-not-match'],
    ['the old key and the new one', "  keys: ['OTHER', 'KEY']", 'gate-passed'],
  ])('decides: %s', async (_, lines, code) => {
    const other = formatVerifierKey(createLog(origin).pin);
    await world.trust(lines?.replace('KEY', world.key).replace('OTHER', other) ?? null);
    expect(await said({})).toBe(code);
    await world.trust(`  keys: ['${world.key}']`);
  });
});

describe('while nobody has countersigned', () => {
  test('a job that was let go by an admin is stopped, and it is said how to get it approved', async () => {
    const held = await world.held({ environment: 'production' });
    await world.stage.sandbox.as('alice').bypass(held.runId);
    const before = await world.gate(held);
    expect(before).toMatchObject({ passed: false, code: 'release-not-recorded', decision: 'hold' });
    expect(before.summary?.join('\n')).toMatch(/countersign approve [0-9A-Z]{8}/);
    await world.stage.settle();
    // That request waits for nobody any more, and a new attempt has another code.
    expect(await world.gate(held)).toMatchObject({ code: 'gate-was-bypassed', summary: [] });
  });
});
