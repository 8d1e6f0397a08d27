import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { at, call, graphql, listAt, openShop, textAt, tokenFor, type Shop } from './sandbox-client.ts';

const SHOP = '/repos/acme/shop';
const CREATE = `mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }`;

let shop: Shop;
let folder: string;

beforeEach(async () => {
  shop = await openShop();
  folder = mkdtempSync(join(tmpdir(), 'sandbox-git-'));
});

afterEach(async () => {
  await shop.sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = promisify(execFile);

async function git(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' };
  const { stdout } = await run('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test', ...args], { env });
  return stdout.trim();
}

function input(expectedHeadOid: string, path = 'log/1.json', branch = 'main'): unknown {
  const contents = Buffer.from('{"n":1}\n').toString('base64');
  return {
    input: {
      branch: { repositoryNameWithOwner: 'acme/shop', branchName: branch },
      expectedHeadOid,
      message: { headline: 'log: 1 [skip ci]' },
      fileChanges: { additions: [{ path, contents }] },
    },
  };
}

test('anyone clones; what git reads is what the API wrote, and it is a sound repository', async () => {
  const { sandbox, token } = shop;
  const head = sandbox.branchHead('acme/shop', 'main') ?? '';
  await graphql(sandbox, token, CREATE, input(head));
  await git('clone', '-q', sandbox.cloneUrl('acme/shop'), folder);
  expect(await git('-C', folder, 'show', 'HEAD:log/1.json')).toBe('{"n":1}');
  expect(await git('-C', folder, 'fsck', '--strict', '--full')).toBe('');
});

test('a push over HTTP needs a token with write access, and is seen like any push', async () => {
  const { sandbox, token } = shop;
  await git('clone', '-q', sandbox.cloneUrl('acme/shop'), folder);
  await git('-C', folder, 'commit', '-q', '--allow-empty', '-m', 'by hand');
  const sha = await git('-C', folder, 'rev-parse', 'HEAD');
  const address = (login: string): string =>
    sandbox.cloneUrl('acme/shop').replace('://', `://x:${sandbox.user(login).token}@`);
  await expect(git('-C', folder, 'push', '-q', sandbox.cloneUrl('acme/shop'), 'HEAD:main')).rejects.toThrow('push');
  await expect(git('-C', folder, 'push', '-q', address('rita'), 'HEAD:main')).rejects.toThrow('403');
  await git('-C', folder, 'push', '-q', address('ann'), 'HEAD:main');
  expect(sandbox.branchHead('acme/shop', 'main')).toBe(sha);
  const { body } = await call(sandbox, 'GET', `${SHOP}/activity?ref=main`, { token });
  expect(body).toMatchObject([{ ref: 'refs/heads/main', after: sha, activity_type: 'push', actor: { login: 'ann' } }]);
});

test('a private repository is closed to strangers', async () => {
  const { sandbox } = shop;
  sandbox.repo('acme/secret', { private: true });
  await expect(git('clone', '-q', sandbox.cloneUrl('acme/secret'), folder)).rejects.toThrow('clone');
});

test('createCommitOnBranch commits only on the head it names: STALE_DATA otherwise', async () => {
  const { sandbox, token } = shop;
  const head = sandbox.branchHead('acme/shop', 'main') ?? '';
  const first = await graphql(sandbox, token, CREATE, input(head));
  const made = textAt(first, 'data', 'createCommitOnBranch', 'commit', 'oid');
  expect(sandbox.branchHead('acme/shop', 'main')).toBe(made);
  const stale = await graphql(sandbox, token, CREATE, input(head, 'log/2.json'));
  expect(at(stale, 'errors', 0, 'type')).toBe('STALE_DATA');
  expect(at(stale, 'data', 'createCommitOnBranch')).toBeNull();
  expect(sandbox.branchHead('acme/shop', 'main')).toBe(made);
  const missing = await graphql(sandbox, token, CREATE, input(made, 'x', 'no-such-branch'));
  expect(at(missing, 'errors', 0, 'type')).toBe('NOT_FOUND');
});

test('a commit of an App by API is verified as made by GitHub; author and committer given make it unsigned', async () => {
  const { sandbox, token } = shop;
  const head = sandbox.branchHead('acme/shop', 'main') ?? '';
  const made = await graphql(sandbox, token, CREATE, input(head));
  const oid = textAt(made, 'data', 'createCommitOnBranch', 'commit', 'oid');
  const query = `query($oid: GitObjectID!) { repository(owner: "acme", name: "shop") { object(oid: $oid) { ... on Commit {
    author { user { login } } committer { user { login } } signature { isValid state wasSignedByGitHub signer { login } } } } } }`;
  const shown = at(await graphql(sandbox, token, query, { oid }), 'data', 'repository', 'object');
  expect(shown).toMatchObject({
    author: { user: { login: 'gate[bot]' } },
    committer: { user: { login: 'web-flow' } },
    signature: { isValid: true, state: 'VALID', wasSignedByGitHub: true, signer: { login: 'web-flow' } },
  });
  const tree = at((await call(sandbox, 'GET', `${SHOP}/git/commits/${oid}`, { token })).body, 'tree', 'sha');
  const plain = { message: 'plain', tree, parents: [oid] };
  const own = { name: 'x', email: 'x@example.test' };
  const signed = await call(sandbox, 'POST', `${SHOP}/git/commits`, { token, body: plain });
  const unsigned = await call(sandbox, 'POST', `${SHOP}/git/commits`, { token, body: { ...plain, author: own } });
  const stolen = at(signed.body, 'verification', 'signature');
  const forged = await call(sandbox, 'POST', `${SHOP}/git/commits`, {
    token,
    body: { ...plain, author: own, signature: stolen },
  });
  expect([signed, unsigned, forged].map((reply) => at(reply.body, 'verification', 'reason'))).toEqual([
    'valid',
    'unsigned',
    'invalid',
  ]);
});

test('an orphan branch is made from tree, commit and ref; a ref moves forward only unless forced', async () => {
  const { sandbox, token } = shop;
  const post = (path: string, body: unknown) => call(sandbox, 'POST', SHOP + path, { token, body });
  const file = { path: 'README.md', mode: '100644', type: 'blob', content: 'log\n' };
  const tree = textAt((await post('/git/trees', { tree: [file] })).body, 'sha');
  const root = textAt((await post('/git/commits', { message: 'root', tree, parents: [] })).body, 'sha');
  expect((await post('/git/refs', { ref: 'refs/heads/log', sha: root })).status).toBe(201);
  expect((await post('/git/refs', { ref: 'refs/heads/log', sha: root })).status).toBe(422);
  const other = textAt((await post('/git/commits', { message: 'other', tree, parents: [] })).body, 'sha');
  const patch = (body: unknown) => call(sandbox, 'PATCH', `${SHOP}/git/refs/heads/log`, { token, body });
  expect((await patch({ sha: other, force: false })).status).toBe(422);
  expect(sandbox.branchHead('acme/shop', 'log')).toBe(root);
  expect((await patch({ sha: other, force: true })).status).toBe(200);
  const seen = await call(sandbox, 'GET', `${SHOP}/activity?ref=refs/heads/log`, { token });
  expect(listAt(seen.body).map((entry) => at(entry, 'activity_type'))).toEqual(['force_push', 'branch_creation']);
});

test('compare tells ahead, behind, diverged, identical and unrelated; contents come back as they are', async () => {
  const { sandbox, token } = shop;
  const ann = sandbox.as('ann');
  const base = sandbox.branchHead('acme/shop', 'main') ?? '';
  const ahead = await ann.commit('acme/shop', 'work', {
    files: { 'infra/main.tf': 'two\n', 'a b.txt': '1' },
    message: 'one',
  });
  const main = await ann.commit('acme/shop', 'main', { files: { 'README.md': 'new\n' }, message: 'main moved' });
  const compare = async (range: string) => (await call(sandbox, 'GET', `${SHOP}/compare/${range}`, { token })).body;
  const rows = [`${base}...${ahead.sha}`, `${ahead.sha}...${base}`, `${base}...${base}`, 'main...work'];
  const answers = await Promise.all(rows.map(compare));
  expect(answers.map((answer) => at(answer, 'status'))).toEqual(['ahead', 'behind', 'identical', 'diverged']);
  expect(answers[0]).toMatchObject({
    total_commits: 1,
    merge_base_commit: { sha: base },
    files: [
      { filename: 'a b.txt', status: 'added', additions: 1 },
      { filename: 'infra/main.tf', status: 'modified', patch: '@@ -1,1 +1,1 @@\n-one\n+two' },
    ],
  });
  const orphan = await ann.commit('acme/shop', 'island', { files: {}, message: 'orphan', parents: [] });
  const unrelated = await call(sandbox, 'GET', `${SHOP}/compare/${main.sha}...${orphan.sha}`, { token });
  expect(unrelated.status).toBe(404);
  const file = await call(sandbox, 'GET', `${SHOP}/contents/infra/main.tf?ref=work`, { token });
  expect(Buffer.from(textAt(file.body, 'content'), 'base64').toString()).toBe('two\n');
  expect((await call(sandbox, 'GET', `${SHOP}/contents/none?ref=work`, { token })).status).toBe(404);
});

test('lists come in pages with links; per_page stops at a hundred', async () => {
  const { sandbox, token } = shop;
  const start = sandbox.branchHead('acme/shop', 'main') ?? '';
  for (let n = 0; n < 260; n += 1)
    await sandbox.as('ann').commit('acme/shop', 'long', { files: { n: String(n) }, message: `c${n}` });
  const page = await call(sandbox, 'GET', `${SHOP}/compare/${start}...long?per_page=500&page=3`, { token });
  expect(listAt(page.body, 'commits')).toHaveLength(60);
  expect(at(page.body, 'total_commits')).toBe(260);
  expect(page.headers.get('link')).toMatch(/rel="prev".*rel="first"/);
  const whole = await call(sandbox, 'GET', `${SHOP}/compare/${start}...long`, { token });
  expect(listAt(whole.body, 'commits')).toHaveLength(250);
  const pushes = await call(sandbox, 'GET', `${SHOP}/activity?ref=long&per_page=100`, { token });
  const next = /<[^>]*\/api\/v3([^>]*)>; rel="next"/.exec(pushes.headers.get('link') ?? '')?.[1] ?? '';
  const more = await call(sandbox, 'GET', next, { token });
  expect([listAt(pushes.body).length, listAt(more.body).length]).toEqual([100, 100]);
  expect(at(more.body, 0, 'after')).toBe(at(pushes.body, 99, 'before'));
});

test('a query outside of the schema, or of a field that the sandbox does not fill, is an error that is written down', async () => {
  const { sandbox, token } = shop;
  const wrong = await graphql(sandbox, token, '{ repository(owner: "acme", name: "shop") { nonsense } }');
  const unfilled = await graphql(sandbox, token, '{ repository(owner: "acme", name: "shop") { stargazerCount } }');
  expect([listAt(wrong, 'errors').length, listAt(unfilled, 'errors').length]).toEqual([1, 1]);
  expect(sandbox.violations).toHaveLength(2);
});

test('a GraphQL token without the permission gets FORBIDDEN, an unknown repository NOT_FOUND', async () => {
  const { sandbox, app, installationId } = shop;
  const token = await tokenFor({ sandbox, app, installationId }, { permissions: { issues: 'read' } });
  const head = sandbox.branchHead('acme/shop', 'main') ?? '';
  const refused = await graphql(sandbox, token, CREATE, input(head));
  expect(at(refused, 'errors', 0, 'type')).toBe('FORBIDDEN');
  const unknown = await graphql(sandbox, token, '{ repository(owner: "acme", name: "nope") { id } }');
  expect(at(unknown, 'errors', 0, 'type')).toBe('NOT_FOUND');
  expect(sandbox.branchHead('acme/shop', 'main')).toBe(head);
});
