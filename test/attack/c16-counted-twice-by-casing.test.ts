import { afterEach, describe, expect, test } from 'vitest';
import { approve, approveByCommand, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A quorum of two, and one person written down twice who answers in every way there is. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const twoOf =
  (users: string) =>
  (sha: string): string =>
    oneSeatPolicy(sha)
      .replace('{ min-permission: maintain }', `{ users: ${users} }`)
      .replace('count: 1 }', 'count: 2 }');

describe('C16 one human counted twice: casing', () => {
  test('one person who is listed twice and answers three times fills one of two seats', async () => {
    stage = await openStage({ policy: twoOf('[Carol, carol, CAROL, dave]') });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    await approveByCommand(stage, 'carol', pull);
    await stage.press('carol', pull.headSha, 'countersign', 'Approve');
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.title).toMatch(/Waiting/);
    expect(stage.check(pull.headSha)?.summary).toMatch(/1 of 2 seats/);
  });

  test('at a deployment the prompt, the button and the review of its head are still one person', async () => {
    stage = await openStage({ policy: twoOf('[carol, dave]'), environment: { reviewers: ['carol'] } });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    const run = await stage.deploy('bob', { ref: 'copilot/change' });
    await stage.sandbox.as('carol').reviewDeployment(run, { environments: ['production'], state: 'approved' });
    await stage.settle();
    await stage.press('carol', pull.headSha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(stage.check(pull.headSha, PRODUCTION_CHECK)?.summary).toMatch(/1 of 2 seats/);
    await stage.press('dave', pull.headSha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('a quorum that only one listed person could fill is said to be impossible at once', async () => {
    stage = await openStage({ policy: twoOf('[Carol, carol]') });
    const pull = await agentPullRequest(stage);
    expect(stage.check(pull.headSha)?.summary).toMatch(/no-one-can-release/);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
  });

  test('honest: two persons release it, whatever the casing in the policy', async () => {
    stage = await openStage({ policy: twoOf('[CAROL, Dave]') });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['carol', 'dave']);
    expect(refusals(stage)).toEqual([]);
  });
});
