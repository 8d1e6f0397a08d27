import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateRun, GateStage } from '../support/gate-stage.ts';
import { PRODUCTION_CHECK } from '../support/stage.ts';

let world: GateStage;
let run: GateRun;

beforeAll(async () => {
  world = await openGateStage();
  run = await world.released();
});

afterAll(async () => {
  await world.close();
});

describe('C45 and C46 an approved run is run again', () => {
  test('the second attempt, let go by an admin, does not pass on the approval of the first', async () => {
    const { stage } = world;
    const { sandbox } = stage;
    expect((await world.gate(run)).code).toBe('gate-passed');
    await sandbox.finishJob(run.runId, 'deploy', 'failure');
    await stage.settle();
    await sandbox.as('carol').rerun(run.runId);
    await stage.settle();

    sandbox.webhooks.pause();
    await sandbox.as('alice').bypass(run.runId);
    const said = await world.gate(run);
    expect(said).toMatchObject({ passed: false, code: 'release-of-other-attempt', decision: 'hold' });
    expect(said.because[0]?.params).toMatchObject({ found: 1, attempt: 2 });
    await sandbox.webhooks.resume();
    await stage.settle();
    expect((await world.gate(run)).code).toBe('gate-was-bypassed');
  });

  test('nor does a new run of the same commit, and each passes once it is countersigned itself', async () => {
    const { stage } = world;
    const runId = await stage.deploy('carol', { jobs: [{ name: 'deploy', environment: 'production', manual: true }] });
    const again = { runId, sha: run.sha };
    await stage.press('dave', run.sha, PRODUCTION_CHECK, 'Approve');
    expect((await world.gate(again)).code).toBe('gate-passed');
    expect((await world.gate(again, { env: { GITHUB_RUN_ID: '1' } })).code).toBe('release-of-other-run');
  });
});
