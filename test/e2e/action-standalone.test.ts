import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evidenceBranch, git } from '../support/evidence-repository.ts';
import { runVerify } from '../support/run-verify.ts';
import { expectRefused } from '../support/runner/bad-input.ts';
import { openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from '../support/standalone-stage.ts';

/**
 * No App, no custom rule, no native reviewer: the job before the protected one decides, and the gate believes its log. All by
 * the committed bundle, as a runner runs it.
 */

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
    const { exitCode, outputs, summary } = await world.step('decide', run);
    expect([exitCode, outputs['decision'], outputs['reason']]).toEqual([1, 'hold', 'held-alone']);
    expect(summary).toMatch(/Who can: @dave/);
    expect(summary).toContain('re-runs the failed jobs');
    expect(kinds()).toEqual(['log-opened', 'requested']);
    await world.sandbox.finishJob(run.runId, 'decide', 'failure');
  });

  test('lets it go after a distinct human has reviewed it and somebody has re-run the failed jobs', async () => {
    const number = await world.askForReview(run);
    await world.sandbox.as('dave').review(world.repo, number, { state: 'APPROVED' });
    await world.sandbox.finishJob(run.runId, 'close', 'failure');
    await world.sandbox.as('carol').rerun(run.runId, { failedOnly: true });
    const { exitCode, outputs } = await world.step('decide', run);
    expect([exitCode, outputs['decision'], outputs['reviewers'], outputs['record']]).toEqual([
      0,
      'release',
      'dave',
      '4',
    ]);
    expect(kinds()).toEqual(['log-opened', 'requested', 'requested', 'reviewed', 'released']);
    expect(outputs['record-url']).toMatch(/records\/.*-released\.json$/);
    expect(outputs['checkpoint']?.split('\n').slice(0, 2)).toEqual([world.key.split('+')[0], '5']);
  });

  test('the gate of the protected job passes on it, of this attempt and commit only', async () => {
    await world.sandbox.finishJob(run.runId, 'decide', 'success');
    const { exitCode, outputs } = await world.step('gate', run);
    expect([exitCode, outputs['decision'], outputs['reviewers']]).toEqual([0, 'release', 'dave']);
    expect((await world.step('gate', run, { env: { GITHUB_RUN_ATTEMPT: '1' } })).exitCode).toBe(1);
  });

  test('another job of the attempt that asks again is told of the same record', async () => {
    const { exitCode, outputs } = await world.step('decide', run, { job: 'deploy' });
    expect([exitCode, outputs['reason'], outputs['record']]).toEqual([0, 'decided-elsewhere', '4']);
    expect(kinds()).toHaveLength(5);
  });
});

describe('the closing job', () => {
  const close = (result: string, more: Readonly<Record<string, string>> = {}, job = 'close') =>
    world.step('close', run, { job, inputs: { 'job-result': result, 'protected-job': 'deploy', ...more } });

  test('writes nothing that GitHub’s own list of jobs does not show', async () => {
    expectRefused(await close('success', {}, 'deploy'), 'outcome-unconfirmed');
    await world.sandbox.finishJob(run.runId, 'deploy', 'success');
    expectRefused(await close('failure'), 'outcome-unconfirmed');
    expectRefused(await close('skipped'), 'outcome-unconfirmed');
    expectRefused(await close('success', { 'protected-job': 'depl' }), 'outcome-unconfirmed');
    expect(kinds()).toHaveLength(5);
  });

  test('that failed and is run again with the failed jobs writes how the attempt ended that was let go', async () => {
    await world.sandbox.finishJob(run.runId, 'close', 'failure');
    await world.sandbox.as('carol').rerun(run.runId, { failedOnly: true });
    // Without the name of the protected job too: of the older attempt only the closing job itself ended badly.
    const { exitCode, outputs } = await close('success', { 'protected-job': '' });
    expect([exitCode, outputs['reason'], outputs['record']]).toEqual([0, 'outcome-recorded', '5']);
    expect(kinds().at(-1)).toBe('outcome');
    const path = git(world.sandbox.gitDir(world.repo), ['ls-tree', '-r', '--name-only', evidenceBranch, 'records/']);
    const last = `${evidenceBranch}:${path.split('\n').at(-1) ?? ''}`;
    const text = git(world.sandbox.gitDir(world.repo), ['cat-file', 'blob', last]);
    expect(JSON.parse(text)).toMatchObject({ predicate: { conclusion: 'success', gate: { attempt: 2 } } });
  });

  test('that runs a second time writes nothing: the same result passes, another one is refused', async () => {
    const again = await close('success');
    expect([again.exitCode, again.outputs['reason'], again.outputs['record']]).toEqual([
      0,
      'outcome-recorded-before',
      '5',
    ]);
    expectRefused(await close('failure'), 'outcome-differs');
    expect(kinds()).toHaveLength(6);
  });

  test('leaves a log that the released command line verifies', async () => {
    const output = await runVerify(world.sandbox.gitDir(world.repo), evidenceBranch, world.key);
    expect(output).toContain('workflow-sealed');
  });
});
