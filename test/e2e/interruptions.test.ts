import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GateError } from '../../core/errors.ts';
import { interruptible, never } from '../support/interruptions.ts';
import type { Interruption, PortCall } from '../support/interruptions.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/**
 * The release protocol (docs/design.md 4.2) with something going wrong at every single call that it makes, one after the other:
 * power cut, error and lost reply, before and after the effect, and the run cancelled and started again in between.
 * Whatever happens: at most one effective release for each authorisation, none for another attempt, and a log that
 * verifies and says what really happened.
 */

let stage: Stage;
let sha = '';
let interrupt: Interruption = async (_call, proceed) => proceed();

const wrapPorts = interruptible((call, proceed) => interrupt(call, proceed));

beforeEach(async () => {
  interrupt = async (_call, proceed) => proceed();
  stage = await openStage({ start: { wrapPorts } });
  const pull = await agentPullRequest(stage);
  await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'APPROVED' });
  await stage.settle();
  sha = (await stage.sandbox.as('bob').merge(stage.repo, pull.number)).sha;
  await stage.settle();
}, 60_000);

afterEach(async () => {
  await stage.close();
});

const kindsOf = (runId: number): readonly string[] =>
  stage
    .records()
    .filter((record) => isOfRun(record['gate'], runId))
    .map((record) => record.kind);

function isOfRun(gate: unknown, runId: number): boolean {
  return typeof gate === 'object' && gate !== null && 'runId' in gate && gate.runId === runId;
}

const releasesOf = (runId: number) => stage.sandbox.effectiveReleases.filter((release) => release.runId === runId);

/** The calls that one undisturbed release makes, from the click on. */
async function callsOfARelease(): Promise<readonly PortCall[]> {
  const run = await stage.deploy('carol');
  const calls: PortCall[] = [];
  interrupt = async (call, proceed) => {
    calls.push(call);
    return proceed();
  };
  await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
  interrupt = async (_call, proceed) => proceed();
  expect(stage.sandbox.runState(run).conclusion).toBe('success');
  expect(calls.some((call) => call.name === 'gatekeeper.answerDeployment')).toBe(true);
  return calls;
}

/** Interrupts only the `position`-th call after the click, whatever it is by then. */
function at(position: number, act: Interruption): { readonly happened: () => boolean } {
  let count = 0;
  let done = false;
  interrupt = async (call, proceed) => {
    count += 1;
    if (count !== position) return proceed();
    done = true;
    return act(call, proceed);
  };
  return { happened: () => done };
}

async function press(): Promise<void> {
  const found = stage.check(sha, PRODUCTION_CHECK);
  const action = found?.actions.find((each) => each.label === 'Approve');
  if (found === undefined || action === undefined) throw new Error('no Approve button');
  await stage.sandbox.as('dave').clickCheckAction(stage.repo, found.id, action.identifier);
}

/** Done: the job went on, the log says so, and nothing is open. */
const isTold = (runId: number) => (): boolean =>
  stage.sandbox.runState(runId).conclusion === 'success' && kindsOf(runId).includes('outcome');

function expectOneRelease(run: number, told: string): void {
  const kinds = kindsOf(run);
  expect(releasesOf(run), `${told}: ${kinds.join(', ')}`).toHaveLength(1);
  expect(stage.sandbox.runState(run).conclusion, told).toBe('success');
  expect(
    kinds.filter((kind) => kind === 'released'),
    told,
  ).toHaveLength(1);
  // An authorisation that was not used is undone before the next one.
  expect(
    kinds.filter((kind) => kind === 'authorised').length - kinds.filter((kind) => kind === 'void').length,
    told,
  ).toBe(1);
}

describe('power is cut', () => {
  test('after every write of a release: one release, and the log tells it', async () => {
    // What comes between two writes changes nothing, so a cut there is the cut after the first of them.
    const writes = (await callsOfARelease()).filter((call) => call.write);
    expect(writes.length).toBeGreaterThan(10);
    for (const [index, call] of writes.entries()) {
      const run = await stage.deploy('carol');
      const cut = Promise.withResolvers<void>();
      let dead = false;
      let count = 0;
      interrupt = async ({ write }, proceed) => {
        if (dead) return never();
        if (write) count += 1;
        if (!write || count !== index + 1) return proceed();
        dead = true;
        await proceed();
        cut.resolve();
        return never();
      };
      await press();
      // A release may need a write less than the first one did (nothing new to remember): then nothing is cut.
      await Promise.race([cut.promise, stage.settle()]);
      interrupt = async (_call, proceed) => proceed();
      await stage.restart();
      await stage.settle();
      await stage.settleRetries(isTold(run));
      expectOneRelease(run, `after write ${index + 1}, ${call.name}`);
    }
  }, 120_000);
});

describe('a reply is lost', () => {
  test('at every kind of call and every write of a release, before or after its effect: one release, and the log tells it', async () => {
    const calls = await callsOfARelease();
    const firsts = new Set(calls.map(({ name }) => name).map((name) => calls.findIndex((call) => call.name === name)));
    for (const [index, call] of calls.entries()) {
      const outside = /^(gatekeeper|log)\./.test(call.name);
      if (!firsts.has(index) && !outside) continue;
      for (const when of outside ? (['before', 'after'] as const) : (['before'] as const)) {
        const run = await stage.deploy('carol');
        const lost = at(index + 1, async (_call, proceed) => {
          if (when === 'after') await proceed();
          // The port's own word for it; every other call throws.
          if (call.name === 'gatekeeper.answerDeployment') return { kind: 'unknown', detail: 'reply lost' };
          throw new GateError('ERR_FORGE_UNAVAILABLE', 'reply lost', { effect: 'unknown' });
        });
        await press();
        await stage.settle();
        expect(lost.happened()).toBe(true);
        interrupt = async (_call, proceed) => proceed();
        await stage.settleRetries(isTold(run));
        expectOneRelease(run, `${when} call ${index + 1}, ${call.name}`);
      }
    }
  }, 120_000);
});

describe('the run is cancelled and started again', () => {
  test('before every call of a release: nothing is released for the other attempt, and what slips through is said', async () => {
    const calls = await callsOfARelease();
    const answerAt = calls.findIndex((call) => call.name === 'gatekeeper.answerDeployment');
    for (const [index, call] of calls.entries()) {
      // Reads of our own store see nothing of the world: the look before them stands for them.
      if (index > answerAt || (!call.write && call.name.startsWith('documents.'))) continue;
      const run = await stage.deploy('carol');
      at(index + 1, async (_call, proceed) => {
        await stage.sandbox.as('carol').cancel(run);
        await stage.sandbox.as('carol').rerun(run);
        return proceed();
      });
      await press();
      await stage.settle();
      interrupt = async (_call, proceed) => proceed();
      const told = `before call ${index + 1}, ${call.name}: ${kindsOf(run).join(', ')}`;
      const other = releasesOf(run).filter((release) => release.attempt === 2);
      if (kindsOf(run).includes('misapplied')) {
        // The moment between the last look and GitHub's taking of the answer: detected, said and cancelled.
        expect(isLate(call, answerAt, index), told).toBe(true);
        continue;
      }
      expect(other, told).toHaveLength(0);
      expect(stage.sandbox.runState(run).jobs.find((job) => job.attempt === 2)?.status, told).toBe('waiting');
    }
  }, 120_000);
});

/** Only what comes after the last look at the run can slip through: the note that the answer goes out, and the answer. */
function isLate(call: PortCall, answerAt: number, index: number): boolean {
  return (
    index === answerAt || (index >= answerAt - 3 && call.name !== 'forge.run' && call.name !== 'forge.waitingJobs')
  );
}
