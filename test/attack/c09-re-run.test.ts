import { afterEach, describe, expect, test } from 'vitest';
import { refusals, releasedBy } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** `actor` stays the first starter of a run for ever; whoever starts it again is only `triggering_actor`, of that attempt. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const press = async (by: string): Promise<void> =>
  stage.press(by, stage.sandbox.branchHead(stage.repo, 'main') ?? '', PRODUCTION_CHECK, 'Approve');
const releases = (): number => stage.sandbox.effectiveReleases.length;

/** Carol starts it, everybody else in `by` starts it again after it was cancelled. */
async function startedBy(...by: readonly string[]): Promise<number> {
  stage = await openStage({ people: ['alice', 'bob', 'carol', 'dave', 'erin'] });
  const run = await stage.deploy('carol');
  for (const login of by) {
    await stage.sandbox.as(login).cancel(run);
    await stage.settle();
    await stage.sandbox.as(login).rerun(run);
    await stage.settle();
  }
  return run;
}

describe('C9 run initiator by way of a re-run', () => {
  test('on the second attempt both who started it and who started it again are refused', async () => {
    await startedBy('bob');
    await press('carol');
    await press('bob');
    expect(releases()).toBe(0);
    expect(refusals(stage)).toEqual(['carol reviewer-is-party: dispatcher', 'bob reviewer-is-party: re-runner']);
  });

  test('on the third attempt the starters of all three are refused', async () => {
    await startedBy('bob', 'dave');
    for (const login of ['carol', 'bob', 'dave']) await press(login);
    expect(releases()).toBe(0);
    expect(refusals(stage)).toEqual([
      'carol reviewer-is-party: dispatcher',
      'bob reviewer-is-party: re-runner',
      'dave reviewer-is-party: re-runner',
    ]);
  });

  test('an approval of the first attempt releases nothing of the second', async () => {
    stage = await openStage();
    const run = await stage.deploy('carol');
    await press('dave');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    await stage.sandbox.as('bob').rerun(run);
    await stage.settle();
    expect(releases()).toBe(1);
    expect(stage.sandbox.runState(run).status).not.toBe('completed');
    await press('bob');
    expect(releases()).toBe(1);
  });

  test('honest: somebody who started none of the attempts releases the third', async () => {
    const run = await startedBy('bob', 'dave');
    await press('erin');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['erin']);
  });
});
