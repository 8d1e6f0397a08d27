import { afterEach, describe, expect, test } from 'vitest';
import { codeOn, heldDeployment, jobOf } from '../support/held-deployment.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { planOf, propose } from '../support/telling-the-app.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** A deploying job that stands in a reusable workflow of another repository, called by its branch; `move` moves the branch. */
function callingByBranch() {
  let sha = '1'.repeat(40);
  const calledWorkflow = {
    ref: 'acme/shared/.github/workflows/deploy.yml@refs/heads/main',
    get sha() {
      return sha;
    },
  };
  const move = (): void => {
    sha = '2'.repeat(40);
  };
  return { jobs: [{ name: 'deploy', environment: 'production', calledWorkflow }], move };
}

const press = (by: string, sha: string): Promise<void> => stage.press(by, sha, PRODUCTION_CHECK, 'Approve');
const rerun = async (runId: number): Promise<void> => {
  await stage.sandbox.as('carol').rerun(runId);
  await stage.settle();
};

/** bob has reviewed the pull request whose head is deployed, which releases the first attempt. */
async function releasedByReview(jobs: ReturnType<typeof callingByBranch>['jobs']) {
  stage = await openStage();
  const pull = await agentPullRequest(stage);
  await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'APPROVED' });
  const runId = await stage.deploy('carol', { ref: 'copilot/change', jobs });
  expect(jobOf(stage, runId)?.conclusion).toBe('success');
  return { runId, sha: pull.headSha };
}

describe('C46 a re-run with drifted inputs', () => {
  test('a called workflow that moved since the first attempt is asked for anew, whoever had agreed to the commit', async () => {
    const { jobs, move } = callingByBranch();
    const { runId, sha } = await releasedByReview(jobs);
    move();
    await rerun(runId);
    expect(jobOf(stage, runId, 'deploy', 2)?.status).toBe('waiting');
    await press('dave', sha);
    expect(jobOf(stage, runId, 'deploy', 2)?.conclusion).toBe('success');
    const [before, after] = stage.records().filter(({ kind }) => kind === 'authorised');
    const called = [before, after].map((record) => JSON.stringify(stage.facts(record)['runAttempts']));
    expect(called[0]).toContain('1'.repeat(40));
    expect(called[1]).toContain('2'.repeat(40));
  });

  test('one that did not move leaves the review of the commit in force (control)', async () => {
    const { jobs } = callingByBranch();
    const { runId } = await releasedByReview(jobs);
    await rerun(runId);
    expect(jobOf(stage, runId, 'deploy', 2)?.conclusion).toBe('success');
  });

  test('one that moves while the gate is held is another request, and the approval of the one before answers it not', async () => {
    const { jobs, move } = callingByBranch();
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage, jobs);
    const before = codeOn(stage, sha, PRODUCTION_CHECK);
    move();
    await press('dave', sha);
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(codeOn(stage, sha, PRODUCTION_CHECK)).not.toBe(before);
    await press('dave', sha);
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
  });

  test('a plan that is made anew in the second attempt is asked for anew, whoever had agreed to the commit', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const plan = { name: 'plan', manual: true };
    const jobs = [plan, { name: 'deploy', environment: 'production', needs: ['plan'] }];
    const runId = await stage.deploy('carol', { ref: 'copilot/change', jobs });
    const planning = async (sha: string): Promise<void> => {
      await propose(stage, runId, 'plan', planOf(sha));
      await sandbox.finishJob(runId, 'plan', 'success');
      await stage.settle();
    };
    await planning('a');
    const line = `/countersign approve ${codeOn(stage, pull.headSha, PRODUCTION_CHECK)}`;
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED', body: line });
    await stage.settle();
    expect(jobOf(stage, runId)?.conclusion).toBe('success');

    await rerun(runId);
    await planning('b');
    expect(jobOf(stage, runId, 'deploy', 2)?.status).toBe('waiting');
    await press('dave', pull.headSha);
    expect(jobOf(stage, runId, 'deploy', 2)?.conclusion).toBe('success');
    const released = stage.records().findLast(({ kind }) => kind === 'authorised');
    expect(stage.facts(released)).toMatchObject({ proposals: [planOf('b')] });
  });
});
