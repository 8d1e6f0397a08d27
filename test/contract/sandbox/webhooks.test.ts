import { createHmac } from 'node:crypto';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Delivery } from '../../../sandbox/sandbox.ts';
import { at, openHook, openShop, SECRET, type Hook, type Shop } from './sandbox-client.ts';

let shop: Shop;
let hook: Hook;

beforeEach(async () => {
  hook = await openHook();
  shop = await openShop(hook.url);
  await shop.sandbox.webhooks.quiesce();
});

afterEach(async () => {
  await shop.sandbox.close();
  await hook.close();
});

const JOB = { name: 'Deploy', jobs: [{ name: 'deploy', environment: 'production' }] };

function parsed(event: string, action?: string): readonly unknown[] {
  return shop.sandbox.webhooks.deliveries
    .filter((delivery) => delivery.event === event && (action === undefined || delivery.action === action))
    .map((delivery): unknown => JSON.parse(delivery.body));
}

test('every delivery is signed over its exact bytes and says what it is', async () => {
  const { sandbox, app } = shop;
  await sandbox.as('ann').commit('acme/shop', 'main', { files: { x: '1' }, message: 'x' });
  await sandbox.webhooks.quiesce();
  const push = hook.received.find((delivery) => delivery.event === 'push');
  const signature = createHmac('sha256', SECRET)
    .update(push?.body ?? '')
    .digest('hex');
  expect(push?.headers).toMatchObject({
    'content-type': 'application/json',
    'x-hub-signature-256': `sha256=${signature}`,
    'x-github-hook-installation-target-id': String(app.appId),
    'x-github-hook-installation-target-type': 'integration',
  });
  expect(sandbox.webhooks.deliveries.find((delivery) => delivery.event === 'push')).toMatchObject({
    id: push?.headers['x-github-delivery'],
    state: 'ok',
    status: 200,
  });
});

test('installing tells which repositories, and every payload names installation, repository and sender', async () => {
  const { sandbox, installationId } = shop;
  const created = hook.received.find((delivery) => delivery.event === 'installation');
  expect(JSON.parse(created?.body ?? '')).toMatchObject({
    action: 'created',
    installation: { id: installationId, app_slug: 'gate' },
    repositories: [{ full_name: 'acme/shop' }],
    sender: { login: 'olga' },
  });
  await sandbox.as('ann').commit('acme/shop', 'main', { files: { x: '1' }, message: 'x' });
  expect(parsed('push')[0]).toMatchObject({
    installation: { id: installationId },
    repository: { full_name: 'acme/shop' },
    organization: { login: 'acme' },
    sender: { login: 'ann' },
    created: false,
    forced: false,
    head_commit: { added: ['x'], message: 'x' },
  });
});

test('a gated job asks the App: no run id, no attempt, the person who started it as creator', async () => {
  const { sandbox } = shop;
  const run = await sandbox.as('ann').dispatch('acme/shop', JOB);
  const [asked] = parsed('deployment_protection_rule');
  expect(asked).toMatchObject({
    action: 'requested',
    environment: 'production',
    event: 'workflow_dispatch',
    deployment_callback_url: `${sandbox.apiUrl}/repos/acme/shop/actions/runs/${run.id}/deployment_protection_rule`,
    deployment: { creator: { login: 'ann' }, performed_via_github_app: { slug: 'github-actions' }, ref: 'main' },
    pull_requests: [],
    sender: { login: 'ann' },
  });
  expect(at(asked, 'workflow_run')).toBeUndefined();
  const order = sandbox.webhooks.deliveries.map(({ event, action }) => `${event}.${action ?? ''}`);
  expect(order.slice(order.indexOf('workflow_run.requested'))).toEqual([
    'workflow_run.requested',
    'deployment.created',
    'workflow_job.queued',
    'deployment_status.created',
    'workflow_job.waiting',
    'deployment_protection_rule.requested',
  ]);
});

test('a run of a pull request names it in short form', async () => {
  const { sandbox } = shop;
  const { sha } = await sandbox.as('ann').commit('acme/shop', 'work', { files: { x: '1' }, message: 'x' });
  await sandbox.as('ann').openPullRequest('acme/shop', { head: 'work', title: 'x' });
  await sandbox.as('ann').dispatch('acme/shop', JOB, { ref: 'work', event: 'pull_request' });
  const [asked] = parsed('deployment_protection_rule');
  expect(asked).toMatchObject({ pull_requests: [{ number: 1, head: { sha } }], deployment: { sha } });
  expect(at(asked, 'pull_requests', 0, 'merged')).toBeUndefined();
});

test('the native prompt tells by deployment_review, a bypass tells nothing of the kind', async () => {
  const { sandbox } = shop;
  sandbox.environment('acme/shop', 'production', { customRule: 'gate', reviewers: ['sre'] });
  const first = await sandbox.as('ann').dispatch('acme/shop', JOB);
  await sandbox
    .as('carl')
    .reviewDeployment(first.id, { environments: ['production'], state: 'approved', comment: 'go' });
  expect(parsed('deployment_review')).toMatchObject([
    { action: 'requested', requestor: { login: 'ann' }, reviewers: [{ type: 'Team', reviewer: { slug: 'sre' } }] },
    { action: 'approved', approver: { login: 'carl' }, comment: 'go', workflow_run: { id: first.id, run_attempt: 1 } },
  ]);
  await sandbox.as('olga').bypass(first.id);
  expect(parsed('deployment_review')).toHaveLength(2);
  expect(parsed('workflow_run', 'completed')).toMatchObject([{ workflow_run: { conclusion: 'success' } }]);
});

test('pull requests tell opened, synchronize, labeled, edited, draft and back, closed, reopened, merged', async () => {
  const { sandbox } = shop;
  const ann = sandbox.as('ann');
  await ann.commit('acme/shop', 'work', { files: { x: '1' }, message: 'x' });
  await ann.openPullRequest('acme/shop', { head: 'work', title: 'x' });
  await ann.commit('acme/shop', 'work', { files: { x: '2' }, message: 'y' });
  await ann.editPullRequest('acme/shop', 1, { addLabel: 'ai' });
  await ann.editPullRequest('acme/shop', 1, { removeLabel: 'ai', body: 'new' });
  await ann.editPullRequest('acme/shop', 1, { draft: true });
  await ann.editPullRequest('acme/shop', 1, { draft: false });
  await ann.editPullRequest('acme/shop', 1, { state: 'closed' });
  await ann.editPullRequest('acme/shop', 1, { state: 'open' });
  await sandbox.as('bob').merge('acme/shop', 1);
  expect(parsed('pull_request').map((payload) => at(payload, 'action'))).toEqual([
    'opened',
    'synchronize',
    'labeled',
    'edited',
    'unlabeled',
    'converted_to_draft',
    'ready_for_review',
    'closed',
    'reopened',
    'closed',
  ]);
  expect(parsed('pull_request').at(-1)).toMatchObject({ pull_request: { merged: true, merged_by: { login: 'bob' } } });
});

test('reviews are written in lower case; comments and groups tell too', async () => {
  const { sandbox } = shop;
  await sandbox.as('ann').commit('acme/shop', 'work', { files: { x: '1' }, message: 'x' });
  await sandbox.as('ann').openPullRequest('acme/shop', { head: 'work', title: 'x' });
  const { id } = await sandbox.as('bob').review('acme/shop', 1, { state: 'APPROVED' });
  await sandbox.as('bob').editReview('acme/shop', 1, id, 'better');
  await sandbox.as('ann').dismissReview('acme/shop', 1, id, 'no');
  expect(
    parsed('pull_request_review').map((payload) => [at(payload, 'action'), at(payload, 'review', 'state')]),
  ).toEqual([
    ['submitted', 'approved'],
    ['edited', 'approved'],
    ['dismissed', 'dismissed'],
  ]);
  const comment = await sandbox.as('bob').comment('acme/shop', 1, 'hello');
  await sandbox.as('bob').editComment('acme/shop', comment.id, 'bye');
  expect(parsed('issue_comment')).toMatchObject([
    { action: 'created', comment: { body: 'hello' }, issue: { number: 1, pull_request: {} } },
    { action: 'edited', comment: { body: 'bye' }, changes: { body: { from: 'hello' } } },
  ]);
  const group = await sandbox.as('bob').mergeGroup('acme/shop', [1]);
  expect(parsed('merge_group')).toMatchObject([
    { action: 'checks_requested', merge_group: { head_sha: group.headSha } },
  ]);
});

test('a delivery that fails is not sent again by itself, but on demand under its own GUID', async () => {
  const { sandbox } = shop;
  hook.status = 500;
  await sandbox.as('ann').commit('acme/shop', 'main', { files: { x: '1' }, message: 'x' });
  await sandbox.webhooks.quiesce();
  const failed = sandbox.webhooks.deliveries.find((delivery) => delivery.event === 'push');
  expect(failed).toMatchObject({ state: 'failed', status: 500 });
  hook.status = 200;
  await sandbox.webhooks.redeliver(failed?.id ?? '');
  const pushes = hook.received.filter((delivery) => delivery.event === 'push');
  expect(pushes.map((delivery) => delivery.headers['x-github-delivery'])).toEqual([failed?.id, failed?.id]);
  expect(sandbox.webhooks.deliveries.at(-1)).toMatchObject({ redelivery: true, state: 'ok' });
});

test('deliveries are held, reordered, dropped and doubled', async () => {
  const { sandbox } = shop;
  const { webhooks } = sandbox;
  const commit = (n: number) =>
    sandbox.as('ann').commit('acme/shop', 'main', { files: { n: String(n) }, message: `c${n}` });
  const messages = (): readonly unknown[] =>
    hook.received
      .filter((delivery) => delivery.event === 'push')
      .map((delivery) => at(JSON.parse(delivery.body), 'head_commit', 'message'));
  webhooks.pause();
  await commit(1);
  await commit(2);
  await webhooks.quiesce();
  expect(messages()).toEqual([]);
  await webhooks.resume((held) => held.toReversed());
  expect(messages()).toEqual(['c2', 'c1']);

  const isPush = (delivery: Delivery): boolean => delivery.event === 'push';
  const stopDropping = webhooks.drop(isPush);
  await commit(3);
  stopDropping();
  const stopDoubling = webhooks.duplicate(isPush);
  await commit(4);
  stopDoubling();
  await webhooks.quiesce();
  expect(messages()).toEqual(['c2', 'c1', 'c4', 'c4']);
  expect(webhooks.deliveries.filter((delivery) => delivery.state === 'dropped')).toHaveLength(1);
});

test('a repository added or removed is told; outside of its installation an App hears nothing', async () => {
  const { sandbox } = shop;
  const other = await openHook();
  sandbox.repo('acme/second');
  sandbox.app({ slug: 'side', webhookSecret: 'y', webhookUrl: other.url, permissions: {}, events: ['push'] });
  const { installationId } = sandbox.install('side', 'acme', ['acme/second']);
  await sandbox.as('ann').commit('acme/shop', 'main', { files: { x: '1' }, message: 'x' });
  sandbox.selectRepository(installationId, 'acme/shop', true);
  await sandbox.as('ann').commit('acme/shop', 'main', { files: { x: '2' }, message: 'x' });
  sandbox.uninstall(installationId);
  sandbox.ping('side');
  await sandbox.webhooks.quiesce();
  expect(other.received.map((delivery) => delivery.event)).toEqual([
    'installation',
    'installation_repositories',
    'push',
    'installation',
    'ping',
  ]);
  await other.close();
});
