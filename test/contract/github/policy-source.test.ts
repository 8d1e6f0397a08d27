import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { createGitHubPolicySource } from '../../../adapters/github/github-policy-source.ts';
import type { RepositoryFacts } from '../../../core/facts.ts';
import { json, startFakeForge } from './fake-forge.ts';
import type { FakeForge } from './fake-forge.ts';

const COMMIT = 'c'.repeat(40);
const TEXT = 'version: 1\n';

const blobSha = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

const open: FakeForge[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

interface World {
  readonly branch?: unknown;
  /** Answer of the folder: a list of entries, or a status. */
  readonly folder?: unknown;
  readonly bytes?: Buffer;
  readonly blob?: unknown;
}

const file = (overrides: Readonly<Record<string, unknown>> = {}, bytes: Uint8Array = Buffer.from(TEXT)) => ({
  name: 'countersign.yml',
  type: 'file',
  size: bytes.length,
  sha: blobSha(bytes),
  git_url: `http://127.0.0.1/repos/acme/shop/git/blobs/${blobSha(bytes)}`,
  ...overrides,
});

async function world({
  branch,
  folder,
  bytes = Buffer.from(TEXT),
  blob,
}: World): Promise<FakeForge & { facts: RepositoryFacts }> {
  const forge = await startFakeForge((request, response) => {
    const answer = (value: unknown): void =>
      typeof value === 'number' ? json(response, value, {}) : json(response, 200, value);
    if (request.url.includes('/git/ref/')) {
      return answer(branch ?? { ref: 'refs/heads/main', object: { type: 'commit', sha: COMMIT } });
    }
    if (request.url.includes('/contents/')) {
      // Never asked at anything but the commit that goes into the evidence.
      return request.url.endsWith(`/contents/.github?ref=${COMMIT}`)
        ? answer(folder ?? [file({}, bytes)])
        : answer(500);
    }
    return answer(
      blob ?? { sha: blobSha(bytes), encoding: 'base64', content: bytes.toString('base64').replace(/.{60}/g, '$&\n') },
    );
  });
  open.push(forge);
  return { ...forge, facts: { ref: forge.ref, defaultBranch: 'main', private: false, ownerType: 'Organization' } };
}

test('the policy is read at the commit that the default branch names', async () => {
  const { client, facts, seen } = await world({});
  const source = createGitHubPolicySource(client);
  expect(await source.read(facts)).toEqual({ kind: 'found', commitSha: COMMIT, text: TEXT });
  expect(seen).toHaveLength(3);
  // Where it stands is asked again every time; bytes of one object id are what they are.
  expect(await source.read(facts)).toEqual({ kind: 'found', commitSha: COMMIT, text: TEXT });
  expect(seen).toHaveLength(5);
});

test('the policy at a commit is read once where it is there, and asked for again where it is not', async () => {
  const { client, facts, seen } = await world({});
  const source = createGitHubPolicySource(client);
  expect(await source.readAt(facts, COMMIT)).toEqual({ kind: 'found', commitSha: COMMIT, text: TEXT });
  expect(await source.readAt(facts, COMMIT)).toEqual({ kind: 'found', commitSha: COMMIT, text: TEXT });
  expect(seen).toHaveLength(2);
  expect(await source.readAt(facts, 'd'.repeat(40))).toMatchObject({ kind: 'unreadable' });
  const gone = await world({ folder: 404 });
  const another = createGitHubPolicySource(gone.client);
  for (let n = 0; n < 2; n += 1) {
    expect(await another.readAt(gone.facts, COMMIT)).toEqual({ kind: 'absent', commitSha: COMMIT });
  }
  expect(gone.seen).toHaveLength(2);
});

test.each([
  ['no folder', 404],
  ['an empty folder', []],
  ['other files only', [file({ name: 'CODEOWNERS' })]],
])('%s proves that there is no policy', async (_name, folder) => {
  const { client, facts } = await world({ folder });
  expect(await createGitHubPolicySource(client).read(facts)).toEqual({ kind: 'absent', commitSha: COMMIT });
});

const many = Array.from({ length: 1_000 }, (_, n) => file({ name: `f${n}` }));

test.each([
  ['the branch cannot be found', { branch: 404 }],
  ['another branch is answered', { branch: { ref: 'refs/heads/main2', object: { type: 'commit', sha: COMMIT } } }],
  ['the branch names no commit', { branch: { ref: 'refs/heads/main', object: { type: 'tag', sha: COMMIT } } }],
  ['the folder may not be read', { folder: 403 }],
  ['GitHub fails', { folder: 503 }],
  ['the folder is a file or a link', { folder: file() }],
  ['the folder is cut off before the policy', { folder: many }],
  ['the policy is a symbolic link', { folder: [file({ type: 'symlink' })] }],
  ['the policy is a folder', { folder: [file({ type: 'dir' })] }],
  ['the policy is a submodule', { folder: [file({ type: 'submodule' })] }],
  ['the policy is a submodule shown as a file', { folder: [file({ submodule_git_url: 'x' })] }],
  [
    'the policy is a submodule shown as a file without address',
    { folder: [file({ git_url: 'http://127.0.0.1/repos/a/b/git/trees/x' })] },
  ],
  ['the policy is larger than 1 MB', { folder: [file({ size: 1024 * 1024 + 1 })] }],
  ['the file vanished', { blob: 404 }],
  ['other bytes are answered', { blob: { sha: blobSha(Buffer.from(TEXT)), encoding: 'base64', content: 'AAAA' } }],
  ['the content is left out', { blob: { sha: blobSha(Buffer.from(TEXT)), encoding: 'none', content: '' } }],
  ['it is not UTF-8', { bytes: Buffer.from([0x76, 0xff, 0x0a]) }],
] satisfies readonly (readonly [string, World])[])(
  'when %s the policy is unreadable, not absent',
  async (_name, given) => {
    const { client, facts } = await world(given);
    expect(await createGitHubPolicySource(client).read(facts)).toMatchObject({ kind: 'unreadable' });
  },
);

test.each([
  ['a folder that is a file or a link', { folder: file() }, true],
  ['a symbolic link', { folder: [file({ type: 'symlink' })] }, true],
  ['more than 1 MB', { folder: [file({ size: 1024 * 1024 + 1 })] }, true],
  ['other bytes than UTF-8', { bytes: Buffer.from([0x76, 0xff, 0x0a]) }, true],
  ['a failure of GitHub', { folder: 503 }, undefined],
  ['no permission', { folder: 403 }, undefined],
  [
    'an answer cut short',
    { blob: { sha: blobSha(Buffer.from(TEXT)), encoding: 'base64', content: 'AAAA' } },
    undefined,
  ],
] satisfies readonly (readonly [string, World, true | undefined])[])(
  'unreadable for good is what the commit holds, never what GitHub does: %s',
  async (_name, given, isForGood) => {
    const { client, facts } = await world(given);
    const read = await createGitHubPolicySource(client).readAt(facts, COMMIT);
    expect(read.kind === 'unreadable' && read.isForGood).toBe(isForGood);
  },
);

test('without a token the policy is unreadable', async () => {
  const forge = await startFakeForge(
    (_, response) => json(response, 500, {}),
    (_, response) => json(response, 404, {}),
  );
  open.push(forge);
  const facts = { ref: forge.ref, defaultBranch: 'main', private: false, ownerType: 'User' } as const;
  expect(await createGitHubPolicySource(forge.client).read(facts)).toMatchObject({ kind: 'unreadable' });
});
