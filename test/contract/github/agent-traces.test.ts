import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGitHubReader } from '../../../adapters/github/github-reader.ts';
import { signingKey } from '../../../adapters/github/signing-key.ts';
import { armour, softwareSshKey } from '../../support/software-ssh-key.ts';
import { buildWorld, REPO } from './sandbox-world.ts';
import type { World } from './sandbox-world.ts';

// What stands beside a commit: the key in its signature and its git-ai note, pushed by git itself and read back by the adapter.

const vendor = softwareSshKey('ssh-ed25519');
const GIT = { namespace: 'git' };

let world: World;
let folder: string;

beforeAll(async () => {
  world = await buildWorld();
  folder = mkdtempSync(join(tmpdir(), 'agent-traces-'));
  await talk('clone', '-q', pushUrl(), '.');
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.sandbox.close();
});

function git(...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Pat', '-c', 'user.email=pat@acme.example'];
  return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' }).trim();
}

/** For what talks to the sandbox, which answers in this very process. */
async function talk(...args: readonly string[]): Promise<void> {
  await promisify(execFile)('git', [...args], { cwd: folder });
}

const pushUrl = (): string => world.sandbox.cloneUrl(REPO).replace('://', `://x:${world.sandbox.user('pat').token}@`);

/** Pushes a commit of Pat's with the signature that is made of its bytes. */
async function pushSigned(branch: string, signatureOf: (payload: Buffer) => string): Promise<string> {
  const tree = git('rev-parse', 'HEAD^{tree}');
  const plain = git('commit-tree', '-p', 'HEAD', '-m', `On ${branch}`, tree);
  const payload = execFileSync('git', ['cat-file', 'commit', plain], { cwd: folder });
  const signature = signatureOf(payload).trimEnd().split('\n').join('\n ');
  const text = payload.toString('utf8').replace('\n\n', `\ngpgsig ${signature}\n\n`);
  const hashed = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], { cwd: folder, input: text });
  const sha = hashed.toString().trim();
  await talk('push', '-q', pushUrl(), `${sha}:refs/heads/${branch}`);
  return sha;
}

const keyOf = async (sha: string) => (await createGitHubReader(world.client).commits(world.ref, [sha]))[0]?.signature;

test('a key that GitHub does not know is read from the signature, and proven over the very commit', async () => {
  const sha = await pushSigned('signed', (payload) => armour(vendor.sign(payload, GIT)));
  expect(await keyOf(sha)).toEqual({
    verified: false,
    byGitHub: false,
    signer: null,
    key: { fingerprint: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/), proven: true },
  });
});

test.each([
  ['a signature that was copied from another commit', () => armour(vendor.sign(Buffer.from('another'), GIT))],
  ['a signature of a file', (payload: Buffer) => armour(vendor.sign(payload, { namespace: 'file' }))],
  [
    "somebody's own signature that names the key",
    (payload: Buffer) => armour(softwareSshKey('ssh-ed25519').sign(payload, { ...GIT, wire: vendor.wire })),
  ],
])('%s names the key without proof', async (_name, signatureOf) => {
  const signature = await keyOf(await pushSigned(`forged-${Math.random()}`, signatureOf));
  const honest = await signingKey(armour(vendor.sign(Buffer.from('m'), GIT)), 'm');
  expect(signature?.key).toEqual({ fingerprint: honest?.fingerprint, proven: false });
});

test.each([
  ['no signature of SSH', '-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----'],
  ['armour around nothing', '-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----'],
  ['armour around no base64', '-----BEGIN SSH SIGNATURE-----\n!!!\n-----END SSH SIGNATURE-----'],
  ['a blob that is cut off', '-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----'],
  ['a signature of a megabyte', armour(Buffer.alloc(1_000_000))],
])('%s names no key', async (_name, signature) => {
  expect(await signingKey(signature, 'm')).toBeNull();
});

test('a key of an unknown kind has a fingerprint and no proof', async () => {
  const odd = vendor.sign(Buffer.from('m'), { ...GIT, wire: Buffer.from('\0\0\0\u0003odd') });
  expect(await signingKey(armour(odd), 'm')).toMatchObject({ proven: false });
});

test('notes of git-ai are read wherever git keeps them, and none is null', async () => {
  const { ref, client, headSha, baseSha } = world;
  await talk('fetch', '-q', pushUrl(), 'topic');
  git('notes', '--ref=ai', 'add', '-m', 'the note', headSha);
  await talk('push', '-q', pushUrl(), 'refs/notes/ai');
  const read = async () =>
    (await createGitHubReader(client).commits(ref, [baseSha, headSha])).map((each) => each.aiNote);
  expect(await read()).toEqual([null, 'the note\n']);

  const blob = git('rev-parse', `refs/notes/ai:${headSha}`);
  const [two, rest] = [headSha.slice(0, 2), headSha.slice(2)];
  git('read-tree', '--empty');
  git('update-index', '--add', '--cacheinfo', `100644,${blob},${two}/${rest}`);
  const fanned = git('commit-tree', '-m', 'notes in folders', git('write-tree'));
  await talk('push', '-q', '-f', pushUrl(), `${fanned}:refs/notes/ai`);
  expect(await read()).toEqual([null, 'the note\n']);
});

test('the notes of more commits than one call takes are all read', async () => {
  const { ref, client } = world;
  const tree = git('rev-parse', 'HEAD^{tree}');
  const shas = [git('rev-parse', 'HEAD')];
  for (let n = 1; n <= 30; n += 1) shas.push(git('commit-tree', '-p', shas.at(-1) ?? '', '-m', `${n}`, tree));
  git('update-ref', '-d', 'refs/notes/ai');
  for (const sha of shas.slice(-2)) git('notes', '--ref=ai', 'add', '-m', sha, sha);
  await talk('push', '-q', pushUrl(), `${shas.at(-1)}:refs/heads/many`);
  await talk('push', '-q', '-f', pushUrl(), 'refs/notes/ai');
  const notes = (await createGitHubReader(client).commits(ref, shas)).map(({ aiNote }) => aiNote);
  expect(notes).toEqual(shas.map((sha, index) => (index < shas.length - 2 ? null : `${sha}\n`)));
});
