import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { at, call, graphql, listAt, openShop, textAt, type Shop } from './sandbox-client.ts';

const SHOP = '/repos/acme/shop';
/** No text: a byte that no UTF-8 has, and no zero. */
const BINARY = Buffer.from([0xff, 0xfe, 0x61]);

let shop: Shop;
let head = '';

beforeAll(async () => {
  shop = await openShop();
  const { sha } = await shop.sandbox.as('ann').commit('acme/shop', 'log', {
    files: { checkpoint: 'one\n', '2026/11/21/1.json': '{}', 'a:b': 'colon' },
    message: 'log',
  });
  head = sha;
  const post = (path: string, body: unknown) => call(shop.sandbox, 'POST', SHOP + path, { token: shop.token, body });
  const blob = await post('/git/blobs', { content: BINARY.toString('base64'), encoding: 'base64' });
  const entry = { path: 'tile', mode: '100644', type: 'blob', sha: textAt(blob.body, 'sha') };
  const tree = await post('/git/trees', { base_tree: head, tree: [entry] });
  const commit = await post('/git/commits', { message: 'tile', tree: textAt(tree.body, 'sha'), parents: [head] });
  head = textAt(commit.body, 'sha');
  await shop.sandbox.as('ann').updateRef('acme/shop', 'log', head);
});

afterAll(() => shop.sandbox.close());

async function object(selection: string): Promise<unknown> {
  const answer = await graphql(
    shop.sandbox,
    shop.token,
    `{ repository(owner: "acme", name: "shop") { ${selection} } }`,
  );
  expect(at(answer, 'errors')).toBeUndefined();
  return at(answer, 'data', 'repository');
}

async function raw(path: string): Promise<{ readonly type: string | null; readonly body: Buffer }> {
  const headers = { authorization: `Bearer ${shop.token}`, accept: 'application/vnd.github.raw+json' };
  const response = await fetch(shop.sandbox.apiUrl + SHOP + path, { headers });
  return { type: response.headers.get('content-type'), body: Buffer.from(await response.arrayBuffer()) };
}

describe('GraphQL reads what git holds', () => {
  test('trees with their entries, nested, at a branch, a commit and a path', async () => {
    const entries = '... on Tree { entries { name path type mode oid object { __typename ... on Blob { text } } } }';
    const found = await object(`
      root: object(expression: "log:") { ${entries} }
      day: object(expression: "${head}:2026/11/21") { ${entries} }
      nothing: object(expression: "log:none") { id }
      defaultBranchRef { name prefix target { oid } }
    `);
    expect(
      listAt(found, 'root', 'entries').map((entry) => `${textAt(entry, 'type')} ${textAt(entry, 'path')}`),
    ).toEqual(['tree 2026', 'blob README.md', 'blob a:b', 'blob checkpoint', 'tree infra', 'blob tile']);
    expect(at(found, 'day', 'entries', 0)).toMatchObject({
      name: '1.json',
      path: '2026/11/21/1.json',
      mode: 0o100644,
      object: { __typename: 'Blob', text: '{}' },
    });
    expect(at(found, 'nothing')).toBeNull();
    expect(at(found, 'defaultBranchRef')).toMatchObject({ name: 'main', prefix: 'refs/heads/' });
  });

  test('blobs say whether they are text; a path may hold a colon', async () => {
    const blob = '... on Blob { text byteSize isBinary isTruncated oid }';
    const found = await object(`
      text: object(expression: "log:checkpoint") { ${blob} }
      tile: object(expression: "log:tile") { ${blob} }
      colon: object(expression: "log:a:b") { ${blob} }
    `);
    expect(at(found, 'text')).toMatchObject({ text: 'one\n', byteSize: 4, isBinary: false, isTruncated: false });
    expect(at(found, 'tile')).toMatchObject({ text: null, byteSize: 3, isBinary: true });
    expect(at(found, 'colon', 'text')).toBe('colon');
    const oid = textAt(found, 'tile', 'oid');
    expect(await object(`object(oid: "${oid}") { ${blob} }`)).toMatchObject({ object: { oid, isBinary: true } });
  });
});

describe('REST reads bytes as they are', () => {
  test('contents and blobs in the raw media type', async () => {
    const file = await raw('/contents/tile?ref=log');
    expect([file.type, file.body]).toEqual(['application/vnd.github.raw+json; charset=utf-8', BINARY]);
    const listed = await call(shop.sandbox, 'GET', `${SHOP}/contents/tile?ref=log`, { token: shop.token });
    const blob = `/git/blobs/${textAt(listed.body, 'sha')}`;
    expect((await raw(blob)).body).toEqual(BINARY);
    const json = await call(shop.sandbox, 'GET', SHOP + blob, { token: shop.token });
    expect(json.body).toMatchObject({ encoding: 'base64', content: `${BINARY.toString('base64')}\n`, size: 3 });
  });
});

test('tags are lightweight or annotated, lead to their commit, and move', async () => {
  const { sandbox, token } = shop;
  const get = async (path: string) => (await call(sandbox, 'GET', SHOP + path, { token })).body;
  const ann = sandbox.as('ann');
  const main = sandbox.branchHead('acme/shop', 'main') ?? '';
  await ann.tag('acme/shop', 'light', { to: 'main' });
  const { sha } = await ann.tag('acme/shop', 'v1', { to: 'main', message: 'first' });
  expect(at(await get('/git/ref/tags/light'), 'object')).toMatchObject({ sha: main, type: 'commit' });
  expect(at(await get('/git/ref/tags/v1'), 'object')).toMatchObject({ sha, type: 'tag' });
  expect(await get(`/git/tags/${sha}`)).toMatchObject({
    tag: 'v1',
    message: 'first',
    object: { sha: main, type: 'commit' },
  });
  const peeled = await object(`
    ref(qualifiedName: "refs/tags/v1") { name target { __typename oid ... on Tag { target { oid } } } }
    object(expression: "v1^{commit}") { oid }
  `);
  expect(at(peeled, 'ref', 'target')).toMatchObject({ __typename: 'Tag', oid: sha, target: { oid: main } });
  expect(at(peeled, 'object', 'oid')).toBe(main);
  await ann.tag('acme/shop', 'v1', { to: 'log', message: 'moved' });
  expect(at(await get('/commits/v1'), 'sha')).toBe(head);
});

test('git pushes any ref by compare-and-set with a job token, clones in part, fetches a commit by name; not refs/pull', async () => {
  const { sandbox } = shop;
  const jobs = [{ name: 'decide', manual: true }];
  const { id } = await sandbox.as('ann').dispatch('acme/shop', { name: 'decide', jobs });
  const token = sandbox.jobToken(id, 'decide', { contents: 'write' });
  const remote = sandbox.cloneUrl('acme/shop').replace('//', `//x-access-token:${token}@`);
  const folder = mkdtempSync(join(tmpdir(), 'reads-'));
  const git = async (...args: readonly string[]): Promise<string> => {
    const env = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', LC_ALL: 'C' };
    const ran = promisify(execFile)('git', [...args], { cwd: folder, env });
    return (await ran.catch((error: unknown) => ({ stdout: textAt(error, 'stdout') + textAt(error, 'stderr') })))
      .stdout;
  };
  try {
    const flags = ['--bare', '--depth=1', '--filter=blob:none', '--no-tags', '--single-branch', '--branch=log'];
    await git('clone', '--quiet', ...flags, remote, '.');
    expect(await git('rev-list', '--objects', '--missing=print', 'HEAD')).toContain('?');
    const main = sandbox.branchHead('acme/shop', 'main') ?? '';
    await git('fetch', '--quiet', '--depth=1', 'origin', main);
    expect(await git('cat-file', '-t', main)).toBe('commit\n');
    const ref = 'refs/countersign/log';
    const push = (from: string, expected: string, to = ref) =>
      git('push', '--porcelain', `--force-with-lease=${to}:${expected}`, 'origin', `${from}:${to}`);
    expect(await push(head, '')).toContain('[new reference]');
    expect(await push(main, '')).toContain('rejected');
    expect(await push(main, head)).toContain('forced update');
    expect(await git('ls-remote', 'origin', ref)).toBe(`${main}\t${ref}\n`);
    expect(await push(main, '', 'refs/pull/1/head')).toContain('hidden ref');
    const seen = await call(sandbox, 'GET', `${SHOP}/git/ref/countersign/log`, { token });
    expect(at(seen.body, 'object', 'sha')).toBe(main);
    const refs = await call(sandbox, 'GET', `${SHOP}/activity?per_page=100`, { token });
    expect(JSON.stringify(refs.body)).not.toContain('countersign');
    const reader = sandbox.jobToken(id, 'decide', { contents: 'read' });
    await git('remote', 'set-url', 'origin', remote.replace(token, reader));
    expect(await push(head, main)).toContain('403');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
