import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { quickTimer } from '../support/quick-timer.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** What a decision is made from comes back empty, null or in part: no answer is no yes. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const EMPTY = [null, {}, { message: 'Moved' }, { data: null }, { data: {} }, 'ok'] as const;

describe('C114 no result approves', () => {
  test('no read of a decision may come back empty and lead to a release', async () => {
    stage = await openStage({ start: quickTimer });
    const { faults, requests } = stage.sandbox;

    const { runId: undisturbed, sha } = await heldDeployment(stage);
    const from = requests.length;
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, undisturbed)?.conclusion).toBe('success');
    const before = requests.slice(from).findIndex(({ operation }) => operation === 'createCommitOnBranch');
    const reads = new Set(requests.slice(from, from + before).map(({ route }) => route));
    expect(reads.size).toBeGreaterThan(8);

    for (const [index, route] of [...reads].entries()) {
      const run = await stage.deploy('carol');
      const body = EMPTY[index % EMPTY.length];
      const path = route.startsWith('graphql ') ? route.slice('graphql '.length) : route;
      faults.add({ path, when: 'before', times: 1_000, do: { status: 200, body } });
      await click(sha);
      await stage.settle();
      await stage.app().sweep();
      await stage.settle();
      const told = `${route} answered ${JSON.stringify(body)}`;
      expect(jobOf(stage, run)?.status, told).toBe('waiting');
      faults.clear();
      await stage.settleRetries();
      // Honest: it is released once the answer is there. Only a policy that could not be read makes the click be made again.
      if (jobOf(stage, run)?.status === 'waiting') await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
      expect(jobOf(stage, run)?.conclusion, told).toBe('success');
    }
    expect(stage.sandbox.effectiveReleases).toHaveLength(reads.size + 1);
  }, 120_000);
});

async function click(sha: string): Promise<void> {
  const check = stage.check(sha, PRODUCTION_CHECK);
  const approve = check?.actions.find(({ label }) => label === 'Approve');
  await stage.sandbox.as('dave').clickCheckAction(stage.repo, check?.id ?? 0, approve?.identifier ?? '');
}
