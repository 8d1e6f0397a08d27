import { afterEach, describe, expect, test } from 'vitest';
import { approve, approveByCommand, field, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/**
 * An agent that holds a person's token approves as that person, and GitHub does not tell the two apart in a review. What
 * this version can do: refuse what GitHub does attribute to an App, record a review as no more than `platform-attested`,
 * and hold where the policy asks for more instead of taking the review for it.
 */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const askingForPresence = (sha: string): string =>
  oneSeatPolicy(sha).replace('count: 1 }', 'count: 1, assurance: signed-in }');

describe('C5 shared token', () => {
  test('a command given through an App with the token of a person fills no seat', async () => {
    stage = await openStage();
    stage.sandbox.app({ slug: 'helper', webhookSecret: 'unused', permissions: {}, events: [] });
    const pull = await agentPullRequest(stage);
    await approveByCommand(stage, 'bob', pull, 'helper');
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob review-via-app']);
  });

  test('a review does not pass for a presence that the policy asks for: the policy is refused and everything held', async () => {
    stage = await openStage({ policy: askingForPresence });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'bob', pull);
    await stage.settleRetries();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/policy-invalid.*not enforced yet/);
    expect(recordsOf(stage, 'released')).toEqual([]);
  });

  test("a review with the token of the agent's own operator is the operator's", async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage, { prompter: 'bob' });
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: sponsor']);
  });

  test('honest: a review of a distinct human releases, and the record claims no more than GitHub attests', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage);
    await approve(stage, 'bob', pull);
    expect(releasedBy(stage)).toEqual(['bob']);
    expect(recordsOf(stage, 'reviewed').map((record) => field(record, 'assurance'))).toEqual(['platform-attested']);
  });
});
