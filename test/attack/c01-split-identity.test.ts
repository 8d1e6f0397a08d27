import { afterEach, describe, expect, test } from 'vitest';
import { approve, approveByCommand, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The agent's bot opens the pull request, its operator approves: two accounts, no second human. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

describe('C1 split identity', () => {
  test('the operator of the agent is refused by review, by button and by command', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage, { prompter: 'alice' });
    await approve(stage, 'alice', pull);
    await stage.press('alice', pull.headSha, 'countersign', 'Approve');
    await approveByCommand(stage, 'alice', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(Array<string>(3).fill('alice reviewer-is-party: sponsor'));
  });

  test('the operator who merges what somebody else countersigned is still refused when it is deployed', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage, { prompter: 'bob' });
    await approve(stage, 'carol', pull);
    const { sha } = await stage.sandbox.as('bob').merge(stage.repo, pull.number);
    await stage.settle();
    const run = await stage.deploy('carol', { event: 'push' });
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: sponsor']);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('honest: a human who neither asked for it nor wrote it releases it', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage, { prompter: 'alice' });
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
    expect(refusals(stage)).toEqual([]);
  });
});
