import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runPropose } from '../../action/propose.ts';
import { runModeHere } from '../support/action-context.ts';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateRun, GateStage } from '../support/gate-stage.ts';
import { askedBy } from '../support/held-deployment.ts';
import { AGENT, PRODUCTION_CHECK } from '../support/stage.ts';
import { PLAN_AND_DEPLOY, planOf, propose } from '../support/telling-the-app.ts';
import { planInto, shopConfiguration, terraform } from '../support/terraform.ts';

/**
 * C42: the plan that was approved is not the one that is applied (Atlantis 1508). What is approved is the digest of the file
 * under its path; the plans here are real ones.
 */

const CONFIGURATION = shopConfiguration('one');

let world: GateStage;
let run: GateRun;
let approved = '';
/** Copies of the approved checkout, each changed in one way. */
const copies: string[] = [];

beforeAll(async () => {
  world = await openGateStage();
  const { stage } = world;
  approved = mkdtempSync(join(tmpdir(), 'c42-'));
  copies.push(approved);
  const infra = join(approved, 'infra');
  mkdirSync(infra);
  writeFileSync(join(infra, 'main.tf'), CONFIGURATION);
  await planInto(infra, 'tfplan');
  await world.trust(`  keys: ['${world.key}']\n  app-url: ${stage.app().url}`);
  run = await held();
  // As the plan job proposes it, except that the token of this world goes by itself.
  const inputs = { mode: 'propose', 'working-directory': 'infra', plan: 'tfplan' };
  const { url, token } = stage.sandbox.idTokenRequest(run.runId, 'plan');
  const env = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token };
  const said = await runModeHere(stage, runPropose, { ...run, job: 'plan', workspace: approved, inputs, env });
  if (!said.passed) throw new Error(said.code);
  await stage.settle();
  await stage.press('dave', run.sha, PRODUCTION_CHECK, 'Approve');
});

afterAll(async () => {
  await world.close();
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
});

async function held(): Promise<GateRun> {
  const { stage } = world;
  const files = { 'infra/main.tf': CONFIGURATION, 'count.txt': `${copies.length}\n` };
  const { sha } = await stage.sandbox.as(AGENT).commit(stage.repo, 'main', { files, message: askedBy(stage, 'carol') });
  return { runId: await stage.deploy('carol', { jobs: PLAN_AND_DEPLOY }), sha };
}

async function changedCopy(change: (folder: string) => Promise<void> | void): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), 'c42-'));
  copies.push(copy);
  cpSync(approved, copy, { recursive: true });
  await change(copy);
  return copy;
}

async function gate(workspace: string, inputs: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const given = { workspace, inputs: { 'working-directory': 'infra', plan: 'tfplan', ...inputs } };
  return (await world.gate(run, given)).code;
}

const planOfCopy = (copy: string): Buffer => readFileSync(join(copy, 'infra', 'tfplan'));

describe('C42: approved plan is not the applied plan', () => {
  test('honest control: the very file that was approved passes, also in another checkout', async () => {
    expect(await gate(approved)).toBe('gate-passed');
    expect(await gate(await changedCopy(() => {}))).toBe('gate-passed');
  });

  test('a plan that was made again does not pass', async () => {
    const copy = await changedCopy(async (folder) => {
      // Within one second Terraform makes the same bytes of the same files, and then it is the same plan.
      writeFileSync(join(folder, 'infra', 'main.tf'), `${CONFIGURATION}# made again\n`);
      await planInto(join(folder, 'infra'), 'tfplan');
    });
    expect(planOfCopy(copy).equals(planOfCopy(approved))).toBe(false);
    expect(await gate(copy)).toBe('subject-differs');
  });

  test('a plan of another workspace does not pass', async () => {
    const copy = await changedCopy(async (folder) => {
      await terraform(join(folder, 'infra'), 'workspace', 'new', 'staging');
      await planInto(join(folder, 'infra'), 'tfplan');
    });
    expect(await gate(copy)).toBe('subject-differs');
  });

  test('the approved file does not pass in another directory, nor as something else than a plan', async () => {
    const copy = await changedCopy((folder) =>
      cpSync(join(folder, 'infra'), join(folder, 'staging'), { recursive: true }),
    );
    expect(await gate(copy, { 'working-directory': 'staging' })).toBe('subject-elsewhere');
    expect(await gate(copy, { plan: '', artifacts: 'tfplan' })).toBe('subject-not-approved');
  });

  test('one byte more does not pass, and neither does naming nothing', async () => {
    const copy = await changedCopy((folder) => writeFileSync(join(folder, 'infra', 'tfplan'), '\0', { flag: 'a' }));
    expect(await gate(copy)).toBe('subject-differs');
    expect(await gate(approved, { plan: '' })).toBe('subjects-not-named');
  });

  test('a link from the approved path to another file does not pass', async () => {
    const copy = await changedCopy((folder) => {
      rmSync(join(folder, 'infra', 'tfplan'));
      symlinkSync('main.tf', join(folder, 'infra', 'tfplan'));
    });
    expect(await gate(copy)).toBe('subject-differs');
  });

  test('a plan that is proposed after the release is refused, and does not pass', async () => {
    expect(await propose(world.stage, run.runId, 'plan', planOf('a'))).toBe('proposal-after-release');
    expect(await gate(approved)).toBe('gate-passed');
  });
});
