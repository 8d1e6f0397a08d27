import { afterEach, beforeEach, expect, test } from 'vitest';

import type { WorkflowSpec } from '../../../sandbox/sandbox.ts';
import { at, call, graphql, listAt, openShop, tokenFor, type Shop } from './sandbox-client.ts';

const DEPLOY: WorkflowSpec = {
  name: 'Deploy',
  jobs: [{ name: 'build' }, { name: 'deploy', environment: 'Production', needs: ['build'] }],
};

const SHOP = '/repos/acme/shop';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
});

afterEach(() => shop.sandbox.close());

async function answer(runId: number, body: Readonly<Record<string, unknown>>): Promise<number> {
  const path = `${SHOP}/actions/runs/${runId}/deployment_protection_rule`;
  const reply = await call(shop.sandbox, 'POST', path, { token: shop.token, body });
  return reply.status;
}

const approve = (runId: number): Promise<number> =>
  answer(runId, { environment_name: 'production', state: 'approved', comment: 'ok' });

test('a job on a guarded environment waits, and an answer of the App lets it go', async () => {
  const { sandbox, token } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  expect(sandbox.runState(run.id)).toMatchObject({ status: 'waiting', attempt: 1 });

  const { body } = await call(sandbox, 'GET', `${SHOP}/actions/runs?status=waiting`, { token });
  expect(listAt(body, 'workflow_runs').map((item) => at(item, 'id'))).toEqual([run.id]);
  const pending = await call(sandbox, 'GET', `${SHOP}/actions/runs/${run.id}/pending_deployments`, { token });
  expect(at(pending.body, 0, 'environment', 'name')).toBe('production');
  expect(at(pending.body, 0, 'current_user_can_approve')).toBe(true);

  expect(await approve(run.id)).toBe(204);
  expect(sandbox.runState(run.id)).toMatchObject({ status: 'completed', conclusion: 'success' });
  const request = sandbox.requests.findLast((entry) => entry.method === 'POST')?.n;
  expect(sandbox.effectiveReleases).toEqual([
    { runId: run.id, attempt: 1, environment: 'production', jobs: ['deploy'], request },
  ]);
});

test('REST jobs name no environment; the GraphQL check run names the one it waits on', async () => {
  const { sandbox, token } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  const jobs = await call(sandbox, 'GET', `${SHOP}/actions/runs/${run.id}/jobs`, { token });
  expect(JSON.stringify(jobs.body)).not.toMatch(/environment|production/i);
  const shown = await call(sandbox, 'GET', `${SHOP}/actions/runs/${run.id}`, { token });
  const query = `query($id: ID!) { node(id: $id) { ... on WorkflowRun { checkSuite { checkRuns(first: 10) {
    nodes { databaseId name status pendingDeploymentRequest { environment { name databaseId } currentUserCanApprove } } } } } } }`;
  const data = await graphql(sandbox, token, query, { id: at(shown.body, 'node_id') });
  const nodes = listAt(data, 'data', 'node', 'checkSuite', 'checkRuns', 'nodes');
  expect(nodes.map((node) => [at(node, 'name'), at(node, 'pendingDeploymentRequest', 'environment', 'name')])).toEqual([
    ['build', undefined],
    ['deploy', 'production'],
  ]);
  expect(at(nodes[1], 'databaseId')).toBe(at(jobs.body, 'jobs', 1, 'id'));
  expect(sandbox.violations).toEqual([]);
});

test('a rejection fails the waiting job and is final', async () => {
  const { sandbox } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  expect(await answer(run.id, { environment_name: 'production', state: 'rejected', comment: 'no' })).toBe(204);
  expect(sandbox.runState(run.id)).toMatchObject({ status: 'completed', conclusion: 'failure' });
  expect(await approve(run.id)).toBe(422);
  expect(sandbox.effectiveReleases).toEqual([]);
});

test('a status report decides nothing, is short, and there are ten of them', async () => {
  const { sandbox } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  expect(await answer(run.id, { environment_name: 'production', comment: 'x'.repeat(1025) })).toBe(422);
  for (let count = 0; count < 10; count += 1) {
    expect(await answer(run.id, { environment_name: 'production', comment: `report ${count}` })).toBe(204);
  }
  expect(await answer(run.id, { environment_name: 'production', comment: 'one more' })).toBe(422);
  expect(sandbox.runState(run.id).status).toBe('waiting');
  expect(sandbox.runState(run.id).reports).toHaveLength(10);
});

test('a bad state is a bad body, not a report', async () => {
  const { sandbox } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  expect(await answer(run.id, { environment_name: 'production', state: 'maybe', comment: 'x' })).toBe(422);
  expect(sandbox.violations).toHaveLength(1);
});

test('parallel jobs are released together, a later job on the same environment asks again', async () => {
  const { sandbox } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', {
    name: 'Matrix',
    jobs: [
      { name: 'a', environment: 'production' },
      { name: 'b', environment: 'production' },
      { name: 'late', environment: 'production', needs: ['a', 'b'] },
    ],
  });
  expect(await approve(run.id)).toBe(204);
  expect(sandbox.effectiveReleases.map((release) => release.jobs)).toEqual([['a', 'b']]);
  expect(sandbox.runState(run.id).jobs.map((job) => [job.name, job.status])).toEqual([
    ['a', 'completed'],
    ['b', 'completed'],
    ['late', 'waiting'],
  ]);
  expect(await approve(run.id)).toBe(204);
  expect(sandbox.effectiveReleases.map((release) => release.jobs)).toEqual([['a', 'b'], ['late']]);
  expect(sandbox.runState(run.id).conclusion).toBe('success');
});

test('a re-run keeps run and actor, shows who pressed it, and asks again', async () => {
  const { sandbox, token } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  await expect(sandbox.as('bob').rerun(run.id)).rejects.toThrow('already running');
  await approve(run.id);
  await sandbox.as('bob').rerun(run.id);
  const { body } = await call(sandbox, 'GET', `${SHOP}/actions/runs/${run.id}`, { token });
  expect(body).toMatchObject({
    id: run.id,
    run_attempt: 2,
    status: 'waiting',
    actor: { login: 'ann' },
    triggering_actor: { login: 'bob' },
  });
  const first = await call(sandbox, 'GET', `${SHOP}/actions/runs/${run.id}/attempts/1`, { token });
  expect(first.body).toMatchObject({ run_attempt: 1, conclusion: 'success', triggering_actor: { login: 'ann' } });
  await approve(run.id);
  expect(sandbox.effectiveReleases.map((release) => release.attempt)).toEqual([1, 2]);
});

test('re-running the failed jobs carries the others over', async () => {
  const { sandbox, token } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  await answer(run.id, { environment_name: 'production', state: 'rejected', comment: 'no' });
  await sandbox.as('ann').rerun(run.id, { failedOnly: true });
  const { body } = await call(sandbox, 'GET', `${SHOP}/actions/runs/${run.id}/jobs`, { token });
  expect(listAt(body, 'jobs').map((job) => [at(job, 'name'), at(job, 'run_attempt'), at(job, 'status')])).toEqual([
    ['build', 1, 'completed'],
    ['deploy', 2, 'waiting'],
  ]);
});

test('a cancelled run takes its waiting job along, and no answer counts any more', async () => {
  const { sandbox, token } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  expect((await call(sandbox, 'POST', `${SHOP}/actions/runs/${run.id}/cancel`, { token })).status).toBe(202);
  expect(sandbox.runState(run.id)).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
  expect(await approve(run.id)).toBe(422);
  expect((await call(sandbox, 'POST', `${SHOP}/actions/runs/${run.id}/cancel`, { token })).status).toBe(409);
});

test('an administrator bypasses every rule, which approvals call skipped; others may not, nor where it is off', async () => {
  const { sandbox, token } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  await expect(sandbox.as('bob').bypass(run.id)).rejects.toThrow('administrator');
  await sandbox.as('olga').bypass(run.id);
  expect(sandbox.runState(run.id).conclusion).toBe('success');
  expect(sandbox.effectiveReleases).toMatchObject([{ jobs: ['deploy'], request: null }]);
  const { body } = await call(sandbox, 'GET', `${SHOP}/actions/runs/${run.id}/approvals`, { token });
  expect(body).toMatchObject([{ state: 'skipped', user: { login: 'olga' }, environments: [{ name: 'production' }] }]);

  sandbox.environment('acme/shop', 'production', { customRule: 'gate', canAdminsBypass: false });
  const next = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  await expect(sandbox.as('olga').bypass(next.id)).rejects.toThrow('may not bypass');
});

test('native reviewers and the rule of the App must both agree; self-review can be refused', async () => {
  const { sandbox, token } = shop;
  sandbox.environment('acme/shop', 'production', {
    customRule: 'gate',
    reviewers: ['acme/sre', 'ann'],
    preventSelfReview: true,
  });
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  const review = { environments: ['PRODUCTION'], state: 'approved' } as const;
  await expect(sandbox.as('olga').reviewDeployment(run.id, review)).rejects.toThrow('not a required reviewer');
  await expect(sandbox.as('ann').reviewDeployment(run.id, review)).rejects.toThrow('you triggered');
  await sandbox.as('carl').reviewDeployment(run.id, { ...review, comment: 'fine' });
  expect(sandbox.runState(run.id).status).toBe('waiting');
  await approve(run.id);
  expect(sandbox.runState(run.id).conclusion).toBe('success');
  const { body } = await call(sandbox, 'GET', `${SHOP}/actions/runs/${run.id}/approvals`, { token });
  expect(listAt(body).map((entry) => [at(entry, 'user', 'login'), at(entry, 'state')])).toEqual([
    ['carl', 'approved'],
    ['gate[bot]', 'approved'],
  ]);
  expect(JSON.stringify(body)).not.toContain('attempt');
});

test('an App cannot answer the native prompt', async () => {
  const { sandbox, token } = shop;
  sandbox.environment('acme/shop', 'production', { reviewers: ['bob'] });
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  const pending = await call(sandbox, 'GET', `${SHOP}/actions/runs/${run.id}/pending_deployments`, { token });
  expect(at(pending.body, 0, 'current_user_can_approve')).toBe(false);
  const body = { environment_ids: [at(pending.body, 0, 'environment', 'id')], state: 'approved', comment: '' };
  const path = `${SHOP}/actions/runs/${run.id}/pending_deployments`;
  expect((await call(sandbox, 'POST', path, { token, body })).status).toBe(403);
  expect((await call(sandbox, 'POST', path, { token: sandbox.user('bob').token, body })).status).toBe(200);
  expect(sandbox.runState(run.id).conclusion).toBe('success');
});

test('naming an unknown environment creates it without rules', async () => {
  const { sandbox, token } = shop;
  const run = await sandbox
    .as('ann')
    .dispatch('acme/shop', { name: 'Sly', jobs: [{ name: 'deploy', environment: 'prod-uction' }] });
  expect(sandbox.runState(run.id).conclusion).toBe('success');
  const { body } = await call(sandbox, 'GET', `${SHOP}/environments/PROD-uction/deployment_protection_rules`, {
    token,
  });
  expect(body).toEqual({ total_count: 0, custom_deployment_protection_rules: [] });
});

test('wait timers and the thirty days follow the clock', async () => {
  const { sandbox } = shop;
  sandbox.environment('acme/shop', 'production', { waitTimerMinutes: 30 });
  const timed = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  sandbox.clock.advance(29 * 60_000);
  expect(sandbox.runState(timed.id).status).toBe('waiting');
  sandbox.clock.advance(60_000);
  expect(sandbox.runState(timed.id).conclusion).toBe('success');
  sandbox.environment('acme/shop', 'production', { customRule: 'gate' });
  const forgotten = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  sandbox.clock.advance(30 * 24 * 3_600_000);
  expect(sandbox.runState(forgotten.id).conclusion).toBe('failure');
});

test('a job parked on a rule that is taken away fails', async () => {
  const { sandbox } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', DEPLOY);
  sandbox.environment('acme/shop', 'production', {});
  expect(sandbox.runState(run.id).conclusion).toBe('failure');
});

test('a manual job runs until it is finished, and what needs a failed job is skipped', async () => {
  const { sandbox } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', {
    name: 'Slow',
    jobs: [
      { name: 'slow', manual: true },
      { name: 'next', needs: ['slow'] },
    ],
  });
  expect(sandbox.runState(run.id).status).toBe('in_progress');
  await sandbox.finishJob(run.id, 'slow', 'failure');
  expect(sandbox.runState(run.id)).toMatchObject({ status: 'completed', conclusion: 'failure' });
  expect(sandbox.runState(run.id).jobs.at(-1)).toMatchObject({ name: 'next', conclusion: 'skipped' });
});

test('one group of concurrency: the newer run waits before any approval is asked for, or cancels the older', async () => {
  const { sandbox } = shop;
  const grouped = { ...DEPLOY, concurrency: { group: 'prod' } };
  const first = await sandbox.as('ann').dispatch('acme/shop', grouped);
  const second = await sandbox.as('ann').dispatch('acme/shop', grouped);
  expect([sandbox.runState(first.id).status, sandbox.runState(second.id).status]).toEqual(['waiting', 'pending']);
  await approve(first.id);
  expect(sandbox.runState(second.id).status).toBe('waiting');
  const third = await sandbox
    .as('ann')
    .dispatch('acme/shop', { ...DEPLOY, concurrency: { group: 'prod', cancelInProgress: true } });
  expect(sandbox.runState(second.id).conclusion).toBe('cancelled');
  expect(sandbox.runState(third.id).status).toBe('waiting');
});

test('anyone with deployments: write can invent a success', async () => {
  const { sandbox } = shop;
  const { id } = await sandbox.as('ann').createDeployment('acme/shop', 'production', 'main');
  const token = await tokenFor(shop, { permissions: { deployments: 'write' } });
  const path = `${SHOP}/deployments/${id}/statuses`;
  expect((await call(sandbox, 'POST', path, { token, body: { state: 'success' } })).status).toBe(201);
  const { body } = await call(sandbox, 'GET', path, { token });
  expect(body).toMatchObject([{ state: 'success', creator: { login: 'gate[bot]' } }]);
});
