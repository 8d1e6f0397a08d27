import { afterEach, beforeEach, expect, test } from 'vitest';

import { unmatchedRoutes } from '../../../sandbox/http/router.ts';
import { appJwt, at, call, listAt, openShop, textAt, tokenFor, type Shop } from './sandbox-client.ts';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
});

afterEach(() => shop.sandbox.close());

test('every route has a permission and every permission a route', () => {
  expect(unmatchedRoutes()).toEqual([]);
});

test('the App signs in with its own key, and with no other', async () => {
  const { sandbox, app } = shop;
  const now = sandbox.clock.now();
  const good = await call(sandbox, 'GET', '/app', { token: appJwt(app, now) });
  expect([good.status, at(good.body, 'slug')]).toEqual([200, 'gate']);

  const other = sandbox.app({ slug: 'other', webhookSecret: 'x', permissions: {}, events: [] });
  const forged = appJwt({ ...app, privateKeyPem: other.privateKeyPem }, now);
  expect((await call(sandbox, 'GET', '/app', { token: forged })).status).toBe(401);
});

test('a JWT that lives longer than ten minutes, has expired or begins later is refused', async () => {
  const { sandbox, app } = shop;
  const seconds = Math.floor(sandbox.clock.now() / 1000);
  for (const claims of [{ exp: seconds + 700 }, { exp: seconds - 1 }, { iat: seconds + 120 }]) {
    const token = appJwt(app, sandbox.clock.now(), claims);
    expect((await call(sandbox, 'GET', '/app', { token })).status).toBe(401);
  }
});

test('installation tokens have no fixed length and end after an hour of the sandbox clock', async () => {
  const { sandbox, token } = shop;
  const tokens = await Promise.all([tokenFor(shop), tokenFor(shop), tokenFor(shop), tokenFor(shop)]);
  expect(new Set(tokens.map((text) => text.length)).size).toBeGreaterThan(1);
  expect((await call(sandbox, 'GET', '/repos/acme/shop', { token })).status).toBe(200);
  sandbox.clock.advance(3_600_000);
  expect((await call(sandbox, 'GET', '/repos/acme/shop', { token })).status).toBe(401);
});

test('a narrowed token reaches neither another repository nor another permission', async () => {
  const { sandbox } = shop;
  const hidden = sandbox.repo('acme/hidden', { private: true });
  const open = sandbox.repo('acme/open');
  const token = await tokenFor(shop, {
    repository_ids: [sandbox.repo('acme/third').id],
    permissions: { checks: 'write' },
  });
  expect((await call(sandbox, 'GET', `/repos/${hidden.fullName}`, { token })).status).toBe(404);
  expect((await call(sandbox, 'GET', `/repos/${open.fullName}`, { token })).status).toBe(403);
  expect((await call(sandbox, 'GET', '/repos/acme/third', { token })).status).toBe(200);
  const contents = await call(sandbox, 'GET', '/repos/acme/third/contents/README.md', { token });
  expect([contents.status, at(contents.body, 'message')]).toEqual([403, 'Resource not accessible by integration']);
});

test('a token cannot be asked for more than the installation has', async () => {
  const { sandbox, app, installationId } = shop;
  const path = `/app/installations/${installationId}/access_tokens`;
  const token = appJwt(app, sandbox.clock.now());
  const foreign = sandbox.repo('ann/private-thing');
  for (const body of [
    { permissions: { administration: 'write' } },
    { permissions: { members: 'write' } },
    { repository_ids: [foreign.id] },
  ]) {
    expect((await call(sandbox, 'POST', path, { token, body })).status).toBe(422);
  }
});

test('a suspended or removed installation is shut out', async () => {
  const { sandbox, installationId, token } = shop;
  sandbox.suspend(installationId, true);
  expect((await call(sandbox, 'GET', '/repos/acme/shop', { token })).status).toBe(403);
  sandbox.suspend(installationId, false);
  expect((await call(sandbox, 'GET', '/repos/acme/shop', { token })).status).toBe(200);
  sandbox.uninstall(installationId);
  expect((await call(sandbox, 'GET', '/repos/acme/shop', { token })).status).toBe(401);
});

test('read is not write, and nobody is not somebody', async () => {
  const { sandbox } = shop;
  const token = await tokenFor(shop, { permissions: { issues: 'read' } });
  const path = '/repos/acme/shop/issues/1/comments';
  expect((await call(sandbox, 'POST', path, { token, body: { body: 'x' } })).status).toBe(403);
  expect((await call(sandbox, 'GET', '/repos/acme/shop')).status).toBe(401);
  expect((await call(sandbox, 'GET', '/repos/acme/shop', { token: 'ghs_invented' })).status).toBe(401);
});

test('an unknown route is a 404 that is written down', async () => {
  const { sandbox, token } = shop;
  const reply = await call(sandbox, 'GET', '/repos/acme/shop/unheard-of', { token });
  expect([reply.status, textAt(reply.body, 'sandbox')]).toEqual([404, 'unknown route GET /repos/acme/shop/unheard-of']);
  expect(sandbox.violations).toEqual(['unknown route GET /repos/acme/shop/unheard-of']);
  expect(sandbox.requests.at(-1)).toMatchObject({ route: 'unknown', status: 404 });
});

test('permissions of people: highest of all grants, role beside it, and what a stranger has', async () => {
  const { sandbox, token } = shop;
  sandbox.user('stranger');
  const rows = await Promise.all(
    ['olga', 'ann', 'BOB', 'carl', 'rita', 'stranger'].map(async (login) => {
      const { body } = await call(sandbox, 'GET', `/repos/acme/shop/collaborators/${login}/permission`, { token });
      return [at(body, 'permission'), at(body, 'role_name')];
    }),
  );
  expect(rows).toEqual([
    ['admin', 'admin'],
    ['write', 'write'],
    ['write', 'maintain'],
    ['write', 'write'],
    ['read', 'read'],
    ['read', 'read'],
  ]);
  const { body } = await call(sandbox, 'GET', '/orgs/acme/teams/sre/members', { token });
  expect(listAt(body).map((member) => at(member, 'login'))).toEqual(['bob', 'carl']);
  expect((await call(sandbox, 'GET', '/orgs/acme/teams/sre/memberships/ann', { token })).status).toBe(404);
});

test('every answer carries rate-limit headers and the date of the sandbox clock', async () => {
  const { sandbox, token } = shop;
  sandbox.clock.advance(60_000);
  const { headers } = await call(sandbox, 'GET', '/repos/acme/shop', { token });
  expect(headers.get('x-ratelimit-limit')).toBe('5000');
  expect(Number(headers.get('x-ratelimit-remaining'))).toBeLessThan(5000);
  expect(Date.parse(headers.get('date') ?? '')).toBeGreaterThan(Date.now() + 50_000);
});
