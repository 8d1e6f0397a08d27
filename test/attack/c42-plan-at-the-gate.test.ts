import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateRun, GateStage } from '../support/gate-stage.ts';
import { heldDeployment } from '../support/held-deployment.ts';
import { PRODUCTION_CHECK } from '../support/stage.ts';
import { PLAN_AND_DEPLOY, planOf, propose } from '../support/telling-the-app.ts';

const PLAN = 'the plan that dave read\n';

let world: GateStage;
let run: GateRun;

beforeAll(async () => {
  world = await openGateStage();
  run = await heldDeployment(world.stage, PLAN_AND_DEPLOY);
  const sha256 = createHash('sha256').update(PLAN).digest('hex');
  const subjects = [{ kind: 'plan' as const, name: 'infra/tf.plan', sha256 }];
  await propose(world.stage, run.runId, 'plan', planOf('0', { subjects }));
  await world.stage.press('dave', run.sha, PRODUCTION_CHECK, 'Approve');
  for (const [path, text] of [
    ['infra/tf.plan', PLAN],
    ['infra/again.plan', `${PLAN}and the database\n`],
    ['other/tf.plan', PLAN],
  ] as const) {
    mkdirSync(join(world.workspace, path, '..'), { recursive: true });
    writeFileSync(join(world.workspace, path), text);
  }
});

afterAll(async () => {
  await world.close();
});

describe('C42 the approved plan is not the plan that is applied', () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['the very file', { 'working-directory': 'infra', plan: 'tf.plan' }, 'gate-passed'],
    ['the very file by its whole path', { plan: 'infra/tf.plan' }, 'gate-passed'],
    ['another plan', { 'working-directory': 'infra', plan: 'again.plan' }, 'subject-not-approved'],
    ['the same bytes in another directory', { 'working-directory': 'other', plan: 'tf.plan' }, 'subject-elsewhere'],
    ['the plan as a mere artifact', { artifacts: 'infra/tf.plan' }, 'subject-not-approved'],
    ['a command that nobody saw', { plan: 'infra/tf.plan', command: 'make destroy' }, 'subject-not-approved'],
    ['no word about a plan', {}, 'subjects-not-named'],
  ])('the gate of a job with %s', async (_, inputs, code) => {
    expect((await world.gate(run, { inputs })).code).toBe(code);
  });

  test('a plan that is made again after the approval is stopped, and both digests are told', async () => {
    writeFileSync(join(world.workspace, 'infra/tf.plan'), `${PLAN}made again\n`);
    const said = await world.gate(run, { inputs: { plan: 'infra/tf.plan' } });
    expect(said).toMatchObject({ passed: false, code: 'subject-differs', reviewers: ['dave'] });
    writeFileSync(join(world.workspace, 'infra/tf.plan'), PLAN);
  });
});
