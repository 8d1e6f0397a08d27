import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runPropose } from '../../action/propose.ts';
import { runCommand } from '../../action/run.ts';
import { PROPOSAL_MAX_BYTES, proposalSchema } from '../../core/proposal.ts';
import { runModeHere } from '../support/action-context.ts';
import type { ModeGiven, ModeSaid } from '../support/action-context.ts';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateStage } from '../support/gate-stage.ts';
import { askedBy } from '../support/held-deployment.ts';
import { recordsOf } from '../support/reviewing.ts';
import { expectRefused } from '../support/runner/bad-input.ts';
import type { ReasonCode } from '../support/runner/bad-input.ts';
import { runAction } from '../support/runner/run-action.ts';
import type { ActionOptions, ActionRun } from '../support/runner/run-action.ts';
import { AGENT, PRODUCTION_CHECK } from '../support/stage.ts';
import { PLAN_AND_DEPLOY } from '../support/telling-the-app.ts';

/**
 * What `propose` says without the App and with it, what it alone refuses (the rest is in action-bad-input.test.ts), and what
 * `run` starts afterwards.
 */

const SECRET = 'value-that-never-leaves-the-runner';
const ALONE = { contents: 'read', checks: 'write' } as const;
const WITH_APP = { contents: 'read', 'id-token': 'write' } as const;

let world: GateStage;
let workspace = '';
let runId = 0;
let sha = '';
/** Of mode `run`. */
let main: ActionRun;

/** Deletes a database and opens a shell to everybody. */
const plan = {
  format_version: '1.2',
  planned_values: {},
  configuration: {},
  complete: true,
  resource_changes: [
    {
      address: 'aws_db_instance.shop["<img src=x>|@alice"]',
      mode: 'managed',
      type: 'aws_db_instance',
      change: { actions: ['delete'], before: { password: SECRET }, after: null },
    },
    {
      address: 'aws_security_group_rule.shell',
      mode: 'managed',
      type: 'aws_security_group_rule',
      change: {
        actions: ['create'],
        before: null,
        after: { type: 'ingress', cidr_blocks: ['0.0.0.0/0'], from_port: 22, to_port: 22, description: SECRET },
      },
    },
  ],
};
const FILES: Readonly<Record<string, string>> = {
  'plan.json': JSON.stringify(plan),
  'text.txt': 'Terraform will perform the following actions:\n',
  'future.json': JSON.stringify({ ...plan, format_version: '2.0' }),
  'errored.json': JSON.stringify({ ...plan, errored: true }),
  'broken.tfplan': 'PK\u0003\u0004 no archive',
  'deploy.sh': '#!/bin/sh\nenv | cut -d= -f1 | sort > names\necho "arguments: $*" > said\nexit "${1:-0}"\n',
};

const LONG_FOLDER = Array.from({ length: 12 }, () => '€'.repeat(80)).join('/');
const LONG_NAMES = Array.from({ length: 45 }, (_, at) => `${at}.txt`);
const MANY_LONG_NAMES = { 'working-directory': LONG_FOLDER, artifacts: LONG_NAMES.join('\n') };

beforeAll(async () => {
  world = await openGateStage();
  workspace = mkdtempSync(join(tmpdir(), 'action-propose-'));
  for (const [name, content] of Object.entries(FILES)) {
    writeFileSync(join(workspace, name), content, { mode: 0o755 });
  }
  mkdirSync(join(workspace, LONG_FOLDER), { recursive: true });
  for (const name of LONG_NAMES) writeFileSync(join(workspace, LONG_FOLDER, name), name);
  const { stage } = world;
  const files = { 'infra/main.tf': '# by the agent\n' };
  ({ sha } = await stage.sandbox.as(AGENT).commit(stage.repo, 'main', { files, message: askedBy(stage, 'carol') }));
  runId = await stage.deploy('carol', { jobs: PLAN_AND_DEPLOY });
});

afterAll(async () => {
  await world.close();
  rmSync(workspace, { recursive: true, force: true });
});

function step(
  inputs: Readonly<Record<string, string>>,
  permissions: Readonly<Record<string, 'read' | 'write'>>,
  job = 'plan',
  more: Partial<ActionOptions> = {},
): Promise<ActionRun> {
  const { sandbox, repo } = world.stage;
  return runAction({
    sandbox,
    repo,
    runId,
    job,
    inputs: { environment: 'production', ...inputs },
    workspace,
    permissions,
    ...more,
  });
}

function propose(inputs: Readonly<Record<string, string>>, more: Partial<ModeGiven> = {}): Promise<ModeSaid> {
  const given = { runId, job: 'plan', workspace, permissions: ALONE, ...more };
  return runModeHere(world.stage, runPropose, { ...given, inputs: { mode: 'propose', ...inputs } });
}

const read = (name: string): string => readFileSync(join(workspace, name), 'utf8');

describe('without the App', () => {
  test('a proposal is a check run, a summary and an output, and no value of the plan is in any of them', async () => {
    const { stage } = world;
    const reason = 'Trivial.\n## Approved by @carol <b>';
    const said = await step({ mode: 'propose', plan: 'plan.json', command: './deploy.sh 0', reason }, ALONE);
    expect(said).toMatchObject({ exitCode: 0, annotations: [] });
    const proposal = proposalSchema.parse(JSON.parse(said.outputs['proposal'] ?? ''));
    expect(proposal.subjects.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'plan plan.json',
      'command {"argv":["./deploy.sh","0"],"directory":"."}',
    ]);
    expect(proposal.findings.map(({ level, rule }) => `${level} ${rule}`)).toEqual([
      'critical exposure-open-ingress',
      'critical tf-stateful-delete',
    ]);
    const check = stage.check(sha, 'countersign proposal: production');
    expect(check?.conclusion).toBe('neutral');
    for (const text of [check?.summary ?? '', said.summary]) {
      expect(text).toContain('in the words of the requesting side');
      expect(text).toContain('Only the JSON of a plan is bound');
      expect(text).toContain('**critical**');
      expect(text).not.toMatch(/<img|<b>|@alice|@carol|\n## Approved/);
    }
    expect(JSON.stringify([said, check])).not.toContain(SECRET);
  });

  test.each<[string, Partial<ModeGiven>, string]>([
    ['may not write check runs', { permissions: { contents: 'read' } }, 'propose-without-checks'],
    [
      'comes from a fork that is gone',
      { event: { pull_request: { head: { sha: '1'.repeat(40), repo: null } } } },
      'propose-from-fork',
    ],
  ])('a job that %s is told so', async (_, given, code) => {
    expect((await propose({ command: 'true' }, given)).code).toBe(code);
  });
});

describe('what is no plan, or nothing to propose, is refused with its own reason', () => {
  test.each<[string, Readonly<Record<string, string>>, ReasonCode]>([
    ['text for people', { plan: 'text.txt' }, 'plan-is-text'],
    ['a format to come', { plan: 'future.json' }, 'plan-format-unknown'],
    ['a plan with errors', { plan: 'errored.json' }, 'plan-errored'],
    ['a broken plan file', { plan: 'broken.tfplan' }, 'plan-show-failed'],
    ['a missing plan', { plan: 'nowhere' }, 'subject-missing'],
    ['nothing', {}, 'nothing-proposed'],
    ['a command for a shell', { command: 'a && b' }, 'command-needs-a-shell'],
    ['more than a process can be started with', MANY_LONG_NAMES, 'proposal-too-large'],
    ['no environment', { command: 'true', environment: '' }, 'action-input-missing'],
    [
      'an App that the policy does not name',
      { command: 'true', 'app-url': 'https://countersign.example' },
      'trust-app-url-differs',
    ],
  ])('%s', async (_, inputs, code) => {
    const before = world.stage.sandbox.checkRuns(world.stage.repo, sha).length;
    const ran = await step({ mode: 'propose', ...inputs }, ALONE);
    expectRefused(ran, code);
    expect(world.stage.sandbox.checkRuns(world.stage.repo, sha).length).toBe(before);
  });

  test('the message of a merged commit is no reason to refuse, whatever stands in it', async () => {
    const said = await step({ mode: 'propose', command: 'true', reason: `\u001b[31mred\r${'x'.repeat(9_999)}` }, ALONE);
    expect(said).toMatchObject({ exitCode: 0, annotations: [] });
    const { reason } = proposalSchema.parse(JSON.parse(said.outputs['proposal'] ?? ''));
    expect(reason).toMatch(/^\\u\{1b\}\[31mred\nx+… \(8063 more characters\)$/);
    expect(said.summary).toContain('more characters');
  });

  // Linux starts no process with a variable of more than 128 KiB.
  test('the largest proposal that is taken reaches the deciding job', async () => {
    const large = await step({ mode: 'decide', proposal: 'x'.repeat(PROPOSAL_MAX_BYTES) }, ALONE);
    expectRefused(large, 'proposal-unreadable');
  });

  test('a plan file where there is no Terraform', async () => {
    expect((await propose({ plan: 'broken.tfplan' }, { env: { PATH: '/nowhere:relative' } })).code).toBe(
      'plan-tool-missing',
    );
  });
});

describe('with the App', () => {
  test('a proposal is sent by OIDC, and what it says is run as it stands, with its exit code', async () => {
    const { stage, key } = world;
    await world.trust(`  keys: ['${key}']\n  app-url: ${stage.app().url}`);
    const inputs = { artifacts: 'deploy.sh', command: "./deploy.sh 3 '$HOME *'" };
    const said = await step({ mode: 'propose', ...inputs }, WITH_APP);
    expect(said).toMatchObject({ exitCode: 0, annotations: [] });
    await stage.settle();
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');

    const ran = await step({ mode: 'run', ...inputs }, WITH_APP, 'deploy');
    expect(ran.exitCode).toBe(3);
    expect(ran.outputs).toMatchObject({ decision: 'release', reason: 'command-failed', reviewers: 'dave' });
    main = ran;
    expect(read('said')).toBe('arguments: 3 $HOME *\n');
    expect(read('names')).not.toMatch(
      /^(?:INPUT_|STATE_|ACTIONS_ID_TOKEN|ACTIONS_RUNTIME_TOKEN|GITHUB_STATE|GITHUB_OUTPUT)/m,
    );
    expect(read('names')).toMatch(/^GITHUB_REPOSITORY$/m);
  });

  test('a checkout that changes between gate and command is not run', async () => {
    rmSync(join(workspace, 'said'));
    const inputs = { mode: 'run', artifacts: 'deploy.sh', command: "./deploy.sh 3 '$HOME *'" };
    const onKeep = (): void => void mkdirSync(join(workspace, '.git'), { recursive: true });
    const said = await runModeHere(world.stage, runCommand, { runId, job: 'deploy', workspace, inputs, onKeep });
    rmSync(join(workspace, '.git'), { recursive: true });
    expect(said).toMatchObject({ passed: false, code: 'checkout-unreadable' });
    expect(readdirSync(workspace)).not.toContain('said');
  });

  test('a file that changes between gate and command is not run', async () => {
    const inputs = { mode: 'run', artifacts: 'deploy.sh', command: "./deploy.sh 3 '$HOME *'" };
    const onKeep = (): void => writeFileSync(join(workspace, 'deploy.sh'), '#!/bin/sh\necho stolen > said\n');
    const said = await runModeHere(world.stage, runCommand, { runId, job: 'deploy', workspace, inputs, onKeep });
    expect(said).toMatchObject({ passed: false, code: 'subject-changed' });
    expect(readdirSync(workspace)).not.toContain('said');
  });

  test('mode run needs a command', async () => {
    const inputs = { mode: 'run', artifacts: 'deploy.sh' };
    const said = await runModeHere(world.stage, runCommand, { runId, job: 'deploy', workspace, inputs });
    expect(said.code).toBe('command-missing');
  });

  test('the closing step tells the App how the job ended, and its record says so beside what GitHub says', async () => {
    const { stage } = world;
    const after = { post: main, jobStatus: 'success' } as const;
    // Without a token of the job GitHub alone is believed.
    const untold = await step({}, { contents: 'read' }, 'deploy', after);
    expect(untold).toMatchObject({ exitCode: 0, annotations: [] });
    const told = await step({}, WITH_APP, 'deploy', after);
    expect(told).toMatchObject({ exitCode: 0, annotations: [], stderr: '', leaks: [] });
    // Both the credential for tokens and the token are hidden.
    expect(told.masks.length).toBeGreaterThanOrEqual(2);
    await stage.sandbox.finishJob(runId, 'deploy', 'failure');
    await stage.settle();
    expect(recordsOf(stage, 'outcome').at(-1)).toMatchObject({
      conclusion: 'failure',
      gate: { runId },
      reported: { result: 'success' },
    });
  });
});
