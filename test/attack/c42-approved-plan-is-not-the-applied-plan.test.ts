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

  test('nor does a review of the pull request: it counts until the plan changes, and a new one counts again', async () => {
    stage = await openStage({ policy: twoSeats });
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    const runId = await stage.deploy('carol', { ref: 'copilot/change', jobs: PLAN_AND_DEPLOY });
    await propose(stage, runId, 'plan', planOf('a'));
    await press('dave', pull.headSha);
    expect(status(runId)).toBe('waiting');
    expect(why(pull.headSha)).toContain('was given before what would run changed');
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(status(runId)).toBe('in_progress');
  });

  test('a review that is older than the first proposal was shown no plan: it lets nothing go, a new one does', async () => {
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
    expect(why(pull.headSha)).toContain('was given before what would run changed or was first proposed');
    // Nor does the next look take it for an answer to what it has never shown.
    await stage.app().sweep();
    await stage.settle();
    expect(status(runId)).toBe('waiting');
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(status(runId)).toBe('in_progress');
    const authorised = stage.records().findLast(({ kind }) => kind === 'authorised');
    expect(stage.facts(authorised)).toMatchObject({ proposals: [planOf('a')] });
  });
});
