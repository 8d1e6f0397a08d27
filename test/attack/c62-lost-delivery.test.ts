import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

describe('C62 lost delivery', () => {
  test('what happened while the App was down is found when it starts: held, shown, and released by a person', async () => {
    stage = await openStage();
    const { sandbox } = stage;
    const found = sandbox.webhooks.drop(() => true);
    const { runId, sha } = await heldDeployment(stage);
    const pull = await agentPullRequest(stage);
    expect(kindsOf(stage)).not.toContain('requested');
    await stage.restart();
    found();
    await stage.settle();
    expect(stage.check(sha, PRODUCTION_CHECK)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(jobOf(stage, runId)?.status).toBe('waiting');

    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(sandbox.runState(runId).conclusion).toBe('success');
  });

  test('a lost cancellation, a lost bypass and a lost end are found by the sweep', async () => {
    stage = await openStage();
    const { sandbox } = stage;
    const cancelled = await heldDeployment(stage);
    const bypassed = { runId: await stage.deploy('carol') };
    const found = sandbox.webhooks.drop(() => true);
    await sandbox.as('carol').cancel(cancelled.runId);
    await sandbox.as('alice').bypass(bypassed.runId);
    await stage.settle();
    expect(kindsOf(stage)).not.toContain('bypassed');

    found();
    await stage.app().sweep();
    await stage.settle();
    expect(stage.records().find((record) => record.kind === 'withdrawn')).toBeDefined();
    expect(stage.records().find((record) => record.kind === 'bypassed')).toMatchObject({
      gate: { runId: bypassed.runId },
      by: { login: 'alice' },
    });

    const run = await stage.deploy('carol');
    await stage.press('dave', cancelled.sha, PRODUCTION_CHECK, 'Approve');
    expect(sandbox.runState(run).conclusion).toBe('success');
  });
});
