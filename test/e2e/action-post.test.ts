import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateRun, GateStage } from '../support/gate-stage.ts';
import { recordsOf } from '../support/reviewing.ts';
import { runAction } from '../support/runner/run-action.ts';
import type { ActionRun, Permissions } from '../support/runner/run-action.ts';
import { appUrl } from '../support/telling-the-app.ts';

let world: GateStage;
let run: GateRun;

beforeAll(async () => {
  world = await openGateStage();
  await world.trust(`  keys: ['${world.key}']\n  app-url: ${appUrl(world.stage)}`);
});
beforeEach(async () => {
  run = await world.released();
});
afterAll(() => world.close());

function step(permissions: Permissions, after?: { readonly main: ActionRun; readonly status: 'success' | 'failure' }) {
  const { stage, workspace } = world;
  return runAction({
    sandbox: stage.sandbox,
    repo: stage.repo,
    runId: run.runId,
    job: 'deploy',
    inputs: { environment: 'production', 'wait-seconds': '0' },
    workspace,
    permissions,
    ...(after === undefined ? {} : { post: after.main, jobStatus: after.status }),
  });
}

async function finish(outcome: 'success' | 'failure'): Promise<unknown> {
  await world.stage.sandbox.finishJob(run.runId, 'deploy', outcome);
  await world.stage.settle();
  return recordsOf(world.stage, 'outcome').at(-1);
}

describe('the post step of a gate, on a runner', () => {
  test('tells the App how the job ended, and its record says so beside what GitHub says', async () => {
    const permissions = { contents: 'read', 'id-token': 'write' } as const;
    const main = await step(permissions);
    expect(main).toMatchObject({ exitCode: 0, annotations: [] });
    const post = await step(permissions, { main, status: 'success' });
    expect(post).toMatchObject({ exitCode: 0, annotations: [], stderr: '' });
    // Both the credential for tokens and the token are hidden.
    expect(post.masks.length).toBeGreaterThanOrEqual(2);
    expect(await finish('failure')).toMatchObject({
      conclusion: 'failure',
      gate: { runId: run.runId },
      reported: { result: 'success' },
    });
  });

  test('fails no job: without a token of the job GitHub alone is believed, and a lost App is a warning', async () => {
    const main = await step({ contents: 'read' });
    expect(await step({ contents: 'read' }, { main, status: 'failure' })).toMatchObject({
      exitCode: 0,
      annotations: [],
    });

    const gate = { ...JSON.parse(main.state['gate'] ?? '{}'), appUrl: world.stage.sandbox.url };
    const lost = { ...main, state: { ...main.state, gate: JSON.stringify(gate) } };
    const post = await step({ contents: 'read', 'id-token': 'write' }, { main: lost, status: 'failure' });
    expect(post.exitCode).toBe(0);
    expect(post.annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('does not answer as') },
    ]);
    expect(await finish('failure')).not.toHaveProperty('reported');
  });
});
