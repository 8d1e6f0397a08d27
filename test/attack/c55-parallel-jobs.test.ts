import { afterEach, describe, expect, test } from 'vitest';
import { codeOn, heldDeployment, jobOf } from '../support/held-deployment.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** GitHub's answer is keyed by run and environment: it lets every job go that waits there at that moment. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const jobs = [
  { name: 'deploy', environment: 'production' },
  { name: 'build', manual: true },
  { name: 'wipe', environment: 'production', needs: ['build'] },
];
const press = (by: string, sha: string): Promise<void> => stage.press(by, sha, PRODUCTION_CHECK, 'Approve');

describe('C55 parallel jobs, one answer', () => {
  test('an answer to the benign job is void as soon as another one waits beside it', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage, jobs);
    const old = codeOn(stage, sha, PRODUCTION_CHECK);
    const check = stage.check(sha, PRODUCTION_CHECK);
    stage.sandbox.webhooks.pause();
    await stage.sandbox.as('dave').clickCheckAction(stage.repo, check?.id ?? 0, `approve:${old}`);
    await stage.sandbox.finishJob(runId, 'build', 'success');
    await stage.sandbox.webhooks.resume();
    await stage.settle();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(jobOf(stage, runId, 'wipe')?.status).toBe('waiting');
    expect(codeOn(stage, sha, PRODUCTION_CHECK)).not.toBe(old);

    await press('dave', sha);
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
    expect(stage.records().findLast((record) => record.kind === 'authorised')).toMatchObject({
      jobs: [{ name: 'deploy' }, { name: 'wipe' }],
    });
  });

  test('a job that begins to wait between the authorisation and the answer is let go by neither', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage, jobs);
    stage.sandbox.faults.add({
      path: 'createCommitOnBranch',
      when: 'after',
      do: async () => stage.sandbox.finishJob(runId, 'build', 'success'),
    });
    await press('dave', sha);
    expect(stage.sandbox.effectiveReleases).toEqual([]);
    expect(stage.records().find((record) => record.kind === 'void')).toMatchObject({
      because: [{ code: 'jobs-changed' }],
    });

    await press('dave', sha);
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
  });

  test('a job that begins to wait after the answer asks for one of its own', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage, jobs);
    await press('dave', sha);
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
    await stage.sandbox.finishJob(runId, 'build', 'success');
    await stage.settle();
    expect(jobOf(stage, runId, 'wipe')?.status).toBe('waiting');

    await press('dave', sha);
    expect(stage.sandbox.effectiveReleases.map((release) => release.jobs)).toEqual([['deploy'], ['wipe']]);
  });
});
