import { afterEach, describe, expect, test } from 'vitest';
import { systemFiles } from '../../app/env-files.ts';
import { readEnv } from '../../app/env.ts';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { postDelivery, signature } from '../support/post-delivery.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** What Probot signs and verifies with when nobody sets a secret: everybody knows it. */
const WELL_KNOWN = 'development';

describe('C57 forged webhook, default secret', () => {
  let stage: Stage;

  afterEach(async () => {
    await stage.close();
  });

  test('a click of dave that somebody forged with a known secret is turned away, and the real one counts', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    const { webhooks } = stage.sandbox;
    // Exactly what GitHub would send, kept from arriving.
    const letThrough = webhooks.drop((delivery) => delivery.action === 'requested_action');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    letThrough();
    const real = webhooks.deliveries.findLast((delivery) => delivery.action === 'requested_action');
    const body = real?.body ?? '';
    expect(jobOf(stage, runId)?.status).toBe('waiting');

    for (const secret of [WELL_KNOWN, '', 'undefined', 'null']) {
      const headers = { 'x-hub-signature-256': signature(body, secret) };
      expect((await postDelivery(stage, 'check_run', body, headers)).status).toBe(401);
    }
    await stage.settle();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(stage.sandbox.effectiveReleases).toEqual([]);

    expect(await postDelivery(stage, 'check_run', body)).toEqual({ status: 200, body: { status: 'stored' } });
    await stage.settle();
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
  });
});

describe('C57 a start without a secret of its own', () => {
  const line = (secret: string | undefined): string => {
    const env = { APP_ID: '1', PRIVATE_KEY: 'x', ...(secret === undefined ? {} : { WEBHOOK_SECRET: secret }) };
    const reading = readEnv(env, systemFiles);
    return reading.ok ? 'started' : reading.line;
  };

  test.each([undefined, '', WELL_KNOWN, 'short'])('is refused with WEBHOOK_SECRET=%s', (secret) => {
    expect(line(secret)).toContain('WEBHOOK_SECRET');
  });

  test('is not refused for a secret of its own (another variable is named then)', () => {
    expect(line('a long random secret of the operator')).not.toContain('WEBHOOK_SECRET');
  });
});
