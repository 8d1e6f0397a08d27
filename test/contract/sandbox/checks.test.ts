import { afterEach, beforeEach, expect, test } from 'vitest';

import { at, call, openHook, openShop, tokenFor, type Hook, type Reply, type Shop } from './sandbox-client.ts';

const PATH = '/repos/acme/shop/check-runs';

let shop: Shop;
let hook: Hook;
let sha: string;

beforeEach(async () => {
  hook = await openHook();
  shop = await openShop(hook.url);
  sha = shop.sandbox.branchHead('acme/shop', 'main') ?? '';
});

afterEach(async () => {
  await shop.sandbox.close();
  await hook.close();
});

const ACTION = { label: 'Approve', description: 'Countersign this change', identifier: 'approve:K3M9QX2T' };

async function post(body: Readonly<Record<string, unknown>>): Promise<Reply> {
  const { sandbox, token } = shop;
  return call(sandbox, 'POST', PATH, { token, body: { name: 'countersign', head_sha: sha, ...body } });
}

async function held(): Promise<number> {
  const output = { title: 'Held', summary: 'Waits for a person' };
  const reply = await post({ conclusion: 'action_required', output, actions: [ACTION], external_id: 'digest' });
  const id = at(reply.body, 'id');
  if (typeof id !== 'number') throw new TypeError('no check run');
  return id;
}

test('a check run is made, found by name, and changed; a conclusion completes it', async () => {
  const { sandbox, token } = shop;
  const id = await held();
  const found = await call(sandbox, 'GET', `/repos/acme/shop/commits/${sha}/check-runs?check_name=countersign`, {
    token,
  });
  expect(found.body).toMatchObject({
    total_count: 1,
    check_runs: [
      { id, status: 'completed', conclusion: 'action_required', external_id: 'digest', app: { slug: 'gate' } },
    ],
  });
  await call(sandbox, 'PATCH', `${PATH}/${id}`, { token, body: { conclusion: 'success', actions: [] } });
  expect(sandbox.checkRuns('acme/shop', sha)).toMatchObject([{ conclusion: 'success', title: 'Held', actions: [] }]);
  await call(sandbox, 'PATCH', `${PATH}/${id}`, { token, body: { status: 'in_progress' } });
  expect(sandbox.checkRuns('acme/shop', sha)).toMatchObject([{ status: 'in_progress', conclusion: null }]);
});

test('the latest run of a name is shown, all of them on request', async () => {
  const { sandbox, token } = shop;
  await post({ conclusion: 'failure' });
  await post({ conclusion: 'success' });
  const count = async (filter: string): Promise<unknown> => {
    const { body } = await call(sandbox, 'GET', `/repos/acme/shop/commits/${sha}/check-runs?filter=${filter}`, {
      token,
    });
    return at(body, 'total_count');
  };
  expect([await count('latest'), await count('all')]).toEqual([1, 2]);
});

test.each([
  ['four actions', { actions: [ACTION, ACTION, ACTION, ACTION] }],
  ['a label of 21 characters', { actions: [{ ...ACTION, label: 'x'.repeat(21) }] }],
  ['a description of 41 characters', { actions: [{ ...ACTION, description: 'x'.repeat(41) }] }],
  ['an identifier of 21 characters', { actions: [{ ...ACTION, identifier: 'x'.repeat(21) }] }],
  ['an unknown conclusion', { conclusion: 'released' }],
  ['completed without a conclusion', { status: 'completed', conclusion: undefined }],
  ['a summary over 65,535 characters', { output: { title: 't', summary: 'x'.repeat(65_536) } }],
  ['an output without a summary', { output: { title: 't' } }],
])('%s is refused', async (_name, body) => {
  expect((await post({ conclusion: 'success', ...body })).status).toBe(422);
  expect(shop.sandbox.violations).toHaveLength(1);
});

test('only Apps write check runs, each its own, on a commit that is there', async () => {
  const { sandbox } = shop;
  const id = await held();
  const ann = sandbox.user('ann').token;
  const body = { name: 'countersign', head_sha: sha, conclusion: 'success' };
  expect((await call(sandbox, 'POST', PATH, { token: ann, body })).status).toBe(403);
  expect((await post({ head_sha: 'f'.repeat(40), conclusion: 'success' })).status).toBe(422);
  const app = sandbox.app({ slug: 'other', webhookSecret: 'y', permissions: { checks: 'write' }, events: [] });
  const { installationId } = sandbox.install('other', 'acme');
  const token = await tokenFor({ sandbox, app, installationId });
  expect((await call(sandbox, 'PATCH', `${PATH}/${id}`, { token, body: { conclusion: 'success' } })).status).toBe(403);
});

test('a button sends its identifier and who pressed it, to the App that owns the check', async () => {
  const { sandbox } = shop;
  const id = await held();
  await sandbox.as('bob').clickCheckAction('acme/shop', id, ACTION.identifier);
  await sandbox.as('bob').rerequestCheck('acme/shop', id);
  await sandbox.webhooks.quiesce();
  const told = hook.received
    .filter((delivery) => delivery.event === 'check_run')
    .map((delivery): unknown => JSON.parse(delivery.body));
  expect(told).toMatchObject([
    { action: 'created', sender: { login: 'gate[bot]' } },
    { action: 'completed' },
    { action: 'requested_action', requested_action: { identifier: ACTION.identifier }, sender: { login: 'bob' } },
    { action: 'rerequested', check_run: { id, external_id: 'digest' } },
  ]);
});

test('there are no buttons before completion, for readers, or with another identifier', async () => {
  const { sandbox } = shop;
  const id = await held();
  await expect(sandbox.as('rita').clickCheckAction('acme/shop', id, ACTION.identifier)).rejects.toThrow('write access');
  await expect(sandbox.as('bob').clickCheckAction('acme/shop', id, 'approve:OTHER')).rejects.toThrow('no action');
  await call(sandbox, 'PATCH', `${PATH}/${id}`, { token: shop.token, body: { status: 'in_progress' } });
  await expect(sandbox.as('bob').clickCheckAction('acme/shop', id, ACTION.identifier)).rejects.toThrow('not completed');
});
