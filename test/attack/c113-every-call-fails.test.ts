import { afterEach, describe, expect, test } from 'vitest';
import type { Fault, LoggedRequest } from '../../sandbox/sandbox.ts';
import { heldDeployment } from '../support/held-deployment.ts';
import { quickTimer } from '../support/quick-timer.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/**
 * Generated: every call to GitHub of a deployment that is held and then released fails, one after the other, in every way.
 * `close` checks that an authorisation was on the branch before every answer, and that the log verifies.
 */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const HOUR_MS = 60 * 60_000;
const RETRY_MS = 20_000;
const ANSWER = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule';
/** As often as the client tries a read. */
const TRIES = 3;

const KINDS = {
  'a server error': { status: 500, body: { message: 'Server Error' } },
  'a rate limit': { status: 403, headers: { 'retry-after': '10' }, body: { message: 'secondary rate limit' } },
  'malformed JSON': 'garble',
  'a dropped connection': 'drop',
  'a truncated body': 'truncate',
} as const satisfies Record<string, Fault['do']>;
type Kind = keyof typeof KINDS;
const kinds = Object.keys(KINDS).filter((name): name is Kind => name in KINDS);

/** One request of the undisturbed run: the n-th of its route. */
interface Call {
  readonly route: string;
  readonly nth: number;
  readonly writes: boolean;
}

interface Disturbance {
  readonly call: Call;
  readonly kind: Kind;
  readonly when: Fault['when'];
}

function callsIn(requests: readonly LoggedRequest[]): readonly Call[] {
  const seen = new Map<string, number>();
  return requests.map(({ route, method, mutation }) => {
    const nth = (seen.get(route) ?? 0) + 1;
    seen.set(route, nth);
    return { route, nth, writes: mutation ?? (method !== 'GET' && !route.endsWith('/access_tokens')) };
  });
}

const releasesOf = (run: number) => stage.sandbox.effectiveReleases.filter(({ runId }) => runId === run);

/** Presses the button, if there is one yet. */
async function click(sha: string): Promise<void> {
  const check = stage.check(sha, PRODUCTION_CHECK);
  const approve = check?.actions.find(({ label }) => label === 'Approve');
  if (check !== undefined && approve !== undefined) {
    await stage.sandbox.as('dave').clickCheckAction(stage.repo, check.id, approve.identifier);
  }
  await stage.settle();
}

function disturb({ call, kind, when }: Disturbance): void {
  const path = call.route.startsWith('graphql ') ? call.route.slice('graphql '.length) : call.route;
  if (call.nth > 1) stage.sandbox.faults.add({ path, when, times: call.nth - 1, do: async () => {} });
  stage.sandbox.faults.add({ path, when, times: call.writes ? 1 : TRIES, do: KINDS[kind] });
}

/** One deployment with one thing going wrong. */
async function deployDisturbed(disturbance: Disturbance): Promise<void> {
  const told = `${disturbance.call.route} (${disturbance.call.nth}): ${disturbance.kind}, ${disturbance.when}`;
  // Tokens are asked for again only when the old ones have ended.
  if (disturbance.call.route.endsWith('/access_tokens')) stage.sandbox.clock.advance(HOUR_MS);
  const from = stage.sandbox.requests.length;
  disturb(disturbance);
  const { runId: run, sha } = await heldDeployment(stage);
  expect(releasesOf(run), told).toEqual([]);
  await click(sha);
  stage.sandbox.faults.clear();
  const hit = stage.sandbox.requests.slice(from).filter(({ route }) => route === disturbance.call.route).length;
  expect(hit, told).toBeGreaterThanOrEqual(disturbance.call.nth);
  for (let round = 0; round < 4 && stage.sandbox.runState(run).status !== 'completed'; round += 1) {
    stage.sandbox.clock.advance(RETRY_MS);
    await stage.app().sweep();
    await stage.settle();
    // The click may have been made while there was no button, or on a request made without a policy.
    if (round > 0 && releasesOf(run).length === 0) await click(sha);
  }
  expect(releasesOf(run), told).toHaveLength(1);
  expect(stage.sandbox.runState(run).conclusion, told).toBe('success');
}

/** Every call in one way each, in rotation; the calls between the click and the answer in every way. */
function disturbances(held: readonly LoggedRequest[], decided: readonly LoggedRequest[]): readonly Disturbance[] {
  const calls = callsIn([...held, ...decided]);
  const inEveryWay = new Set(decided.map(({ route }) => route));
  const rotated = calls.flatMap((call, index): readonly Disturbance[] => {
    const kind = kinds[index % kinds.length] ?? 'a server error';
    const before = { call, kind, when: 'before' } as const;
    return call.nth === 1 && inEveryWay.has(call.route) ? [] : call.nth > 3 ? [] : [before];
  });
  const decisive = [...inEveryWay].flatMap((route): readonly Disturbance[] => {
    const call = calls.findLast((each) => each.route === route);
    if (call === undefined) return [];
    return kinds.flatMap((kind): readonly Disturbance[] =>
      call.writes
        ? [
            { call, kind, when: 'before' },
            { call, kind, when: 'after' },
          ]
        : [{ call: { ...call, nth: 1 }, kind, when: 'before' }],
    );
  });
  return [...rotated, ...decisive];
}

describe('C113 error path approves', () => {
  test('whatever call fails in whatever way, nothing is released but by a full decision, and then exactly once', async () => {
    stage = await openStage({ start: quickTimer });
    const { requests } = stage.sandbox;
    // Once before, for what is asked only the first time; then, when the tokens have ended, what every deployment asks.
    await click((await heldDeployment(stage)).sha);
    stage.sandbox.clock.advance(HOUR_MS);
    const from = requests.length;
    const { sha } = await heldDeployment(stage);
    const clicked = requests.length;
    await click(sha);
    const answered = requests.findLastIndex(({ route, body }) => route === ANSWER && body !== undefined);
    expect(stage.sandbox.effectiveReleases).toHaveLength(2);

    const all = disturbances(requests.slice(from, clicked), requests.slice(clicked, answered + 1));
    expect(all.length).toBeGreaterThan(60);
    for (const disturbance of all) await deployDisturbed(disturbance);
    expect(stage.sandbox.effectiveReleases).toHaveLength(all.length + 2);
  }, 240_000);
});
