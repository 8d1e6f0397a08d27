import { afterAll, expect, test } from 'vitest';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { quickTimer } from '../support/quick-timer.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';

/** GitHub takes our answer to a deployment and not the check that says so: whoever looks at it later is not asked any more. */

const stage = await openStage({ start: quickTimer });
afterAll(() => stage.close());

const MORE_THAN_A_LOOK_TRIES = 1000;

test.each([
  { label: 'Approve', ended: 'success', title: 'Countersigned' },
  { label: 'Reject', ended: 'failure', title: 'Rejected by a reviewer' },
] as const)(
  'a check that could not be written after $label says later how it ended',
  async ({ label, ended, title }) => {
    const { sandbox } = stage;
    const { runId, sha } = await heldDeployment(stage);
    sandbox.faults.add({
      path: /check-runs/,
      when: 'before',
      times: MORE_THAN_A_LOOK_TRIES,
      do: { status: 502, body: {} },
    });
    await stage.press('dave', sha, PRODUCTION_CHECK, label);
    await stage.settleRetries();
    expect(jobOf(stage, runId)?.conclusion).toBe(ended);
    expect(stage.check(sha, PRODUCTION_CHECK)?.conclusion).toBe('action_required');

    sandbox.faults.clear();
    await stage.app().sweep();
    await stage.settleRetries();
    expect(stage.check(sha, PRODUCTION_CHECK)).toMatchObject({ conclusion: ended, title, actions: [] });
  },
);
