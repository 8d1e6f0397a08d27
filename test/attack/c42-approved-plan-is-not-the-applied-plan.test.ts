import { afterEach, describe, expect, test } from 'vitest';
import { codeOn, heldDeployment, jobOf } from '../support/held-deployment.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { PLAN_AND_DEPLOY, planOf, propose } from '../support/telling-the-app.ts';

/** The App's half: an approval is for what was to run when it was given. What the runner holds against it is the gate's. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const twoSeats = (firstSha: string): string => oneSeatPolicy(firstSha).replace('count: 1', 'count: 2');
const press = (by: string, sha: string): Promise<void> => stage.press(by, sha, PRODUCTION_CHECK, 'Approve');
const status = (runId: number) => jobOf(stage, runId)?.status;
const why = (sha: string): string => stage.check(sha, PRODUCTION_CHECK)?.summary ?? '';

describe('C42 the approved plan is not the applied plan', () => {
  test('an approval by button is for the plan that it was given for', async () => {
    stage = await openStage({ policy: twoSeats });
    const { runId, sha } = await heldDeployment(stage, PLAN_AND_DEPLOY);
    await propose(stage, runId, 'plan', planOf('a'));
    await press('dave', sha);
    await propose(stage, runId, 'plan', planOf('b'));
    await press('bob', sha);
    expect(status(runId)).toBe('waiting');
    await press('dave', sha);
    expect(status(runId)).toBe('in_progress');
  });

  test('a plan that goes back to the one before does not bring its approvals back', async () => {
    stage = await openStage({ policy: twoSeats });
    const { runId, sha } = await heldDeployment(stage, PLAN_AND_DEPLOY);
    await propose(stage, runId, 'plan', planOf('a'));
    const code = codeOn(stage, sha, PRODUCTION_CHECK);
    await press('dave', sha);
    await propose(stage, runId, 'plan', planOf('b'));
    await propose(stage, runId, 'plan', planOf('a'));
    expect(codeOn(stage, sha, PRODUCTION_CHECK)).toBe(code);
    await press('bob', sha);
    expect(status(runId)).toBe('waiting');
    await press('dave', sha);
    expect(status(runId)).toBe('in_progress');
  });

  test("an approval at GitHub's prompt binds no plan: once the plan changes it is void, and the button is the way out", async () => {
    stage = await openStage({ policy: twoSeats, environment: { reviewers: ['dave'] } });
    const { runId, sha } = await heldDeployment(stage, PLAN_AND_DEPLOY);
    await propose(stage, runId, 'plan', planOf('a'));
    await stage.sandbox.as('dave').reviewDeployment(runId, { environments: ['production'], state: 'approved' });
    await stage.settle();
    await propose(stage, runId, 'plan', planOf('b'));
    await press('bob', sha);
    expect(status(runId)).toBe('waiting');
    expect(why(sha)).toContain('was given before what would run changed');
    await press('dave', sha);
    expect(status(runId)).toBe('in_progress');
  });

  test('a review of the pull request that names no code was shown no plan: it lets nothing go, whenever it was given', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    const [plan] = PLAN_AND_DEPLOY;
    const jobs = [plan, { name: 'deploy', environment: 'production', manual: true, needs: ['plan'] }];
    const runId = await stage.deploy('carol', { ref: 'copilot/change', jobs });
    expect(await propose(stage, runId, 'plan', planOf('a'))).toBe('taken');
    await sandbox.finishJob(runId, 'plan', 'success');
    await stage.settle();
    expect(status(runId)).toBe('waiting');
    const code = codeOn(stage, pull.headSha, PRODUCTION_CHECK);
    expect(why(pull.headSha)).toContain(`/countersign approve ${code}\\\` names this request`);
    // Nor does a new one, which may have been on its way while the plan changed.
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(status(runId)).toBe('waiting');
    await sandbox
      .as('bob')
      .review(repo, pull.number, { state: 'APPROVED', body: `Fine: /countersign approve ${code}` });
    await stage.settle();
    expect(status(runId)).toBe('waiting');
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED', body: `/countersign approve ${code}` });
    await stage.settle();
    expect(status(runId)).toBe('in_progress');
    const authorised = stage.records().findLast(({ kind }) => kind === 'authorised');
    expect(stage.facts(authorised)).toMatchObject({ proposals: [planOf('a')] });
  });

  test('one that names the code of another plan lets nothing go, nor one that somebody has edited into naming it', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const runId = await stage.deploy('carol', { ref: 'copilot/change', jobs: PLAN_AND_DEPLOY });
    await propose(stage, runId, 'plan', planOf('a'));
    const old = codeOn(stage, pull.headSha, PRODUCTION_CHECK);
    await propose(stage, runId, 'plan', planOf('b'));
    const code = codeOn(stage, pull.headSha, PRODUCTION_CHECK);
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED', body: `/countersign approve ${old}` });
    const plain = await sandbox.as('dave').review(repo, pull.number, { state: 'APPROVED', body: 'Looks good' });
    // Whoever may write to a repository can edit the reviews of others there.
    await sandbox.as('carol').editReview(repo, pull.number, plain.id, `/countersign approve ${code}`);
    await stage.settle();
    expect(status(runId)).toBe('waiting');
    expect(why(pull.headSha)).toContain(`names ${old}; what is asked here is ${code}`);
    expect(why(pull.headSha)).toContain('dave was edited after it was given');
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED', body: `/countersign approve ${code}` });
    await stage.settle();
    expect(status(runId)).toBe('in_progress');
  });

  test('a request for changes holds without any code, until it is taken back', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const runId = await stage.deploy('carol', { ref: 'copilot/change', jobs: PLAN_AND_DEPLOY });
    await propose(stage, runId, 'plan', planOf('a'));
    const stop = await sandbox
      .as('bob')
      .review(repo, pull.number, { state: 'CHANGES_REQUESTED', body: 'not like this' });
    await stage.settle();
    await press('dave', pull.headSha);
    expect(status(runId)).toBe('waiting');
    expect(why(pull.headSha)).toContain('changes-requested');
    await sandbox.as('bob').dismissReview(repo, pull.number, stop.id, 'settled');
    await stage.settle();
    expect(status(runId)).toBe('in_progress');
  });
});
