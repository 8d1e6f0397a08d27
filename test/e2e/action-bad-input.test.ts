import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { createLog } from '../support/evidence-log.ts';
import { evidenceBranch, git } from '../support/evidence-repository.ts';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateStage } from '../support/gate-stage.ts';
import { askedBy } from '../support/held-deployment.ts';
import { BAD_INPUT, expectRefused, expectWarned, refusalsOf } from '../support/runner/bad-input.ts';
import type { BadInput, BadInputTable, ReasonCode, Refusal } from '../support/runner/bad-input.ts';
import { startBadServer } from '../support/runner/bad-server.ts';
import type { BadManners, BadServer } from '../support/runner/bad-server.ts';
import { runAction } from '../support/runner/run-action.ts';
import type { ActionOptions, ActionRun } from '../support/runner/run-action.ts';
import { AGENT, PRODUCTION_CHECK } from '../support/stage.ts';
import { appUrl, PLAN_AND_DEPLOY } from '../support/telling-the-app.ts';

/**
 * Every mode of a workflow with the App, and every bad input, by the committed bundle in a process as a runner starts it: one
 * world in which each mode passes, and one thing spoilt at a time. The modes without the App are in
 * action-standalone-refusals.test.ts.
 */

const MODES = ['gate', 'run', 'propose', 'verify', 'post'] as const;
type Mode = (typeof MODES)[number];

type Spoilt = Partial<ActionOptions> & {
  /** For `post`: the App of the gate that let the job go. */
  readonly app?: string;
};
/** Made when it is its turn: addresses are known only then. */
type Given = () => Spoilt;

const WITH_APP = { contents: 'read', 'id-token': 'write' } as const;
const SUBJECTS = { environment: 'production', plan: 'plan.json', command: './deploy.sh' } as const;
const INPUTS: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  gate: { mode: 'gate', 'wait-seconds': '0', ...SUBJECTS },
  run: { mode: 'run', 'wait-seconds': '0', ...SUBJECTS },
  propose: { mode: 'propose', ...SUBJECTS },
  verify: { mode: 'verify' },
  post: { mode: 'gate', 'wait-seconds': '0', ...SUBJECTS },
};

const PLAN = JSON.stringify({
  format_version: '1.2',
  planned_values: {},
  configuration: {},
  complete: true,
  resource_changes: [],
});
const PLANS = {
  good: PLAN,
  other: '{"name":"shop"}',
  state: '{"format_version":"1.0","values":{}}',
  cut: PLAN.slice(0, -20),
  wide: Buffer.from(`\ufeff${PLAN}`, 'utf16le'),
  noisy: `[command]/opt/terraform-bin show -json p\n${PLAN}\n::debug::exit code 0\n`,
} as const satisfies Readonly<Record<string, string | Uint8Array>>;

let world: GateStage;
let folder = '';
let runId = 0;
let proposed: ActionRun;
/** The main step of the gate that `post` closes. */
let main: ActionRun;
const servers = new Map<BadManners, BadServer>();

beforeAll(async () => {
  world = await openGateStage();
  folder = mkdtempSync(join(tmpdir(), 'action-bad-input-'));
  for (const [name, plan] of Object.entries(PLANS)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'plan.json'), plan);
    writeFileSync(join(folder, name, 'deploy.sh'), '#!/bin/sh\ntouch ran\n', { mode: 0o755 });
  }
  // Git takes a minute for a server that hangs, and has a variable for that; the Action hands none of the job's on.
  mkdirSync(join(folder, 'bin'));
  const impatient = '#!/bin/sh\nexport GIT_HTTP_LOW_SPEED_TIME=1\nPATH="${PATH#*:}" exec git "$@"\n';
  writeFileSync(join(folder, 'bin', 'git'), impatient);
  chmodSync(join(folder, 'bin', 'git'), 0o755);
  for (const manners of ['hang', 'drip', 'reset'] as const) servers.set(manners, await startBadServer(manners));

  const { stage } = world;
  await trust();
  const files = { 'infra/main.tf': '# by the agent\n' };
  const message = askedBy(stage, 'carol');
  const { sha } = await stage.sandbox.as(AGENT).commit(stage.repo, 'main', { files, message });
  runId = await stage.deploy('carol', { jobs: PLAN_AND_DEPLOY });
  proposed = await step('propose', {});
  await stage.settle();
  await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
  main = await step('gate', {});
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.close()));
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

function trust(key = world.key, app = appUrl(world.stage)): Promise<void> {
  return world.trust(`  keys: ['${key}']\n  app-url: ${app}`);
}

function step(mode: Mode, { app, ...spoilt }: Spoilt): Promise<ActionRun> {
  const { sandbox, repo } = world.stage;
  const gate = { ...JSON.parse(main?.state['gate'] ?? '{}'), ...(app === undefined ? {} : { appUrl: app }) };
  return runAction({
    sandbox,
    repo,
    runId,
    job: mode === 'propose' ? 'plan' : 'deploy',
    workspace: join(folder, 'good'),
    permissions: WITH_APP,
    ...(mode === 'post' ? { post: { ...main, state: { ...main.state, gate: JSON.stringify(gate) } } } : {}),
    ...spoilt,
    inputs: { ...INPUTS[mode], ...spoilt.inputs },
  });
}

function url(manners: BadManners): string {
  return servers.get(manners)?.url ?? '';
}

const github = (at: string): Spoilt => ({
  env: { GITHUB_API_URL: `${at}/api/v3`, GITHUB_GRAPHQL_URL: `${at}/api/graphql` },
  faster: true,
});
const gitServer = (at: string): Spoilt => ({ env: { GITHUB_SERVER_URL: at } });

function refused(code: ReasonCode, given: Given, says = ''): Refusal<Given> {
  return { given, code, says };
}

function plan(name: keyof typeof PLANS): Given {
  return () => ({ workspace: join(folder, name) });
}

/** `at`: where GitHub, its git server or the App is looked for, and nobody of use is; then Node's word for that, and ours for git's. */
function down(
  at: () => string,
  node: string,
  ofGit = 'the network or GitHub does not answer',
): Readonly<Record<Mode, Refusal<Given>>> {
  const api = refused('action-github-unavailable', () => github(at()), node);
  return {
    gate: api,
    run: api,
    propose: api,
    verify: refused('log-branch-unreachable', () => gitServer(at()), ofGit),
    post: refused('app-unreachable', () => ({ app: at(), faster: true })),
  };
}

function slow(manners: BadManners): Readonly<Record<Exclude<Mode, 'post'>, Refusal<Given>>> {
  const api = refused('action-github-unavailable', () => github(url(manners)), '(TimeoutError)');
  return { gate: api, run: api, propose: api, verify: api };
}

const BYTES_ONLY =
  'it holds the bytes against those that were approved and reads no plan: see a state file, a truncated plan';
const NO_PLAN = 'it is given no plan';
const NO_LOG = 'it reads no log';
const NOTHING_KEPT = 'the gate has failed, so there is nothing to close';
const NO_APP = 'it speaks to GitHub alone';
const NO_TOKEN = 'it needs no OIDC token: whoever asks is told by GITHUB_TOKEN';
const API_ONLY = 'it asks the API of GitHub alone';
const APP_ONLY = 'it speaks to the App alone';

const TABLE: BadInputTable<Mode, Given> = {
  'missing permissions': {
    gate: refused('action-token-forbidden', () => ({ permissions: {} })),
    run: refused('action-token-forbidden', () => ({ permissions: {} })),
    propose: refused('action-token-forbidden', () => ({ permissions: {} })),
    verify: refused('action-token-forbidden', () => ({ permissions: {} })),
    post: 'it needs none but `id-token`: see missing OIDC',
  },
  'missing OIDC': {
    gate: NO_TOKEN,
    run: NO_TOKEN,
    propose: refused('oidc-missing', () => ({ permissions: { contents: 'read' } })),
    verify: NO_TOKEN,
    post: 'GitHub alone is believed then, which is said in the log and no warning: see action-propose.test.ts',
  },
  'a pull request of a fork': {
    gate: refused('head-from-fork', fork),
    run: refused('head-from-fork', fork),
    propose: refused('propose-from-fork', fork),
    verify: 'it reads the default branch and the log, which are the same whoever asks',
    post: NOTHING_KEPT,
  },
  'a plan of the wrong format': {
    gate: BYTES_ONLY,
    run: BYTES_ONLY,
    propose: refused('plan-not-a-plan', plan('other')),
    verify: NO_PLAN,
    post: NO_PLAN,
  },
  'a state file': {
    gate: BYTES_ONLY,
    run: refused('subject-differs', plan('state')),
    propose: refused('plan-is-state', plan('state')),
    verify: NO_PLAN,
    post: NO_PLAN,
  },
  'a truncated plan': {
    gate: refused('subject-differs', plan('cut')),
    run: BYTES_ONLY,
    propose: refused('plan-truncated', plan('cut')),
    verify: NO_PLAN,
    post: NO_PLAN,
  },
  'a plan in UTF-16': {
    gate: BYTES_ONLY,
    run: BYTES_ONLY,
    propose: refused('plan-encoding', plan('wide')),
    verify: NO_PLAN,
    post: NO_PLAN,
  },
  'noise of the setup-terraform wrapper': {
    gate: BYTES_ONLY,
    run: BYTES_ONLY,
    propose: refused('plan-wrapper-noise', plan('noisy')),
    verify: NO_PLAN,
    post: NO_PLAN,
  },
  'an unknown mode': {
    gate: refused('action-mode-unknown', () => ({ inputs: { mode: 'pass' } })),
    run: 'no mode was chosen: see gate',
    propose: 'no mode was chosen: see gate',
    verify: 'no mode was chosen: see gate',
    post: NOTHING_KEPT,
  },
  'no evidence branch': {
    gate: refused('evidence-branch-missing', () => ({})),
    run: refused('evidence-branch-missing', () => ({})),
    propose: NO_LOG,
    verify: refused('evidence-branch-missing', () => ({})),
    post: NO_LOG,
  },
  'a key that does not match': {
    gate: refused('key-does-not-match', () => ({})),
    run: refused('key-does-not-match', () => ({})),
    propose: NO_LOG,
    verify: 'see action-verify.test.ts, where a stranger has signed the log',
    post: NO_LOG,
  },
  'the network down: nobody listens': down(() => 'http://127.0.0.1:2', '(ECONNREFUSED)'),
  // A label cannot be so long, so no name server is asked.
  'the network down: the name cannot be resolved': down(() => `https://${'a'.repeat(64)}.invalid`, '(ENOTFOUND)'),
  'the network down: a reset in the middle of an answer': down(() => url('reset'), '(ECONNRESET)'),
  'the network down: no TLS where it should be': down(
    () => url('hang').replace('http:', 'https:'),
    '(ERR_SSL_',
    'no secure connection',
  ),
  'a GitHub that hangs': { ...slow('hang'), post: APP_ONLY },
  'a GitHub that drips': { ...slow('drip'), post: APP_ONLY },
  'an App that hangs': {
    gate: NO_APP,
    run: NO_APP,
    propose: refused('app-slow', () => ({ faster: true })),
    verify: NO_APP,
    post: refused('app-slow', () => ({ app: url('hang'), faster: true })),
  },
  'an OIDC endpoint that hangs': {
    gate: NO_TOKEN,
    run: NO_TOKEN,
    propose: refused('oidc-unavailable', oidc),
    verify: NO_TOKEN,
    post: refused('oidc-unavailable', oidc),
  },
  'a git server that hangs': {
    gate: API_ONLY,
    run: API_ONLY,
    propose: API_ONLY,
    verify: refused('log-branch-unreachable', () => ({
      env: {
        ...gitServer(url('hang')).env,
        PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      },
    })),
    post: APP_ONLY,
  },
};

function fork(): Spoilt {
  return { event: { pull_request: { head: { sha: '1'.repeat(40), repo: { id: 1 } } } } };
}

function oidc(): Spoilt {
  return { env: { ACTIONS_ID_TOKEN_REQUEST_URL: `${url('hang')}/token?api-version=2` }, faster: true };
}

/** What is spoilt is the world itself; each answers how to mend it. */
const SPOIL: Readonly<Partial<Record<BadInput, () => Promise<() => void | Promise<void>>>>> = {
  'no evidence branch': () => {
    const gitDir = world.stage.sandbox.gitDir(world.stage.repo);
    const reference = `refs/heads/${evidenceBranch}`;
    const head = git(gitDir, ['rev-parse', reference]);
    git(gitDir, ['update-ref', '-d', reference]);
    return Promise.resolve(() => void git(gitDir, ['update-ref', reference, head]));
  },
  'a key that does not match': async () => {
    await trust(formatVerifierKey(createLog(world.key.split('+')[0] ?? '').pin));
    return () => trust();
  },
  'an App that hangs': async () => {
    await trust(world.key, url('hang'));
    return () => trust();
  },
};

function askedOfBadServers(): number {
  return [...servers.values()].reduce((sum, { asked }) => sum + asked, 0);
}

/** Head of the evidence branch, and how many calls of jobs would have changed something. */
function written(): readonly unknown[] {
  const { sandbox, repo } = world.stage;
  const ofJobs = sandbox.requests.filter(({ actor }) => actor.startsWith('job:'));
  return [
    sandbox.branchHead(repo, evidenceBranch),
    ofJobs.filter(({ mutation, method }) => mutation ?? method !== 'GET').length,
  ];
}

test.each(['propose', 'gate', 'run', 'verify', 'post'] as const)('%s passes where nothing is spoilt', async (mode) => {
  const ran = mode === 'propose' ? proposed : mode === 'gate' ? main : await step(mode, {});
  expect(ran).toMatchObject({ exitCode: 0, annotations: [], stderr: '', leaks: [] });
  expect(hasRun()).toBe(mode === 'run');
  rmSync(join(folder, 'good', 'ran'), { force: true });
});

describe.each(BAD_INPUT)('%s', (bad) => {
  let mend: (() => void | Promise<void>) | undefined;
  let before: readonly unknown[] = [];
  let asked = 0;
  beforeAll(async () => {
    mend = await SPOIL[bad]?.();
    before = written();
    asked = askedOfBadServers();
  });
  afterAll(() => mend?.());

  // Those that only wait do so together. Without a time-out of ours Node itself would give up, a little after this.
  const each = /hangs|drips/.test(bad) ? test.concurrent : test;
  each.each(refusalsOf(TABLE, bad, MODES))('$mode: $code', { timeout: 10_000 }, async ({ mode, given, code, says }) => {
    const ran = await step(mode, given());
    if (mode === 'post') expectWarned(ran, code);
    else expectRefused(ran, code, says);
  });

  test('nothing was written or run', () => {
    expect([...written(), hasRun()]).toEqual([...before, false]);
    expect(askedOfBadServers() > asked).toBe(/hangs|drips|reset/.test(bad));
  });
});

describe('a runner that gives less than it has to', () => {
  const nowhere = '/nowhere/at/all';

  test.each<[Mode, string, string]>([
    ['gate', 'GITHUB_EVENT_PATH', nowhere],
    ['propose', 'GITHUB_EVENT_PATH', import.meta.filename],
    ['verify', 'RUNNER_TEMP', nowhere],
  ])('%s fails where %s names %s', async (mode, name, value) => {
    const ran = await step(mode, { env: { [name]: value } });
    expectRefused(ran, 'runner-context-unusable', name);
  });

  test('a gate that cannot tell the steps after it what it found fails, and says so in the log', async () => {
    const { exitCode, annotations } = await step('gate', { env: { GITHUB_OUTPUT: nowhere } });
    expect(exitCode).toBe(1);
    expect(annotations).toMatchObject([{ level: 'error', message: expect.stringContaining('GITHUB_OUTPUT') }]);
  });

  test('no summary is no reason to fail, and neither is anything for a job that is over', async () => {
    expectWarned(await step('run', { env: { GITHUB_STEP_SUMMARY: nowhere } }), 'runner-context-unusable');
    expect(hasRun()).toBe(true);
    expectWarned(await step('post', { env: { GITHUB_EVENT_PATH: nowhere } }), 'runner-context-unusable');
  });
});

/** Whether the command of mode `run` was started. */
function hasRun(): boolean {
  return Object.keys(PLANS).some((name) => existsSync(join(folder, name, 'ran')));
}
