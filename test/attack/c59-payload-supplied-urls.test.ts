import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { postDelivery } from '../support/post-delivery.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;
/** Somebody else's machine, where our token must never arrive. */
let foreign: Server;
let visitors: string[];

beforeEach(async () => {
  visitors = [];
  foreign = createServer((request, response) => {
    visitors.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  foreign.close();
  await stage.close();
});

/** The protection rule's delivery of a run that nobody has told us about yet, to be changed. */
async function untold(): Promise<{ readonly runId: number; readonly sha: string; readonly body: string }> {
  const letThrough = stage.sandbox.webhooks.drop(() => true);
  const held = await heldDeployment(stage);
  letThrough();
  const asked = stage.sandbox.webhooks.deliveries.findLast(({ event }) => event === 'deployment_protection_rule');
  return { ...held, body: asked?.body ?? '' };
}

describe('C59 payload-supplied URLs', () => {
  test('a callback on a foreign host is never called: the run is read and answered at the configured address', async () => {
    stage = await openStage();
    const address = foreign.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    const { runId, sha, body } = await untold();
    const forged = body.replaceAll(stage.sandbox.url, `http://127.0.0.1:${address.port}`);
    expect(forged).toContain(`127.0.0.1:${address.port}/api/v3/repos/acme/shop/actions/runs/${runId}/`);
    await postDelivery(stage, 'deployment_protection_rule', forged);
    await stage.settle();
    expect(stage.check(sha, PRODUCTION_CHECK)?.conclusion).toBe('action_required');

    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
    expect(visitors).toEqual([]);
  });

  test("a callback that names another repository's run leads nowhere, under its name or under ours", async () => {
    stage = await openStage();
    const { sandbox } = stage;
    sandbox.repo('acme/other', { files: { 'a.txt': 'a' }, by: 'alice' });
    const other = await sandbox
      .as('alice')
      .dispatch('acme/other', { name: 'deploy', jobs: [{ name: 'deploy', manual: true }] });
    const { runId, sha, body } = await untold();
    const before = sandbox.requests.length;
    const asked = `repos/acme/shop/actions/runs/${runId}/`;
    await postDelivery(
      stage,
      'deployment_protection_rule',
      body.replace(asked, `repos/acme/other/actions/runs/${other.id}/`),
    );
    await stage.settle();
    expect(sandbox.requests.slice(before)).toEqual([]);
    await postDelivery(
      stage,
      'deployment_protection_rule',
      body.replace(asked, `repos/acme/shop/actions/runs/${other.id}/`),
    );
    await stage.settle();
    const answers = sandbox.requests.filter((request) => request.path.endsWith('/deployment_protection_rule'));
    expect(answers).toEqual([]);
    expect(kindsOf(stage)).not.toContain('requested');
    expect(jobOf(stage, runId)?.status).toBe('waiting');

    await postDelivery(stage, 'deployment_protection_rule', body);
    await stage.settle();
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(sandbox.runState(runId).conclusion).toBe('success');
  });
});
