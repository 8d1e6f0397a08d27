import { afterEach, describe, expect, test } from 'vitest';
import { recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A job with a listed reviewer's token approves every native prompt the moment it appears. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function heldFor(reviewers: readonly string[]): Promise<number> {
  stage = await openStage({ environment: { reviewers } });
  return stage.deploy('carol');
}

const promptApproved = async (run: number, by: string): Promise<void> => {
  await stage.sandbox.as(by).reviewDeployment(run, { environments: ['production'], state: 'approved' });
  await stage.settle();
};
/** Approvals that the product answered for its own rule. */
const ownAnswers = (run: number): number =>
  stage.sandbox.runState(run).reports.filter(({ state }) => state === 'approved').length;

describe('C6 auto-approver', () => {
  test('a native approval by the author of the change leaves our rule unanswered', async () => {
    const run = await heldFor(['alice']);
    await promptApproved(run, 'alice');
    expect(ownAnswers(run)).toBe(0);
    expect(stage.sandbox.runState(run).jobs[0]?.status).toBe('waiting');
    expect(refusals(stage)).toEqual(['alice reviewer-is-party: author, committer, pusher']);
    expect(recordsOf(stage, 'authorised')).toEqual([]);
  });

  test('a native approval by whoever started the run leaves our rule unanswered', async () => {
    const run = await heldFor(['carol']);
    await promptApproved(run, 'carol');
    expect(ownAnswers(run)).toBe(0);
    expect(refusals(stage)).toEqual(['carol reviewer-is-party: dispatcher']);
  });

  test('a native approval by a listed reviewer whom the policy gives no seat leaves our rule unanswered', async () => {
    stage = await openStage({ environment: { reviewers: ['bob'] } });
    stage.sandbox.collaborator(stage.repo, 'bob', 'write');
    const run = await stage.deploy('carol');
    await promptApproved(run, 'bob');
    expect(ownAnswers(run)).toBe(0);
    expect(stage.sandbox.runState(run).jobs[0]?.status).toBe('waiting');
    expect(refusals(stage)).toEqual(['bob reviewer-lacks-authority']);
  });

  test('an approval given before the rule was known to us is judged like any other, not taken for an answer', async () => {
    stage = await openStage({ environment: { reviewers: ['alice'] } });
    stage.sandbox.webhooks.pause();
    const workflow = { name: 'deploy', jobs: [{ name: 'deploy', environment: 'production' }] };
    const run = await stage.sandbox.as('carol').dispatch(stage.repo, workflow);
    await stage.sandbox.as('alice').reviewDeployment(run.id, { environments: ['production'], state: 'approved' });
    await stage.sandbox.webhooks.resume();
    await stage.settle();
    expect(ownAnswers(run.id)).toBe(0);
    expect(stage.sandbox.runState(run.id).jobs[0]?.status).toBe('waiting');
  });

  test('honest: a native approval by an eligible distinct human is answered, once', async () => {
    const run = await heldFor(['bob']);
    await promptApproved(run, 'bob');
    expect(ownAnswers(run)).toBe(1);
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
  });
});
