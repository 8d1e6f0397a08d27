import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateRun, GateStage } from '../support/gate-stage.ts';

/** The gate of a job that the App let go, against the sandbox: one world, one release, every way to look at it. */

let world: GateStage;
let run: GateRun;

beforeAll(async () => {
  world = await openGateStage();
  run = await world.released();
});

afterAll(async () => {
  await world.close();
});

describe('the gate of a released job', () => {
  test('passes and says who countersigned which commit by which record', async () => {
    const said = await world.gate(run);
    expect(said).toMatchObject({ passed: true, code: 'gate-passed', decision: 'release', reviewers: ['dave'] });
  });
});
