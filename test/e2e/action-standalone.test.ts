import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evidenceBranch, git } from '../support/evidence-repository.ts';
import { runVerify } from '../support/run-verify.ts';
import { openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from '../support/standalone-stage.ts';

/** No App, no custom rule, no native reviewer: the job before the protected one decides, and the gate believes its log. */

let world: StandaloneStage;
let run: StandaloneRun;

beforeAll(async () => {
  world = await openStandaloneStage();
  run = await world.run();
});
afterAll(async () => {
  await world.close();
});

function kinds(): string[] {
  const paths = git(world.sandbox.gitDir(world.repo), ['ls-tree', '-r', '--name-only', evidenceBranch, 'records/']);
  return paths.split('\n').map((path) => /\d-([a-z-]+)\.json$/.exec(path)?.[1] ?? path);
}

describe('a private repository without Enterprise', () => {
  test('holds what an agent wrote, says who can release it and how, and writes that down', async () => {
    const said = await world.decide(run);
    expect(said).toMatchObject({ passed: false, decision: 'hold', code: 'held-alone' });
    expect(said.summary?.join('\n')).toMatch(/Who can: @dave/);
    expect(said.summary?.join('\n')).toContain('re-runs the failed jobs');
    expect(kinds()).toEqual(['log-opened', 'requested']);
    await world.sandbox.finishJob(run.runId, 'decide', 'failure');
  });

  test('lets it go after a distinct human has reviewed it and somebody has re-run the failed jobs', async () => {
    const number = await world.askForReview(run);
    await world.sandbox.as('dave').review(world.repo, number, { state: 'APPROVED' });
    await world.sandbox.finishJob(run.runId, 'close', 'failure');
    await world.sandbox.as('carol').rerun(run.runId, { failedOnly: true });
    const said = await world.decide(run);
    expect(said).toMatchObject({ passed: true, decision: 'release', reviewers: ['dave'] });
    expect(kinds()).toEqual(['log-opened', 'requested', 'requested', 'reviewed', 'released']);
    expect(said.record).toBe(4);
    expect(said.recordUrl).toMatch(/records\/.*-released\.json$/);
  });

  test('the gate of the protected job passes on it, of this attempt and commit only', async () => {
    await world.sandbox.finishJob(run.runId, 'decide', 'success');
    expect(await world.gate(run)).toMatchObject({ passed: true, decision: 'release', reviewers: ['dave'] });
    const other = await world.gate(run, { env: { GITHUB_RUN_ATTEMPT: '1' } });
    expect(other).toMatchObject({ passed: false });
  });

  test('another job of the attempt that asks again is told of the same record', async () => {
    expect(await world.decide(run, { job: 'deploy' })).toMatchObject({
      passed: true,
      code: 'decided-elsewhere',
      record: 4,
    });
    expect(kinds()).toHaveLength(5);
  });

  test('the closing job writes how it ended, and the log verifies with the released command line', async () => {
    expect(await world.closeRun(run, 'success', { job: 'deploy' })).toMatchObject({ code: 'outcome-unconfirmed' });
    await world.sandbox.finishJob(run.runId, 'deploy', 'success');
    expect(await world.closeRun(run, 'success')).toMatchObject({ passed: true, code: 'outcome-recorded' });
    const output = await runVerify(world.sandbox.gitDir(world.repo), evidenceBranch, world.key);
    expect(output).toContain('workflow-sealed');
    expect(kinds().at(-1)).toBe('outcome');
  });
});
