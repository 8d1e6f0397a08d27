import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDecidingAlone } from '../support/deciding-alone.ts';
import type { AloneRun, AloneSaid, DecidingAlone } from '../support/deciding-alone.ts';

/** GitHub's list of answers at the prompt tells neither attempt nor time, and nobody may be let go by an answer of before. */

const ENVIRONMENT = 'countersign-production';
const wasLetGo = (needs: Readonly<Record<string, string>>): boolean => needs['decide'] === 'success';
const JOBS = [
  { name: 'decide', environment: ENVIRONMENT, manual: true },
  { name: 'deploy', needs: ['decide'], manual: true },
  { name: 'close', environment: ENVIRONMENT, needs: ['decide', 'deploy'], manual: true, condition: wasLetGo },
];
/** Goes on when the closing job has looked. */
const SMOKE = { name: 'smoke', manual: true, needs: ['deploy'], condition: () => true };

let alone: DecidingAlone;

beforeAll(async () => {
  alone = await openDecidingAlone();
  alone.sandbox.environment(alone.repo, ENVIRONMENT, { reviewers: ['dave', 'carol'] });
});
afterAll(() => alone.close());

const answer = ({ runId }: AloneRun, by = 'dave') =>
  alone.sandbox.as(by).reviewDeployment(runId, { environments: [ENVIRONMENT], state: 'approved', comment: 'ok' });
const decide = (run: AloneRun, plan: string): Promise<AloneSaid> => alone.decide(run, plan, [ENVIRONMENT]);

/** A run that was let go by an answer at its prompt, whose deployment failed, and that is closed. */
async function failedOnce(jobs: Parameters<DecidingAlone['run']>[0]): Promise<AloneRun> {
  const run = await alone.run(jobs);
  await answer(run);
  expect((await decide(run, 'a')).kind).toBe('released');
  await alone.sandbox.finishJob(run.runId, 'decide', 'success');
  await alone.sandbox.finishJob(run.runId, 'deploy', 'failure');
  await answer(run);
  expect((await alone.closeRun(run, 'failure')).kind).toBe('closed');
  await alone.rerun(run);
  return run;
}

describe('C45 answers at the prompt', () => {
  test('one to the next attempt lets it go, and none from before does', async () => {
    const run = await failedOnce(JOBS);
    // The job begins because somebody has answered; this one had a part in it.
    await answer(run, 'carol');
    const held = await decide(run, 'a');
    expect(held.kind).toBe('held');
    expect(held.told).toContain('GitHub does not tell which gate of the run @dave answered');
    const again = await failedOnce(JOBS);
    await answer(again);
    expect((await decide(again, 'a')).kind).toBe('released');
  });

  test('where other jobs were left when it was closed, nobody knows whom they asked: it is told, and the next one counts', async () => {
    const run = await failedOnce([...JOBS, SMOKE]);
    await answer(run);
    const doubtful = await decide(run, 'a');
    expect(doubtful.kind).toBe('held');
    expect(doubtful.told).toContain('GitHub does not tell which gate of the run @dave answered');
    await alone.rerun(run);
    await answer(run);
    expect((await decide(run, 'a')).kind).toBe('released');
  });

  test('one to an attempt is for the plan of that attempt, whatever the attempt before has asked', async () => {
    const run = await alone.run(JOBS);
    await answer(run, 'carol');
    expect((await decide(run, 'a')).kind).toBe('held');
    await alone.rerun(run);
    await answer(run);
    expect((await decide(run, 'b')).kind).toBe('released');
  });
});
