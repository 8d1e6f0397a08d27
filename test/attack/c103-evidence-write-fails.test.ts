import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../sandbox/sandbox.ts';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { quickTimer } from '../support/quick-timer.ts';
import { recordsOf } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The log cannot be written, or the process dies between the log and GitHub. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const ANSWER = /\/deployment_protection_rule$/;
const released = (run: number) => stage.sandbox.effectiveReleases.filter(({ runId }) => runId === run);

async function click(sha: string): Promise<void> {
  const check = stage.check(sha, PRODUCTION_CHECK);
  const approve = check?.actions.find(({ label }) => label === 'Approve');
  await stage.sandbox.as('dave').clickCheckAction(stage.repo, check?.id ?? 0, approve?.identifier ?? '');
}

describe('C103 evidence write fails', () => {
  const rows: readonly (readonly [name: string, answer: Fault['do']])[] = [
    ['a server error', { status: 500, body: { message: 'Server Error' } }],
    [
      'a protected branch',
      { status: 200, body: { data: null, errors: [{ type: 'UNPROCESSABLE', message: 'protected' }] } },
    ],
    ['a missing permission', { status: 403, body: { message: 'Resource not accessible by integration' } }],
    ['a limit', { status: 403, headers: { 'retry-after': '30' }, body: { message: 'secondary rate limit' } }],
  ];

  test.each(rows)(
    'with %s nothing is released, and it goes on by itself afterwards',
    async (_, answer) => {
      stage = await openStage({ start: quickTimer });
      const { runId, sha } = await heldDeployment(stage);
      const before = stage.records().length;
      stage.sandbox.faults.add({ path: 'createCommitOnBranch', when: 'before', times: 1_000, do: answer });
      await click(sha);
      await stage.settle();
      await stage.settleRetries();
      expect(jobOf(stage, runId)?.status).toBe('waiting');
      expect(released(runId)).toEqual([]);
      expect(stage.records()).toHaveLength(before);
      stage.sandbox.faults.clear();
      await stage.settleRetries();
      expect(released(runId)).toHaveLength(1);
      expect(kindsOf(stage).slice(before)).toEqual(['reviewed', 'authorised', 'released', 'outcome']);
    },
    60_000,
  );

  test('killed after the record and before the answer, the App answers when it is back, once', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    stage.sandbox.faults.add({ path: ANSWER, when: 'before', do: 'hang' });
    await click(sha);
    await stage.sandbox.until(({ requests }) =>
      requests.some(({ path, status }) => ANSWER.test(path) && status === null),
    );
    expect(kindsOf(stage)).toContain('authorised');
    await stage.restart();
    await stage.settle();
    await stage.settleRetries();
    expect(released(runId)).toHaveLength(1);
    expect(recordsOf(stage, 'released')).toHaveLength(1);
  }, 60_000);

  test('killed after GitHub took the answer, the App finds out what happened and writes it down', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    stage.sandbox.faults.add({ path: ANSWER, when: 'after', do: 'hang' });
    await click(sha);
    await stage.sandbox.until(({ effectiveReleases }) => effectiveReleases.length > 0);
    expect(kindsOf(stage)).not.toContain('released');
    await stage.restart();
    await stage.settle();
    await stage.settleRetries();
    expect(released(runId)).toHaveLength(1);
    expect(recordsOf(stage, 'released')).toMatchObject([{ how: 'observed' }]);
  }, 60_000);
});
