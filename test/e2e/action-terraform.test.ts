import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateStage } from '../support/gate-stage.ts';
import { askedBy, jobOf } from '../support/held-deployment.ts';
import { recordsOf } from '../support/reviewing.ts';
import { runAction } from '../support/runner/run-action.ts';
import type { ActionRun } from '../support/runner/run-action.ts';
import { AGENT, PRODUCTION_CHECK } from '../support/stage.ts';
import { planInto, shopConfiguration, TERRAFORM_ENV } from '../support/terraform.ts';
import { PLAN_AND_DEPLOY } from '../support/telling-the-app.ts';

/** A real plan from its making to its application, with the App between; and what happens to every other plan (C42). */

const COMMAND = 'terraform apply -input=false -no-color tfplan';
const SECRET = 'value-that-never-leaves-the-runner';
const INPUTS = { 'working-directory': 'infra', plan: 'tfplan', command: COMMAND } as const;

let world: GateStage;
let folder = '';
let workspace = '';
let runId = 0;
let sha = '';

beforeAll(async () => {
  world = await openGateStage();
  const { stage, key } = world;
  await world.trust(`  keys: ['${key}']\n  app-url: ${stage.app().url}`);
  folder = mkdtempSync(join(tmpdir(), 'action-terraform-'));
  workspace = join(folder, 'checkout');
  ({ runId, sha } = await start({}));
  execFileSync('git', ['clone', '--quiet', stage.sandbox.gitDir(stage.repo), workspace]);
  await planInto(join(workspace, 'infra'), 'tfplan');
});

afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The agent's commit is deployed by carol: the plan job runs, the deploying one is held. */
async function start(options: { readonly tag?: string }): Promise<{ readonly runId: number; readonly sha: string }> {
  const { stage } = world;
  const { sandbox, repo } = stage;
  const files = { 'infra/main.tf': shopConfiguration(SECRET), 'README.md': `# ${options.tag ?? 'main'}\n` };
  const commit = await sandbox.as(AGENT).commit(repo, 'main', { files, message: askedBy(stage, 'carol') });
  if (options.tag !== undefined) await sandbox.as('alice').tag(repo, options.tag, { to: commit.sha });
  const ref = options.tag === undefined ? {} : { ref: `refs/tags/${options.tag}` };
  return { runId: await stage.deploy('carol', { jobs: PLAN_AND_DEPLOY, ...ref }), sha: commit.sha };
}

function step(run: number, job: 'plan' | 'deploy', inputs: Readonly<Record<string, string>>): Promise<ActionRun> {
  const { sandbox, repo } = world.stage;
  return runAction({
    sandbox,
    repo,
    runId: run,
    job,
    inputs: { environment: 'production', ...inputs },
    workspace,
    permissions: { contents: 'read', 'id-token': 'write' },
    env: TERRAFORM_ENV,
  });
}

const state = (): string => readFileSync(join(workspace, 'infra', 'terraform.tfstate'), 'utf8');
const gate = async (inputs: Readonly<Record<string, string>>, at = workspace): Promise<string | undefined> =>
  (await world.gate({ runId, sha }, { inputs: { ...INPUTS, ...inputs }, workspace: at })).code;

test('a plan is proposed, countersigned by another human, and only then applied', async () => {
  const { stage } = world;
  const proposed = await step(runId, 'plan', { mode: 'propose', reason: 'More room.', ...INPUTS });
  expect(proposed).toMatchObject({ exitCode: 0, annotations: [] });
  expect(proposed.outputs['decision']).toBe('proposed');
  expect(proposed.summary).toContain('infra/tfplan');
  expect(JSON.stringify(proposed)).not.toContain(SECRET);
  await stage.settle();
  expect(stage.check(sha, PRODUCTION_CHECK)?.summary).toContain('infra/tfplan');
  expect(jobOf(stage, runId)?.status).toBe('waiting');

  await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
  expect(jobOf(stage, runId)?.status).toBe('in_progress');
  const ran = await step(runId, 'deploy', { mode: 'run', ...INPUTS });
  expect(ran).toMatchObject({ exitCode: 0, annotations: [] });
  expect(ran.outputs).toMatchObject({ decision: 'release', reviewers: 'dave' });
  expect(ran.stdout).toContain('Apply complete! Resources: 1 added');
  expect(state()).toContain(SECRET);
  const facts = stage.facts(recordsOf(stage, 'authorised').at(-1));
  expect(JSON.stringify(facts)).toContain(JSON.parse(proposed.outputs['proposal'] ?? '{}').subjects[0].sha256);
  expect(JSON.stringify(facts)).not.toContain(SECRET);
});

describe('nothing else passes', () => {
  test('no plan that was made again, even of the same configuration', async () => {
    const again = join(folder, 'again');
    cpSync(workspace, again, { recursive: true });
    await planInto(join(again, 'infra'), 'tfplan');
    expect(await gate({}, again)).toBe('subject-differs');
    // Nor is it started by mode run, and nothing is applied.
    const before = state();
    cpSync(join(again, 'infra', 'tfplan'), join(workspace, 'infra', 'tfplan.other'));
    const ran = await step(runId, 'deploy', { mode: 'run', ...INPUTS, plan: 'tfplan.other', 'wait-seconds': '0' });
    expect(ran.exitCode).toBe(1);
    expect(ran.outputs['reason']).toBe('subject-not-approved');
    expect(ran.stdout).not.toContain('Apply complete');
    expect(state()).toBe(before);
  });

  test('no plan in another directory, and no other command', async () => {
    const elsewhere = join(folder, 'again');
    cpSync(join(elsewhere, 'infra'), join(elsewhere, 'staging'), { recursive: true });
    expect(await gate({ 'working-directory': 'staging' }, elsewhere)).toBe('subject-not-approved');
    expect(await gate({ command: `${COMMAND} `, plan: '' }, elsewhere)).toBe('gate-passed');
    expect(await gate({ command: `${COMMAND} -destroy`, plan: '' }, elsewhere)).toBe('subject-not-approved');
    expect(await gate({ command: '', plan: '' }, elsewhere)).toBe('subjects-not-named');
  });

  test('no other attempt of the run', async () => {
    const { stage } = world;
    const next = { env: { GITHUB_RUN_ATTEMPT: '2' }, inputs: INPUTS, workspace };
    expect((await world.gate({ runId, sha }, next)).code).toBe('release-of-other-attempt');
    await stage.sandbox.finishJob(runId, 'plan', 'success');
    await stage.sandbox.finishJob(runId, 'deploy', 'failure');
    await stage.settle();
    await stage.sandbox.as('carol').rerun(runId, { failedOnly: true });
    await stage.settle();
    expect(jobOf(stage, runId, 'deploy', 2)?.status).toBe('waiting');
    await stage.sandbox.as('alice').bypass(runId);
    await stage.settle();
    const ran = await step(runId, 'deploy', { mode: 'run', ...INPUTS, plan: 'tfplan.other', 'wait-seconds': '0' });
    expect(ran.exitCode).toBe(1);
    expect(ran.outputs['reason']).toBe('gate-was-bypassed');
  });

  test('no tag that was moved after it was countersigned', async () => {
    const { stage } = world;
    const tagged = await start({ tag: 'v1' });
    await stage.press('dave', tagged.sha, PRODUCTION_CHECK, 'Approve');
    expect((await world.gate(tagged)).code).toBe('gate-passed');
    await stage.sandbox.as('carol').tag(stage.repo, 'v1', { to: sha });
    expect((await world.gate(tagged)).code).toBe('tag-moved');
  });
});
