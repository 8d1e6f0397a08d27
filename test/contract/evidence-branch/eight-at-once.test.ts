import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

import { sha256, sha512, verify } from '../../../adapters/signing/node-crypto.ts';
import { generateSigningKeys, loadSigningKeys } from '../../../adapters/signing/signing-keys.ts';
import { openGitSource } from '../../../cli/git-source.ts';
import { toHex } from '../../../core/evidence/bytes.ts';
import { parseCheckpoint } from '../../../core/evidence/notes/checkpoint.ts';
import { toVerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import { evidenceBranch, git } from '../../support/evidence-repository.ts';
import { serveRepository } from './git-bench.ts';

/** Eight jobs of workflows, as processes of their own, decide at once on one repository, whose keys were just replaced. */

const ORIGIN = 'github.com/1/67890/1';
const CHILD = join(import.meta.dirname, '..', '..', 'support', 'append-standalone.ts');
const line = z.union([
  z.strictObject({ signs: z.string() }),
  z.strictObject({ sealed: z.strictObject({ digest: z.string(), index: z.int() }) }),
]);

const folder = mkdtempSync(join(tmpdir(), 'countersign-eight-'));
const remote = join(folder, 'remote.git');
const old = generateSigningKeys();
const pem = generateSigningKeys();
const sealed: { digest: string; index: number }[] = [];
/** Every checkpoint that anybody signed, whatever became of it. */
const signed: string[] = [];

/** @param killAt after it was about to sign so much: checkpoints, and the change of the checkpoint key */
async function job(number: number, keys: Readonly<Record<string, string>>, killAt = Infinity): Promise<void> {
  const args = [CHILD, remote, join(folder, `clone-${number}`), String(number), '1'];
  const { PATH, NODE_COMPILE_CACHE = '' } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, ...keys };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let signs = 0;
  for await (const text of createInterface({ input: child.stdout })) {
    const said = line.parse(JSON.parse(text));
    if ('sealed' in said) sealed.push(said.sealed);
    else {
      signed.push(said.signs);
      signs += 1;
      if (signs === killAt) child.kill('SIGKILL');
    }
  }
  const [code] = await ended;
  if (killAt === Infinity) expect(code).toBe(0);
}

beforeAll(async () => {
  serveRepository(remote);
  await job(0, { SIGNING_KEYS: old });
  // The last one is killed between storing what it is about to sign and telling anybody.
  const keys = { SIGNING_KEYS: pem, PREVIOUS_KEYS: old };
  await Promise.all(Array.from({ length: 8 }, (_, n) => job(n + 1, keys, n === 7 ? 2 : Infinity)));
  // Whatever the killed one left behind is finished by whoever comes next, and the old keys are needed no more.
  await job(9, { SIGNING_KEYS: pem });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('every record that was acknowledged stands where it was said to stand, once', () => {
  const paths = git(remote, ['ls-tree', '-r', '--name-only', evidenceBranch, 'records/']).split('\n');
  const digests = paths
    .toSorted((a, b) => (a.slice(-30) < b.slice(-30) ? -1 : 1))
    .map((path) => {
      const bytes = git(remote, ['cat-file', 'blob', `${evidenceBranch}:${path}`]);
      return { path, digest: toHex(sha256(Buffer.from(`${bytes}\n`))) };
    });
  const at = new Map(digests.map(({ path, digest }) => [Number(/(\d{9})-/.exec(path)?.[1]), digest]));
  expect(sealed.length).toBeGreaterThanOrEqual(9);
  for (const { digest, index } of sealed) expect(at.get(index)).toBe(digest);
  expect(new Set(digests.map(({ digest }) => digest)).size).toBe(digests.length);
});

test('the log went over to the new keys once, and verifies by either', async () => {
  for (const pinned of [old, pem]) {
    const keys = loadSigningKeys(pinned);
    if (!keys.ok) throw new TypeError(keys.issue);
    const source = await openGitSource(remote, evidenceBranch);
    const checkpointKey = toVerifierKey(ORIGIN, keys.value.checkpoint.publicKey, sha256);
    const verified = await verifyLog(source, { checkpointKey, sha256, sha512, verify });
    source.close();
    expect(verified).toMatchObject({ ok: true });
  }
  const paths = git(remote, ['ls-tree', '-r', '--name-only', evidenceBranch, 'records/']).split('\n');
  expect(paths.filter((path) => path.endsWith('-key-changed.json'))).toHaveLength(2);
});

test('no two trees of one size were ever signed, and what the branch showed is among those', () => {
  const roots = new Map<number, Set<string>>();
  for (const text of signed) {
    if (text.startsWith('countersign key change v1\n')) continue;
    const checkpoint = parseCheckpoint(text);
    if (!checkpoint.ok) throw new TypeError(checkpoint.issue);
    const { size, root } = checkpoint.value;
    roots.set(size, (roots.get(size) ?? new Set()).add(toHex(root)));
  }
  expect([...roots.values()].filter((each) => each.size > 1)).toEqual([]);
  const shown = git(remote, ['rev-list', evidenceBranch])
    .split('\n')
    .map((commit) => `${git(remote, ['show', `${commit}:checkpoint`]).split('\n\n')[0]}\n`);
  for (const text of shown) expect(signed).toContain(text);
});
