import { afterEach, beforeEach, expect, test } from 'vitest';

import { at, call, graphql, openShop, type Shop } from './sandbox-client.ts';

const COMMENTS = '/repos/acme/shop/issues/1/comments';
const ROUTE = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
  await shop.sandbox.as('ann').commit('acme/shop', 'work', { files: { x: '1' }, message: 'x' });
  await shop.sandbox.as('ann').openPullRequest('acme/shop', { head: 'work', title: 'x' });
});

afterEach(() => shop.sandbox.close());

function comment(body: string) {
  return call(shop.sandbox, 'POST', COMMENTS, { token: shop.token, body: { body } });
}

function bodies(): readonly string[] {
  return shop.sandbox.comments('acme/shop', 1).map((entry) => entry.body);
}

test('before: an error is answered and nothing happens; after: it happens and the answer is replaced', async () => {
  const { sandbox } = shop;
  sandbox.faults.add({ path: ROUTE, when: 'before', do: { status: 502, body: { message: 'bad gateway' } } });
  expect((await comment('one')).status).toBe(502);
  expect(bodies()).toEqual([]);
  sandbox.faults.add({ path: ROUTE, when: 'after', do: { status: 502, headers: { 'retry-after': '7' } } });
  const lost = await comment('two');
  expect([lost.status, lost.headers.get('retry-after')]).toEqual([502, '7']);
  expect(bodies()).toEqual(['two']);
  expect((await comment('three')).status).toBe(201);
});

test.each([
  ['drop', 'before', []],
  ['drop', 'after', ['lost']],
  ['truncate', 'before', []],
  ['truncate', 'after', ['lost']],
] as const)('%s %s: the client gets no whole answer', async (what, when, left) => {
  shop.sandbox.faults.add({ path: /\/comments$/, method: 'POST', when, do: what });
  await expect(comment('lost')).rejects.toThrow(TypeError);
  expect(bodies()).toEqual(left);
  expect(shop.sandbox.requests.at(-1)).toMatchObject({ route: ROUTE, status: null });
});

test('a hanging request holds until the client gives up', async () => {
  const { sandbox, token } = shop;
  sandbox.faults.add({ path: '/repos/{owner}/{repo}', when: 'before', do: 'hang' });
  const signal = AbortSignal.timeout(50);
  const headers = { authorization: `Bearer ${token}` };
  await expect(fetch(`${sandbox.apiUrl}/repos/acme/shop`, { headers, signal })).rejects.toThrow('timeout');
});

test('something happens in the gap, then the request goes on', async () => {
  const { sandbox, token } = shop;
  const head = sandbox.branchHead('acme/shop', 'main') ?? '';
  sandbox.faults.add({
    path: 'createCommitOnBranch',
    when: 'before',
    do: async () => {
      await sandbox.as('ann').commit('acme/shop', 'main', { files: { race: '1' }, message: 'faster' });
    },
  });
  const query = `mutation write($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }`;
  const input = {
    branch: { repositoryNameWithOwner: 'acme/shop', branchName: 'main' },
    expectedHeadOid: head,
    message: { headline: 'late' },
    fileChanges: { additions: [] },
  };
  const answer = await graphql(sandbox, token, query, { input });
  expect(at(answer, 'errors', 0, 'type')).toBe('STALE_DATA');
  expect(sandbox.requests.at(-1)).toMatchObject({
    route: 'graphql createCommitOnBranch',
    operation: 'createCommitOnBranch',
    mutation: true,
    status: 200,
  });
});

test('a fault counts down, can be taken away and cleared', async () => {
  const { sandbox } = shop;
  const fault = { path: ROUTE, when: 'before', do: { status: 500 } } as const;
  sandbox.faults.add({ ...fault, times: 2 });
  expect([(await comment('a')).status, (await comment('b')).status, (await comment('c')).status]).toEqual([
    500, 500, 201,
  ]);
  const remove = sandbox.faults.add(fault);
  remove();
  sandbox.faults.add(fault);
  sandbox.faults.clear();
  expect((await comment('d')).status).toBe(201);
});

test('until answers as soon as the state is there, and says what was there when it never came', async () => {
  const { sandbox } = shop;
  const waiting = sandbox.until((here) => here.comments('acme/shop', 1).find((entry) => entry.body === 'now'));
  await comment('now');
  expect(await waiting).toMatchObject({ author: 'gate[bot]' });
  await expect(sandbox.until(() => false, 20)).rejects.toThrow(
    /not reached within 20 ms[\s\S]*issues\/\{issue_number\}/,
  );
});

test('a body that is no JSON object is refused and written down', async () => {
  const { sandbox, token } = shop;
  const headers = { authorization: `Bearer ${token}` };
  const reply = await fetch(sandbox.apiUrl + COMMENTS, { method: 'POST', headers, body: '{"body":' });
  expect(reply.status).toBe(422);
  expect(sandbox.violations).toHaveLength(1);
});
