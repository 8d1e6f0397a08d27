import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CallParameters, NarrowedClient } from '../../../adapters/github/client.ts';
import { createLiveReader } from '../../../adapters/github/live-branch.ts';
import type { LiveBranch } from '../../../adapters/github/live-branch.ts';
import { GateError } from '../../../core/errors.ts';

const COMMIT = 'c'.repeat(40);
const oidOf = (text: string): string =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex');
const blob = (text: string, fields: object = {}) => ({
  __typename: 'Blob',
  oid: oidOf(text),
  text,
  isBinary: false,
  isTruncated: false,
  ...fields,
});

/** A client that answers with what a test made up: to GraphQL `data`, to REST what stands under the route and its parameters. */
function reader(data: unknown, rest: Readonly<Record<string, unknown>> = {}) {
  const client: NarrowedClient = {
    graphql: () => Promise.resolve(data),
    request: (route: string, parameters: CallParameters = {}) => {
      const key = `${route.split('/').at(-2)} ${Object.values(parameters).join(' ')}`;
      const answer = rest[key];
      if (answer === undefined) return Promise.reject(new GateError('ERR_FORGE_NOT_FOUND', key));
      return Promise.resolve({ status: 200, link: '', data: answer });
    },
  };
  return createLiveReader(client, { owner: 'acme', name: 'shop' });
}

function policyOf(file: unknown): Promise<LiveBranch['policy']> {
  const defaultBranchRef = { target: { __typename: 'Commit', oid: COMMIT, policy: file } };
  const data = { repository: { databaseId: 7, defaultBranchRef, ref: null } };
  return reader(data)
    .read({ branch: 'evidence', folders: [] })
    .then(({ policy }) => policy);
}

describe('the policy of the default branch', () => {
  test('is its text at the commit that the branch names now', async () => {
    const file = { mode: 0o100644, object: blob('version: 1\n') };
    expect(await policyOf(file)).toEqual({ commitSha: COMMIT, file: { kind: 'found', text: 'version: 1\n' } });
    expect(await policyOf(null)).toEqual({ commitSha: COMMIT, file: { kind: 'absent' } });
  });

  test.each([
    ['a link', { mode: 0o120000, object: blob('../policy.yml') }],
    ['a submodule', { mode: 0o160000, object: null }],
    ['a folder', { mode: 0o040000, object: { __typename: 'Tree' } }],
    ['binary', { mode: 0o100644, object: blob('x', { text: null, isBinary: true }) }],
    ['cut', { mode: 0o100644, object: blob('version: 1\n', { isTruncated: true }) }],
    ['other bytes than its object id says', { mode: 0o100644, object: blob('version: 1\n', { text: 'version: 1' }) }],
  ])('is unreadable when it is %s', async (_, file) => {
    expect((await policyOf(file))?.file).toEqual({ kind: 'unreadable' });
  });
});

describe('a branch with evidence', () => {
  const target = (fields: object) => ({
    repository: {
      databaseId: 7,
      defaultBranchRef: null,
      ref: { target: { __typename: 'Commit', oid: COMMIT, checkpoint: null, ...fields } },
    },
  });
  const entry = (name: string, mode: number) => ({ name, mode, oid: oidOf(name) });

  test('lists the plain files of the folders that were asked for', async () => {
    const entries = [
      entry('1.json', 0o100644),
      entry('link', 0o120000),
      entry('run', 0o100755),
      entry('sub', 0o040000),
    ];
    const data = target({
      f0: { object: { __typename: 'Tree', entries } },
      f1: null,
      f2: { object: blob('no folder') },
    });
    const folders = ['records/2026/11/21', 'records/2026/11/20', 'records/2026/11/19'];
    const { branch } = await reader(data).read({ branch: 'evidence', folders });
    expect(branch).toEqual({
      commitSha: COMMIT,
      checkpoint: null,
      files: new Map([['records/2026/11/21/1.json', oidOf('1.json')]]),
    });
  });

  test('of which a folder is cut or has another shape is an error, never a shorter list', async () => {
    for (const f0 of [undefined, {}, { object: { __typename: 'Tree', entries: [{ name: 'x' }] } }]) {
      const read = reader(target({ f0 })).read({ branch: 'evidence', folders: ['records/2026/11/21'] });
      await expect(read).rejects.toMatchObject({ code: 'ERR_FORGE_SHAPE' });
    }
  });

  test('gives files by object id, and leaves out what is not whole', async () => {
    const b = { repository: { databaseId: 7, b0: blob('one'), b1: null, b2: blob('three', { oid: oidOf('other') }) } };
    const found = await reader(b).blobs([oidOf('one'), oidOf('two'), oidOf('other')]);
    expect([...found]).toEqual([[oidOf('one'), Uint8Array.from(Buffer.from('one'))]]);
  });
});

describe('a tag', () => {
  const object = (type: string, fill: string) => ({ type, sha: fill.repeat(40) });
  const ref = (to: object) => ({ 'ref tags/v1': { ref: 'refs/tags/v1', object: to } });
  const tag = (fill: string, to: object) => ({ [`tags ${fill.repeat(40)}`]: { sha: fill.repeat(40), object: to } });

  test('leads to a commit, through annotated tags', async () => {
    expect(await reader({}, ref(object('commit', 'a'))).tag('v1')).toBe('a'.repeat(40));
    const annotated = {
      ...ref(object('tag', 'b')),
      ...tag('b', object('tag', 'd')),
      ...tag('d', object('commit', 'a')),
    };
    expect(await reader({}, annotated).tag('v1')).toBe('a'.repeat(40));
  });

  test('that names no commit, or only itself, leads nowhere', async () => {
    expect(await reader({}, ref(object('tree', 'a'))).tag('v1')).toBeNull();
    expect(await reader({}, { ...ref(object('tag', 'b')), ...tag('b', object('tag', 'b')) }).tag('v1')).toBeNull();
  });

  test('of another name is never taken for it', async () => {
    const other = { 'ref tags/v1': { ref: 'refs/tags/v1-beta', object: object('commit', 'a') } };
    await expect(reader({}, other).tag('v1')).rejects.toMatchObject({ code: 'ERR_FORGE_SHAPE' });
  });
});
