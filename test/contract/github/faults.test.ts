import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createGitHubGatekeeper } from '../../../adapters/github/github-gatekeeper.ts';
import { GateError } from '../../../core/errors.ts';
import type { Fault } from '../../../sandbox/sandbox.ts';
import { errorOf } from './fake-forge.ts';
import { buildWorld, policyRead, problemsOf, reads, REPO, writes } from './sandbox-world.ts';
import type { Call, World } from './sandbox-world.ts';

// C113: every call of every method with every failure; none may read like an answer.

let world: World;

beforeAll(async () => {
  world = await buildWorld();
});

afterEach(() => {
  world.sandbox.faults.clear();
});

afterAll(async () => {
  await world.sandbox.close();
});

const limited = { message: 'You have exceeded a secondary rate limit.' };

const failures: readonly { readonly name: string; readonly does: Fault['do']; readonly code: RegExp }[] = [
  { name: 'a 500', does: { status: 500, body: { message: 'x' } }, code: /^ERR_FORGE_UNAVAILABLE$/ },
  { name: 'a 503 page', does: { status: 503, body: '<html>' }, code: /^ERR_FORGE_UNAVAILABLE$/ },
  { name: 'a rate limit', does: { status: 403, body: limited }, code: /^ERR_FORGE_RATE_LIMITED$/ },
  {
    name: 'a missing permission',
    does: { status: 403, body: { message: 'Resource not accessible by integration' } },
    code: /^ERR_FORGE_FORBIDDEN$/,
  },
  {
    name: 'an answer of another shape',
    does: { status: 200, body: { hello: 'world' } },
    code: /^ERR_FORGE_(SHAPE|UNAVAILABLE)$/,
  },
  { name: 'an empty answer', does: { status: 200, body: '' }, code: /^ERR_FORGE_(SHAPE|UNAVAILABLE)$/ },
  { name: 'a dropped connection', does: 'drop', code: /^ERR_FORGE_UNAVAILABLE$/ },
  { name: 'a truncated body', does: 'truncate', code: /^ERR_FORGE_UNAVAILABLE$/ },
];

/** Routes that a call really uses, from the log of one good run. */
async function routesOf(call: Call): Promise<readonly string[]> {
  const before = world.sandbox.requests.length;
  await call.run(world);
  const routes = world.sandbox.requests.slice(before).map(({ route, operation }) => operation ?? route);
  return [...new Set(routes)].filter((route) => !route.includes('access_tokens'));
}

test.each([...reads, ...writes])('$name: every failure of every call of it is an error', async (call) => {
  // Once more, so that tokens are there and the log shows the method's own calls.
  await call.run(world);
  const routes = await routesOf(call);
  expect(routes.length).toBeGreaterThan(0);
  for (const route of routes) {
    for (const { name, does, code } of failures) {
      const remove = world.sandbox.faults.add({ path: route, when: 'before', times: 3, do: does });
      const error = await errorOf(call.run(world));
      expect({ route, name, isExpected: code.test(error.code), code: error.code }).toMatchObject({ isExpected: true });
      remove();
    }
  }
});

test('policy.read: every failure is "unreadable", never "absent"', async () => {
  const routes = await routesOf(policyRead);
  expect(routes).toHaveLength(3);
  for (const route of routes) {
    for (const { name, does } of failures) {
      const remove = world.sandbox.faults.add({ path: route, when: 'before', times: 3, do: does });
      expect({ route, name, ...(await kindOf(policyRead)) }).toEqual({ route, name, kind: 'unreadable' });
      remove();
    }
  }
});

async function kindOf(call: Call): Promise<{ readonly kind: unknown }> {
  const answer = await call.run(world);
  return { kind: typeof answer === 'object' && answer !== null && 'kind' in answer ? answer.kind : answer };
}

const WRITE_ROUTES = [
  ['reportDeployment', 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule'],
  ['putCheck', 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}'],
  ['requestReviewers', 'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers'],
  ['comment', 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'],
] as const;

test.each(WRITE_ROUTES)('%s whose reply is lost may have had an effect and is sent once', async (name, route) => {
  const call = writes.find((each) => each.name === name);
  await call?.run(world);
  for (const does of ['drop', 'truncate', { status: 502 }] as const) {
    world.sandbox.faults.clear();
    world.sandbox.faults.add({ path: route, when: 'after', times: 3, do: does });
    const before = world.sandbox.requests.length;
    expect(await errorOf(call?.run(world) ?? Promise.resolve())).toMatchObject({
      code: 'ERR_FORGE_UNAVAILABLE',
      effect: 'unknown',
    });
    expect(world.sandbox.requests.slice(before).filter((request) => request.route === route)).toHaveLength(1);
  }
});

test.each([
  ['before it took effect', 'before', 0],
  ['after it took effect', 'after', 1],
] as const)('an answer to a gate that is lost %s is unknown and is sent once', async (_name, when, releases) => {
  const { sandbox, client, ref } = world;
  sandbox.environment(REPO, 'staging', { customRule: 'countersign' });
  const { id } = await sandbox
    .as('pat')
    .dispatch(REPO, { name: 'stage', jobs: [{ name: 'deploy', environment: 'staging' }] }, { ref: 'topic' });
  sandbox.faults.add({ path: WRITE_ROUTES[0][1], when, times: 3, do: 'drop' });
  const outcome = await createGitHubGatekeeper(client).answerDeployment(ref, id, 'staging', 'approved', '');
  expect(outcome).toMatchObject({ kind: 'unknown' });
  expect(sandbox.effectiveReleases.filter(({ runId }) => runId === id)).toHaveLength(releases);
  expect(sandbox.requests.filter((request) => request.path.includes(`/${id}/deployment_protection_rule`))).toHaveLength(
    1,
  );
});

test('a read that fails twice and then works is a value', async () => {
  world.sandbox.faults.add({ path: 'GET /repos/{owner}/{repo}', when: 'before', times: 2, do: { status: 502 } });
  expect(await reads[0]?.run(world)).toMatchObject({ defaultBranch: 'main' });
});

test('without a token nothing is asked and nothing is answered', async () => {
  const other = await buildWorld();
  other.sandbox.suspend(other.ref.installationId, true);
  for (const { name, run } of [...reads.filter((each) => !each.name.startsWith('read')), ...writes]) {
    const error = await run(other).then(
      (value) => value,
      (thrown: unknown) => thrown,
    );
    expect(`${name}: ${error instanceof GateError ? error.code : 'a value'}`).toBe(`${name}: ERR_FORGE_FORBIDDEN`);
  }
  await other.sandbox.close();
});

test('what was sent meanwhile is as GitHub publishes it', () => {
  expect(problemsOf(world)).toEqual([]);
});
