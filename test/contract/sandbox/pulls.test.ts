import { afterEach, beforeEach, expect, test } from 'vitest';

import type { PullRequest } from '../../../sandbox/sandbox.ts';
import { at, call, graphql, listAt, openShop, type Shop } from './sandbox-client.ts';

const SHOP = '/repos/acme/shop';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
});

afterEach(() => shop.sandbox.close());

async function open(branch = 'work', content = 'two\n'): Promise<PullRequest> {
  const ann = shop.sandbox.as('ann');
  await ann.commit('acme/shop', branch, { files: { 'infra/main.tf': content }, message: 'change' });
  return ann.openPullRequest('acme/shop', { head: branch, title: 'Change the infra', body: 'why' });
}

async function get(path: string): Promise<unknown> {
  const reply = await call(shop.sandbox, 'GET', SHOP + path, { token: shop.token });
  return reply.body;
}

test('a pull request shows its head, base, files and commits', async () => {
  const pull = await open();
  expect(await get('/pulls/1')).toMatchObject({
    number: 1,
    state: 'open',
    merged: false,
    user: { login: 'ann', type: 'User' },
    head: { ref: 'work', sha: pull.headSha, repo: { full_name: 'acme/shop' } },
    base: { ref: 'main' },
    commits: 1,
    changed_files: 1,
  });
  expect(await get('/pulls/1/files')).toMatchObject([{ filename: 'infra/main.tf', status: 'modified' }]);
  expect(await get('/pulls/1/commits')).toMatchObject([{ sha: pull.headSha, author: { login: 'ann' } }]);
  expect(await get(`/commits/${pull.headSha}/pulls`)).toMatchObject([{ number: 1 }]);
  expect(await get('/pulls?head=acme:work')).toMatchObject([{ number: 1 }]);
  expect(await get('/pulls?state=closed')).toEqual([]);
  expect((await call(shop.sandbox, 'GET', `${SHOP}/pulls/9`, { token: shop.token })).status).toBe(404);
});

test('reviews carry the commit they were given for; dismissed and edited ones say so', async () => {
  const { sandbox } = shop;
  const pull = await open();
  await expect(sandbox.as('ann').review('acme/shop', 1, { state: 'APPROVED' })).rejects.toThrow('Unprocessable');
  const first = await sandbox.as('bob').review('acme/shop', 1, { state: 'APPROVED', body: 'ok' });
  const { sha } = await sandbox.as('ann').commit('acme/shop', 'work', { files: { x: '1' }, message: 'more' });
  await sandbox.as('carl').review('acme/shop', 1, { state: 'CHANGES_REQUESTED' });
  await sandbox.as('bob').dismissReview('acme/shop', 1, first.id, 'stale');
  expect(await get('/pulls/1/reviews')).toMatchObject([
    { state: 'DISMISSED', commit_id: pull.headSha, user: { login: 'bob' } },
    { state: 'CHANGES_REQUESTED', commit_id: sha, user: { login: 'carl' } },
  ]);
  await expect(sandbox.as('rita').dismissReview('acme/shop', 1, first.id, 'x')).rejects.toThrow('write access');
});

test('a push moves the head, a force-push is on the timeline, closing and reopening too', async () => {
  const { sandbox } = shop;
  await open();
  const ann = sandbox.as('ann');
  const main = sandbox.branchHead('acme/shop', 'main') ?? '';
  const { sha } = await ann.commit('acme/shop', 'work', {
    from: main,
    force: true,
    files: { y: '1' },
    message: 'again',
  });
  expect(sandbox.pullRequest('acme/shop', 1).headSha).toBe(sha);
  await ann.editPullRequest('acme/shop', 1, { draft: true, title: 'New title', addLabel: 'ai' });
  await ann.editPullRequest('acme/shop', 1, { state: 'closed' });
  await ann.editPullRequest('acme/shop', 1, { state: 'open' });
  await ann.timelineEvent('acme/shop', 1, 'copilot_work_started', 'copilot-swe-agent');
  const timeline = await get('/issues/1/timeline?per_page=100');
  const events = listAt(timeline).map((entry) => at(entry, 'event'));
  expect(events).toEqual(
    expect.arrayContaining(['committed', 'head_ref_force_pushed', 'renamed', 'labeled', 'closed', 'reopened']),
  );
  const started = listAt(timeline).find((entry) => at(entry, 'event') === 'copilot_work_started');
  expect(started).toMatchObject({ actor: { login: 'ann' }, performed_via_github_app: { slug: 'copilot-swe-agent' } });
});

test('a fast-forward push needs no force, any other one does', async () => {
  const { sandbox } = shop;
  await open();
  const main = sandbox.branchHead('acme/shop', 'main') ?? '';
  const side = { from: main, files: { z: '1' }, message: 'side' };
  await expect(sandbox.as('ann').commit('acme/shop', 'work', side)).rejects.toThrow('fast forward');
  await expect(sandbox.as('rita').commit('acme/shop', 'rita', side)).rejects.toThrow('no write access');
  await expect(sandbox.as('ann').updateRef('acme/shop', 'work', main)).rejects.toThrow('fast forward');
  await sandbox.as('ann').forcePush('acme/shop', 'work', main);
  expect(sandbox.branchHead('acme/shop', 'work')).toBe(main);
});

test('the merge button makes a commit that GitHub signed; squash too, rebase does not', async () => {
  const { sandbox, token } = shop;
  const rows: unknown[] = [];
  for (const method of ['merge', 'squash', 'rebase'] as const) {
    const pull = await open(method, `${method}\n`);
    const { sha } = await sandbox.as('bob').merge('acme/shop', pull.number, { method });
    const query = `query($oid: GitObjectID!) { repository(owner: "acme", name: "shop") { object(oid: $oid) { ... on Commit {
      parents(first: 5) { totalCount } signature { wasSignedByGitHub }
      associatedPullRequests(first: 5) { nodes { number merged mergeCommit { oid } headRefOid } } } } } }`;
    const commit = at(await graphql(sandbox, token, query, { oid: sha }), 'data', 'repository', 'object');
    rows.push([at(commit, 'parents', 'totalCount'), at(commit, 'signature', 'wasSignedByGitHub')]);
    expect(at(commit, 'associatedPullRequests', 'nodes', 0)).toEqual({
      number: pull.number,
      merged: true,
      mergeCommit: { oid: sha },
      headRefOid: pull.headSha,
    });
    expect(sandbox.branchHead('acme/shop', 'main')).toBe(sha);
  }
  expect(rows).toEqual([
    [2, true],
    [1, true],
    [1, undefined],
  ]);
  expect(await get('/activity?ref=main&activity_type=pr_merge')).toHaveLength(3);
});

test('a required check must be green, and set by the App that it is expected from', async () => {
  const { sandbox, token } = shop;
  sandbox.requireCheck('acme/shop', 'main', 'countersign', 'gate');
  const pull = await open();
  const merge = () => sandbox.as('bob').merge('acme/shop', 1);
  await expect(merge()).rejects.toThrow('Required status check');
  const post = (conclusion: string) =>
    call(sandbox, 'POST', `${SHOP}/check-runs`, {
      token,
      body: { name: 'countersign', head_sha: pull.headSha, status: 'completed', conclusion },
    });
  await post('action_required');
  await expect(merge()).rejects.toThrow('Required status check');
  await post('success');
  await merge();
  expect(sandbox.pullRequest('acme/shop', 1)).toMatchObject({ merged: true, state: 'closed' });
});

test('drafts, conflicts and people without write access do not merge', async () => {
  const { sandbox } = shop;
  await open('one', 'one side\n');
  await open('two', 'other side\n');
  await expect(sandbox.as('rita').merge('acme/shop', 1)).rejects.toThrow('write access');
  await sandbox.as('ann').editPullRequest('acme/shop', 1, { draft: true });
  await expect(sandbox.as('bob').merge('acme/shop', 1)).rejects.toThrow('draft');
  await sandbox.as('ann').editPullRequest('acme/shop', 1, { draft: false });
  await sandbox.as('bob').merge('acme/shop', 1);
  await expect(sandbox.as('bob').merge('acme/shop', 2)).rejects.toThrow('not mergeable');
});

test('a pull request of a fork shows another head repository, and no check run finds it', async () => {
  const { sandbox, token } = shop;
  sandbox.user('mallory');
  sandbox.repo('mallory/shop', { forkOf: 'acme/shop' });
  const { sha } = await sandbox.as('mallory').commit('mallory/shop', 'evil', { files: { e: '1' }, message: 'e' });
  await sandbox.as('mallory').openPullRequest('acme/shop', { head: 'mallory:evil', title: 'e' });
  expect(await get('/pulls/1')).toMatchObject({ head: { sha, repo: { full_name: 'mallory/shop', fork: true } } });
  const body = { name: 'countersign', head_sha: sha, status: 'in_progress' };
  const check = await call(sandbox, 'POST', `${SHOP}/check-runs`, { token, body });
  expect([check.status, at(check.body, 'pull_requests')]).toEqual([201, []]);
  const later = await sandbox.as('mallory').commit('mallory/shop', 'evil', { files: { f: '1' }, message: 'f' });
  expect(sandbox.pullRequest('acme/shop', 1).headSha).toBe(later.sha);
});

test('reviewers are asked once, never the author nor a stranger', async () => {
  const { sandbox, token } = shop;
  await open();
  const ask = (reviewers: readonly string[]) =>
    call(sandbox, 'POST', `${SHOP}/pulls/1/requested_reviewers`, { token, body: { reviewers } });
  expect((await ask(['bob'])).status).toBe(201);
  expect((await ask(['ann'])).status).toBe(422);
  expect((await ask(['nobody-at-all'])).status).toBe(422);
  expect(sandbox.pullRequest('acme/shop', 1).requestedReviewers).toEqual(['bob']);
});

test('comments are made, edited, deleted, and say through which App they were made', async () => {
  const { sandbox, token } = shop;
  await open();
  const { id } = await sandbox.as('bob').comment('acme/shop', 1, '/countersign status', { viaApp: 'cursor' });
  expect(await get(`/issues/comments/${id}`)).toMatchObject({
    user: { login: 'bob' },
    performed_via_github_app: { slug: 'cursor' },
  });
  await sandbox.as('bob').editComment('acme/shop', id, 'changed');
  const edited = await get(`/issues/comments/${id}`);
  expect(at(edited, 'updated_at')).not.toBe(at(edited, 'created_at'));
  const own = await call(sandbox, 'POST', `${SHOP}/issues/1/comments`, { token, body: { body: 'noted' } });
  expect(own.body).toMatchObject({ user: { login: 'gate[bot]', type: 'Bot' } });
  await sandbox.as('bob').deleteComment('acme/shop', id);
  expect((await call(sandbox, 'GET', `${SHOP}/issues/comments/${id}`, { token })).status).toBe(404);
  expect(sandbox.comments('acme/shop', 1).map((comment) => comment.body)).toEqual(['noted']);
});

test('an author whose address is nobody’s has no account, co-authors come after the author', async () => {
  const { sandbox, token } = shop;
  const carl = sandbox.user('carl');
  const { sha } = await sandbox.as('ann').commit('acme/shop', 'work', {
    files: { x: '1' },
    message: `x\n\nCo-authored-by: Carl <${carl.id}+carl@users.noreply.github.com>\nCo-Authored-By: Robot <robot@example.test>`,
    author: { name: 'Who', email: 'who@example.test' },
  });
  const query = `query($oid: GitObjectID!) { repository(owner: "acme", name: "shop") { object(oid: $oid) { ... on Commit {
    authors(first: 10) { nodes { name user { login databaseId } } } } } } }`;
  const data = await graphql(sandbox, token, query, { oid: sha });
  expect(listAt(data, 'data', 'repository', 'object', 'authors', 'nodes')).toEqual([
    { name: 'Who', user: null },
    { name: 'Carl', user: { login: 'carl', databaseId: carl.id } },
    { name: 'Robot', user: null },
  ]);
});

test('a bot opens a pull request: its login loses [bot] in GraphQL only', async () => {
  const { sandbox, token } = shop;
  const bot = sandbox.user('copilot-swe-agent[bot]', { id: 198_982_749 });
  await sandbox.as('copilot-swe-agent[bot]').commit('acme/shop', 'copilot/fix', { files: { x: '1' }, message: 'fix' });
  await sandbox.as('copilot-swe-agent[bot]').openPullRequest('acme/shop', { head: 'copilot/fix', title: 'fix' });
  expect(await get('/pulls/1')).toMatchObject({ user: { login: bot.login, type: 'Bot', id: bot.id } });
  const query = `{ repository(owner: "acme", name: "shop") { pullRequest(number: 1) { author { __typename login ... on Bot { databaseId } } } } }`;
  const data = await graphql(sandbox, token, query);
  expect(at(data, 'data', 'repository', 'pullRequest', 'author')).toEqual({
    __typename: 'Bot',
    login: 'copilot-swe-agent',
    databaseId: bot.id,
  });
});

test('a merge group is a commit of its own that holds every pull request in it', async () => {
  const { sandbox } = shop;
  await open('one');
  await sandbox.as('ann').commit('acme/shop', 'two', { files: { other: '1' }, message: 'two' });
  await sandbox.as('ann').openPullRequest('acme/shop', { head: 'two', title: 'two' });
  const group = await sandbox.as('bob').mergeGroup('acme/shop', [1, 2]);
  expect(group.headRef).toContain('gh-readonly-queue/main/pr-2-');
  expect(sandbox.file('acme/shop', group.headSha, 'other')).toBe('1');
  expect(sandbox.file('acme/shop', group.headSha, 'infra/main.tf')).toBe('two\n');
});
