import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { quickTimer } from '../support/quick-timer.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** GitHub answers 30 entries where nothing is said, and 100 at most. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const review = async (by: string, number: number, state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED') =>
  stage.sandbox.as(by).review(stage.repo, number, { state, body: 'seen' });

/** The agent's pull request with so many remarks that what comes next is that many entries down the list. */
async function talkedAbout(remarks: number): Promise<{ readonly number: number; readonly headSha: string }> {
  const pull = await agentPullRequest(stage);
  // The remarks themselves need not be told: they are there to be read.
  const stop = stage.sandbox.webhooks.drop((delivery) => delivery.event === 'pull_request_review');
  for (let n = 0; n < remarks; n += 1) await review('carol', pull.number, 'COMMENTED');
  stop();
  return pull;
}

describe('C40 only page one is read', () => {
  test.each([30, 100, 250])('a rejection behind an approval and %i remarks is seen', async (remarks) => {
    stage = await openStage({ start: quickTimer });
    const pull = await talkedAbout(remarks);
    await review('bob', pull.number, 'CHANGES_REQUESTED');
    await review('dave', pull.number, 'APPROVED');
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('failure');

    await review('bob', pull.number, 'APPROVED');
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('the thirty-first, and the last of 120 members of a team may decide, and nobody outside it', async () => {
    stage = await openStage({
      start: quickTimer,
      policy: (sha) => `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  sre: { teams: [acme/sre] }
rules:
  - id: sre-only
    why: Those who are on call
    when: { agent: true }
    require: [{ from: sre, count: 2 }]
baselines: { production: ${sha} }
`,
    });
    const members = Array.from({ length: 120 }, (_, index) => `member-${index + 1}`);
    for (const login of members) stage.sandbox.user(login);
    stage.sandbox.team('acme', 'sre', members, { [stage.repo]: 'write' });
    const pull = await agentPullRequest(stage);
    await review('bob', pull.number, 'APPROVED');
    await review('member-31', pull.number, 'APPROVED');
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toContain('1 of 2 seats are filled');

    await review('member-120', pull.number, 'APPROVED');
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('the job that deploys is the hundred-and-second of its run: it is held, and released like any other', async () => {
    stage = await openStage({ start: quickTimer });
    const others = Array.from({ length: 101 }, (_, index) => ({ name: `test (${index + 1})`, manual: true }));
    const { runId, sha } = await heldDeployment(stage, [...others, { name: 'deploy', environment: 'production' }]);
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    await stage.press('carol', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, runId)?.status).toBe('waiting');

    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
  });

  test('a list of which a later page cannot be read holds until it can be', async () => {
    stage = await openStage({ start: quickTimer });
    const pull = await talkedAbout(100);
    const stop = stage.sandbox.faults.add({
      path: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews',
      when: 'before',
      times: 1000,
      do: { status: 502 },
    });
    await review('bob', pull.number, 'APPROVED');
    await stage.settleRetries();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');

    stop();
    await stage.settleRetries();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });
});
