import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { postDelivery } from '../support/post-delivery.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const DAY_MS = 24 * 3_600_000;

const press = (by: string, sha: string): Promise<void> => stage.press(by, sha, PRODUCTION_CHECK, 'Approve');
/** What the log says about deployments, in order. */
const story = (): readonly string[] =>
  kindsOf(stage).filter((kind) => !['log-opened', 'policy-changed', 'drift'].includes(kind));

describe('C61 duplicate, replayed and out-of-order deliveries', () => {
  test('every delivery sent twice: one request, one answer of dave, one release', async () => {
    stage = await openStage();
    stage.sandbox.webhooks.duplicate(() => true);
    const { runId, sha } = await heldDeployment(stage);
    await press('dave', sha);
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
    expect(story()).toEqual(['requested', 'reviewed', 'authorised', 'released', 'outcome']);
    expect(stage.sandbox.effectiveReleases).toHaveLength(1);
  });

  test('a click replayed a day later, under its own or a new id, answers no later attempt', async () => {
    stage = await openStage();
    const { webhooks, clock } = stage.sandbox;
    const { runId, sha } = await heldDeployment(stage);
    await press('dave', sha);
    const click = webhooks.deliveries.findLast((delivery) => delivery.action === 'requested_action');
    await stage.sandbox.as('carol').rerun(runId);
    clock.advance(DAY_MS);
    await stage.settle();
    await webhooks.redeliver(click?.id ?? '');
    expect(await postDelivery(stage, 'check_run', click?.body ?? '')).toMatchObject({ body: { status: 'duplicate' } });
    // Not the very same bytes, but the same click.
    expect((await postDelivery(stage, 'check_run', ` ${click?.body ?? ''}`)).status).toBe(200);
    await stage.settle();
    expect(jobOf(stage, runId, 'deploy', 2)?.status).toBe('waiting');
    expect(stage.sandbox.effectiveReleases).toHaveLength(1);

    await press('dave', sha);
    expect(jobOf(stage, runId, 'deploy', 2)?.conclusion).toBe('success');
  });

  test('a protection rule that arrives after the cancellation opens nothing', async () => {
    stage = await openStage();
    const { webhooks } = stage.sandbox;
    webhooks.pause();
    const { runId, sha } = await cancelledAtOnce();
    await webhooks.resume((held) => held.toReversed());
    await stage.settle();
    expect(stage.check(sha, PRODUCTION_CHECK)).toBeUndefined();
    expect(story()).toEqual([]);

    await stage.sandbox.as('carol').rerun(runId);
    await stage.settle();
    await press('dave', sha);
    expect(jobOf(stage, runId, 'deploy', 2)?.conclusion).toBe('success');
  });

  test('the whole life of a release told backwards ends in the same log', async () => {
    stage = await openStage();
    const { webhooks } = stage.sandbox;
    webhooks.pause();
    const { runId, sha } = await heldDeployment(stage);
    await webhooks.resume((held) => held.toReversed());
    await stage.settle();
    webhooks.pause();
    await stage.sandbox
      .as('dave')
      .clickCheckAction(stage.repo, stage.check(sha, PRODUCTION_CHECK)?.id ?? 0, approveOf(sha));
    await webhooks.resume((held) => held.toReversed());
    await stage.settle();
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
    expect(story()).toEqual(['requested', 'reviewed', 'authorised', 'released', 'outcome']);
  });
});

const approveOf = (sha: string): string => stage.check(sha, PRODUCTION_CHECK)?.actions[0]?.identifier ?? '';

async function cancelledAtOnce(): Promise<{ readonly runId: number; readonly sha: string }> {
  const held = await heldDeployment(stage);
  await stage.sandbox.as('carol').cancel(held.runId);
  return held;
}
