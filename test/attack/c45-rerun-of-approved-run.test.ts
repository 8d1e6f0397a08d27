import { afterEach, describe, expect, test } from 'vitest';
import { codeOn, heldDeployment, jobOf } from '../support/held-deployment.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const press = (by: string, sha: string): Promise<void> => stage.press(by, sha, PRODUCTION_CHECK, 'Approve');
const rerun = async (runId: number, failedOnly = false): Promise<void> => {
  await stage.sandbox.as('carol').rerun(runId, { failedOnly });
  await stage.settle();
};
const second = (runId: number) => jobOf(stage, runId, 'deploy', 2);

describe('C45 re-run of an approved run', () => {
  test('the second attempt of an approved run waits for a decision of its own', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    const old = codeOn(stage, sha, PRODUCTION_CHECK);
    await press('dave', sha);
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');

    await rerun(runId);
    expect(second(runId)?.status).toBe('waiting');
    expect(codeOn(stage, sha, PRODUCTION_CHECK)).not.toBe(old);
    await press('dave', sha);
    expect(second(runId)?.conclusion).toBe('success');
    const gates = stage.records().filter((record) => record.kind === 'authorised');
    expect(gates.map((record) => record['gate'])).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
  });

  test('"re-run failed jobs" asks again too', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage, [
      { name: 'build' },
      { name: 'deploy', environment: 'production', needs: ['build'], outcome: 'failure' },
    ]);
    await press('dave', sha);
    expect(jobOf(stage, runId)?.conclusion).toBe('failure');

    await rerun(runId, true);
    expect(second(runId)?.status).toBe('waiting');
    await press('dave', sha);
    expect(second(runId)?.status).toBe('completed');
    expect(stage.sandbox.effectiveReleases.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('an approval that was revoked after the first attempt does not serve the second', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const review = await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    const runId = await stage.deploy('carol', { ref: 'copilot/change' });
    expect(sandbox.runState(runId).conclusion).toBe('success');

    await sandbox.as('alice').dismissReview(repo, pull.number, review.id, 'we learnt something');
    await stage.settle();
    await rerun(runId);
    expect(second(runId)?.status).toBe('waiting');
    await press('dave', pull.headSha);
    expect(second(runId)?.conclusion).toBe('success');
  });

  test('a policy that asks for more meanwhile is asked of the second attempt', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const { runId, sha } = await heldDeployment(stage);
    await press('dave', sha);
    const text = (sandbox.file(repo, 'main', '.github/countersign.yml') ?? oneSeatPolicy(sha)).replace('t: 1', 't: 2');
    const files = { '.github/countersign.yml': text };
    await sandbox.as('alice').commit(repo, 'main', { files, message: 'Two from now on' });
    await stage.settle();

    await rerun(runId);
    await press('dave', sha);
    expect(second(runId)?.status).toBe('waiting');
    await press('bob', sha);
    expect(second(runId)?.conclusion).toBe('success');
  });
});
