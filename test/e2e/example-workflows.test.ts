import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKeys, loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { formatVerifierKey, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { checkEvidence } from '../support/check-evidence.ts';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateStage } from '../support/gate-stage.ts';
import { askedBy } from '../support/held-deployment.ts';
import { startWorkflow } from '../support/runner/run-workflow.ts';
import type { WorkflowOptions, WorkflowResult, WorkflowRun } from '../support/runner/run-workflow.ts';
import { AGENT, agentPullRequest, oneSeatPolicy } from '../support/stage.ts';

/**
 * Every example of docs/workflows, as it stands there, run by runners against the sandbox with the App: held, countersigned,
 * and run. Terraform is the machine's own; kubectl and psql only write down how they were called.
 */

const folder = new URL('../../docs/workflows/', import.meta.url);
const ENVIRONMENTS = ['production', 'production-database', 'data-export', 'break-glass', 'staging'] as const;
const TERRAFORM = 'resource "terraform_data" "shop" {\n  input = "VALUE"\n}\n';

let world: GateStage;
let bin = '';
const open: WorkflowRun[] = [];

beforeAll(async () => {
  world = await openGateStage({
    policy: (firstSha) => `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  maintainers: { min-permission: maintain }
rules:
  - id: someone-else
    why: What an agent wrote or started needs someone who did neither
    when: { agent: true }
    require: [{ from: maintainers, count: 1 }]
baselines: { ${ENVIRONMENTS.map((name) => `${name}: ${firstSha}`).join(', ')} }
`,
  });
  const { stage, key } = world;
  await world.trust(`  keys: ['${key}']\n  app-url: ${stage.app().url}`);
  for (const name of ENVIRONMENTS) stage.sandbox.environment(stage.repo, name, { customRule: 'countersign' });
  const examples = readdirSync(folder).map((name) => [
    `.github/workflows/${name}`,
    readFileSync(new URL(name, folder), 'utf8'),
  ]);
  await stage.sandbox
    .as('alice')
    .commit(stage.repo, 'main', { files: Object.fromEntries(examples), message: 'Workflows' });
  bin = mkdtempSync(join(tmpdir(), 'example-tools-'));
  for (const program of ['kubectl', 'psql'])
    stub(program, `printf '%s\\n' "${program} $*" >> '${bin}/calls'; touch export.csv`);
});

afterAll(async () => {
  for (const run of open) run.close();
  await world.close();
  rmSync(bin, { recursive: true, force: true });
});

/** A program of this name on the PATH of every job. */
function stub(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

async function agentCommits(files: Readonly<Record<string, string>>): Promise<string> {
  const { stage } = world;
  const { sha } = await stage.sandbox.as(AGENT).commit(stage.repo, 'main', { files, message: askedBy(stage, 'carol') });
  await stage.settle();
  return sha;
}

async function start(name: string, options: Partial<WorkflowOptions>): Promise<WorkflowRun> {
  const { sandbox, repo } = world.stage;
  const run = await startWorkflow({
    sandbox,
    repo,
    path: `.github/workflows/${name}`,
    by: 'carol',
    machine: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    ...options,
  });
  open.push(run);
  return run;
}

/** Waits until a job is held. */
async function held(run: WorkflowRun): Promise<void> {
  const { stage } = world;
  const { sandbox } = stage;
  await sandbox.until(() => sandbox.runState(run.runId).jobs.some(({ status }) => status === 'waiting'));
  await stage.settle();
}

/** Waits until the job is held, and has dave press the button. */
async function answer(
  run: WorkflowRun,
  sha: string,
  environment: string,
  label: 'Approve' | 'Reject' = 'Approve',
): Promise<WorkflowResult> {
  await held(run);
  await world.stage.press('dave', sha, `countersign deploy: ${environment}`, label);
  const result = await run.finish();
  await world.stage.settle();
  return result;
}

/** What our Action said last in a job. */
function said(result: WorkflowResult, job: string): Readonly<Record<string, string>> {
  const steps = result.jobs[job]?.steps ?? [];
  return steps.findLast(({ outputs }) => outputs['decision'] !== undefined)?.outputs ?? {};
}

function toolCalls(): string {
  const path = join(bin, 'calls');
  const calls = existsSync(path) ? readFileSync(path, 'utf8') : '';
  rmSync(path, { force: true });
  return calls;
}

const example = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const PASSED = { decision: 'release', reason: 'gate-passed', reviewers: 'dave' };

describe('terraform.yml', () => {
  test('applies the plan that was countersigned', async () => {
    const sha = await agentCommits({ 'infra/main.tf': TERRAFORM });
    const result = await answer(await start('terraform.yml', { event: 'push' }), sha, 'production');
    expect(said(result, 'plan')).toMatchObject({ decision: 'proposed' });
    expect(said(result, 'apply')).toMatchObject(PASSED);
    expect(result.jobs['apply']?.steps.at(-1)?.run?.stdout).toContain('Apply complete! Resources: 1 added');
    expect(result.conclusion).toBe('success');
    expect(world.stage.records().at(-1)).toMatchObject({ kind: 'outcome' });
  });

  test('applies no plan that was made anew after it was countersigned (C42)', async () => {
    const sha = await agentCommits({ 'infra/main.tf': TERRAFORM.replace('VALUE', 'OTHER') });
    const before = '      # Before anything that needs a credential.';
    // Another kind of plan: within one second Terraform makes the same bytes of the same files, and that is the same plan.
    const plan = 'terraform -chdir=infra plan -destroy -out=production.tfplan';
    const again = `      - run: terraform -chdir=infra init && ${plan}\n`;
    const text = example('terraform.yml').replace(before, `${again}${before}`);
    const result = await answer(await start('terraform.yml', { event: 'push', text }), sha, 'production');
    expect(said(result, 'apply')).toMatchObject({ decision: 'hold', reason: 'subject-differs' });
    expect(result).toMatchObject({ conclusion: 'failure', jobs: { plan: { result: 'success' } } });
  });
});

describe('kubernetes.yml', () => {
  test('applies what was countersigned, with the command that was', async () => {
    const sha = await agentCommits({ 'k8s/production.yaml': 'kind: Deployment\n' });
    const environmentSecrets = { production: { KUBECONFIG: 'kind: Config' } };
    const run = await start('kubernetes.yml', { event: 'push', environmentSecrets });
    expect(said(await answer(run, sha, 'production'), 'apply')).toMatchObject({ decision: 'release' });
    expect(toolCalls()).toBe('kubectl apply --server-side --filename=k8s/production.yaml\n');
  });

  test('applies nothing where an administrator started the job past the rule', async () => {
    await agentCommits({ 'k8s/production.yaml': 'kind: Deployment # again\n' });
    const run = await start('kubernetes.yml', { event: 'push' });
    await held(run);
    await world.stage.sandbox.as('alice').bypass(run.runId);
    await world.stage.settle();
    const result = await run.finish();
    await world.stage.settle();
    expect(said(result, 'apply')).toMatchObject({ reason: 'gate-was-bypassed' });
    expect(toolCalls()).toBe('');
  });
});

describe('database-migration.yml', () => {
  const inputs = { migration: 'migrations/0042-add-index.sql', reason: 'Slow queries' };

  test('runs the migration that was named and countersigned', async () => {
    const sha = await agentCommits({ [inputs.migration]: 'create index;\n' });
    const result = await answer(await start('database-migration.yml', { inputs }), sha, 'production-database');
    expect(said(result, 'migrate')).toMatchObject({ decision: 'release' });
    expect(toolCalls()).toContain(
      `psql --no-psqlrc --set=ON_ERROR_STOP=1 --single-transaction --file=${inputs.migration}\n`,
    );
  });

  test('runs nothing that was rejected', async () => {
    const sha = await agentCommits({ [inputs.migration]: 'drop table;\n' });
    const result = await answer(
      await start('database-migration.yml', { inputs }),
      sha,
      'production-database',
      'Reject',
    );
    expect(result.jobs['migrate']).toMatchObject({ result: 'failure', steps: [] });
    expect(toolCalls()).toBe('');
  });
});

test('data-export.yml exports with the query that was countersigned', async () => {
  const sha = await agentCommits({ 'exports/invoices.sql': 'select 1;\n' });
  const inputs = { query: 'invoices', reason: 'The auditors asked' };
  const result = await answer(await start('data-export.yml', { inputs }), sha, 'data-export');
  expect(result.conclusion).toBe('success');
  expect(toolCalls()).toContain('--csv --file=exports/invoices.sql --output=export.csv\n');
});

describe('privileged-command.yml', () => {
  const inputs = { command: 'bash scripts/rotate-keys.sh eu-1', reason: 'A laptop was lost' };

  test('runs the very words that were countersigned, and hides the secret', async () => {
    const sha = await agentCommits({ 'scripts/rotate-keys.sh': '#!/bin/sh\necho "rotated $1 with $ADMIN_TOKEN"\n' });
    const environmentSecrets = { 'break-glass': { ADMIN_TOKEN: 'very-secret' } };
    const run = await start('privileged-command.yml', { inputs, environmentSecrets });
    const result = await answer(run, sha, 'break-glass');
    expect(result.jobs['command']?.steps.at(-1)?.run?.stdout).toContain('rotated eu-1 with ***');
  });

  test('runs no other words', async () => {
    const sha = await agentCommits({ 'README.md': '# Shop, once more\n' });
    const text = example('privileged-command.yml').replace(
      /command: .*\n$/,
      'command: bash scripts/rotate-keys.sh us-1\n',
    );
    const result = await answer(await start('privileged-command.yml', { inputs, text }), sha, 'break-glass');
    expect(said(result, 'command')).toMatchObject({ decision: 'hold', reason: 'subject-not-approved' });
  });
});

test('agent-pull-request.yml tests without a credential and deploys the head that was countersigned', async () => {
  await agentCommits({ 'scripts/test.sh': 'echo tested\n', 'scripts/deploy.sh': 'echo "deployed to $1"\n' });
  const { headSha } = await agentPullRequest(world.stage, { prompter: 'carol' });
  const run = await start('agent-pull-request.yml', { event: 'pull_request', ref: 'copilot/change' });
  const result = await answer(run, headSha, 'staging');
  expect(result.jobs['test']?.steps.at(-1)?.run?.stdout).toBe('tested\n');
  expect(said(result, 'staging')).toMatchObject({ ...PASSED });
  expect(result.jobs['staging']?.steps.at(-1)?.run?.stdout).toContain('deployed to staging');
});

describe('scheduled-verify.yml', () => {
  const verify = async (): Promise<WorkflowResult> =>
    (await start('scheduled-verify.yml', { event: 'schedule' })).finish();

  test('verifies the log, and hands its checkpoint on to the next run', async () => {
    // What gh answers about the last run, and what that run kept.
    stub(
      'gh',
      `case "$2" in
        list) if [ -e '${bin}/kept' ]; then echo 7; fi ;;
        download) while [ "$1" != --dir ]; do shift; done; mkdir -p "$2"; cp '${bin}/kept' "$2/countersign-checkpoint" ;;
      esac`,
    );
    const first = await verify();
    const { checkpoint = '' } = said(first, 'verify');
    expect(first.conclusion).toBe('success');
    writeFileSync(join(bin, 'kept'), checkpoint);
    const second = await verify();
    expect(second.jobs['verify']?.steps.at(1)?.run?.stdout).toContain('records since');
    expect(second.conclusion).toBe('success');
  });

  test('fails where what was kept is no checkpoint of this log', async () => {
    writeFileSync(join(bin, 'kept'), 'somebody put this here\n');
    const result = await verify();
    expect(said(result, 'verify')).toMatchObject({ decision: 'not-verified', reason: 'since-unusable' });
    expect(result.conclusion).toBe('failure');
  });
});

describe('standalone.yml, in a private repository without the App', () => {
  const repo = 'globex/shop';
  let sandbox: Sandbox;
  let keys = '';

  beforeAll(async () => {
    sandbox = await startSandbox();
    sandbox.org('globex', { owners: ['alice'] });
    for (const login of ['alice', 'bob', 'carol']) sandbox.user(login);
    sandbox.user(AGENT, { type: 'Bot', id: 198_982_749 });
    const made = sandbox.repo(repo, { by: 'alice', private: true });
    for (const login of ['bob', 'carol']) sandbox.collaborator(repo, login, 'maintain');
    keys = generateSigningKeys();
    const loaded = loadSigningKeys(keys);
    if (!loaded.ok) throw new TypeError(loaded.issue);
    const { host } = new URL(sandbox.url);
    const key = toVerifierKey(`${host}/1/${made.id}/1`, loaded.value.checkpoint.publicKey, sha256);
    const policy = `${oneSeatPolicy(made.sha)}trust: { keys: ['${formatVerifierKey(key)}'] }\n`;
    const files = { '.github/countersign.yml': policy, '.github/workflows/standalone.yml': example('standalone.yml') };
    await sandbox.as('alice').commit(repo, 'main', { files, message: 'Set it up' });
    await sandbox.as('alice').updateRef(repo, 'production', made.sha);
    sandbox.environment(repo, 'countersign', { branches: ['main'] });
    sandbox.environment(repo, 'production', { branches: ['main'] });
  });

  afterAll(() => sandbox.close());

  test('holds what an agent wrote, and deploys it after a distinct human’s review and a re-run', async () => {
    await sandbox.as(AGENT).commit(repo, 'copilot/deploy', {
      files: { 'scripts/deploy.sh': 'echo "deployed to $1"\n' },
      message: `Deploy\n\nCo-authored-by: carol <${sandbox.user('carol').email}>\n`,
    });
    const pull = await sandbox.as(AGENT).openPullRequest(repo, { head: 'copilot/deploy', title: 'Deploy' });
    await sandbox.as('carol').timelineEvent(repo, pull.number, 'copilot_work_started');
    await sandbox.as('alice').merge(repo, pull.number);
    const run = await start('standalone.yml', {
      sandbox,
      repo,
      event: 'push',
      by: 'alice',
      environmentSecrets: { countersign: { COUNTERSIGN_SIGNING_KEY: keys } },
    });
    const release = await sandbox
      .as('carol')
      .openPullRequest(repo, { head: 'main', base: 'production', title: 'Release' });
    const held = await run.finish();
    expect(said(held, 'decide / decide')).toMatchObject({ decision: 'hold', reason: 'held-alone' });
    expect(held).toMatchObject({ conclusion: 'failure', jobs: { deploy: { result: 'skipped' } } });

    const told = held.jobs['decide / decide']?.steps.at(-1)?.run?.summary ?? '';
    const line = /^\/countersign approve [0-9A-Z]{8}$/m.exec(told)?.[0] ?? '';
    await sandbox.as('bob').review(repo, release.number, { state: 'APPROVED', body: line });
    await run.rerun('alice', { failedOnly: true });
    const released = await run.finish();
    expect(said(released, 'deploy')).toMatchObject({ decision: 'release', reviewers: 'bob' });
    expect(released.jobs['deploy']?.steps.at(-1)?.run?.stdout).toContain('deployed to production');
    expect(released.conclusion).toBe('success');
    const kinds = checkEvidence(sandbox, repo).records.map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(['released', 'outcome']);
    expect(sandbox.violations).toEqual([]);
  });
});
