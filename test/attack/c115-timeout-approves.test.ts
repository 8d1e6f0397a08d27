import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Nobody answers for a long time. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const DAY_MS = 24 * 60 * 60_000;

async function daysPass(days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    stage.sandbox.clock.advance(DAY_MS);
    await stage.app().sweep();
    await stage.settle();
  }
}

describe('C115 timeout approves', () => {
  test('a deployment that nobody answers is never released: GitHub fails its job after thirty days', async () => {
    stage = await openStage();
    const { runId } = await heldDeployment(stage);
    await daysPass(29);
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    await daysPass(2);
    expect(jobOf(stage, runId)?.conclusion).toBe('failure');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(kindsOf(stage)).not.toContain('authorised');
  }, 60_000);

  test('a pull request that nobody answers stays held', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage);
    await daysPass(10);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(kindsOf(stage)).not.toContain('released');
  }, 60_000);

  test.each(['approve-after: 1h', 'on-timeout: release', 'expires: { after: 1h, then: release }', 'mode: monitor'])(
    'no setting turns time into a release: a policy with "%s" is refused as a whole',
    async (setting) => {
      stage = await openStage({ policy: (sha) => `${oneSeatPolicy(sha)}${setting}\n` });
      const { runId } = await heldDeployment(stage);
      await daysPass(2);
      expect(jobOf(stage, runId)?.status).toBe('waiting');
      expect(stage.sandbox.runState(runId).reports[0]?.comment).toMatch(/policy.+invalid/);
    },
  );

  test('honest: after a week the held deployment is still there for the person who answers it', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    await daysPass(7);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
  });
});
