import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { postDelivery, signature } from '../support/post-delivery.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

describe('C58 signature downgrade', () => {
  test('the SHA-1 header is never enough, alone or beside a wrong one; the right SHA-256 is', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    const { webhooks } = stage.sandbox;
    const letThrough = webhooks.drop((delivery) => delivery.action === 'requested_action');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    letThrough();
    const body = webhooks.deliveries.findLast((delivery) => delivery.action === 'requested_action')?.body ?? '';
    const sha1 = signature(body, stage.config.webhookSecret, 'sha1');
    const sha256 = signature(body, stage.config.webhookSecret);

    const refused: readonly Readonly<Record<string, string | null>>[] = [
      { 'x-hub-signature-256': null, 'x-hub-signature': sha1 },
      { 'x-hub-signature-256': null, 'x-hub-signature': sha256 },
      { 'x-hub-signature-256': null },
      { 'x-hub-signature-256': sha1, 'x-hub-signature': sha1 },
      { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}`, 'x-hub-signature': sha1 },
      { 'x-hub-signature-256': sha256.replace('sha256=', '') },
      { 'x-hub-signature-256': sha256.replace('sha256=', 'sha1=') },
      { 'x-hub-signature-256': `${sha256}, sha256=${'0'.repeat(64)}` },
    ];
    for (const headers of refused) expect((await postDelivery(stage, 'check_run', body, headers)).status).toBe(401);
    // One byte more than was signed.
    expect((await postDelivery(stage, 'check_run', `${body} `, { 'x-hub-signature-256': sha256 })).status).toBe(401);
    await stage.settle();
    expect(jobOf(stage, runId)?.status).toBe('waiting');

    expect((await postDelivery(stage, 'check_run', body)).status).toBe(200);
    await stage.settle();
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
  });
});
