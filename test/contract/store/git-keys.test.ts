import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

import { openGitStore } from '../../../adapters/git-store/open-git-store.ts';
import type { GitStore } from '../../../adapters/git-store/open-git-store.ts';
import { GitClone } from '../../../adapters/git/git-clone.ts';
import type { DocumentKey } from '../../../core/ports.ts';
import { serveRepository } from '../evidence-branch/git-bench.ts';

/** What authenticates the ref of a store when the keys of its log are replaced. */

const clock = { now: () => Date.UTC(2026, 10, 21) };
const folder = mkdtempSync(join(tmpdir(), 'countersign-store-keys-'));
const url = join(folder, 'remote.git');
const id: DocumentKey = { host: 'github.com', installationId: 1, repositoryId: 2, kind: 'run', key: '1' };
let clones = 0;

serveRepository(url);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A job with these keys, each named by a number. */
function open(key: number, previous: number | null = null): GitStore {
  clones += 1;
  const own = join(folder, `clone-${clones}`);
  mkdirSync(own);
  const filled = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
  return openGitStore({
    clone: new GitClone(own, { url, token: null }, clock),
    ref: 'refs/countersign/countersign-evidence',
    owner: 'github.com/2',
    key: filled(key),
    previousKey: previous === null ? null : filled(previous),
    clock,
    wait: () => Promise.resolve(),
    random: () => 0,
    patienceMs: 1,
    push: 'each',
  });
}

test('a store goes over to a new key with the first write of a job that has both, and to no other', async () => {
  const forged = { code: 'ERR_STORE_FORGED' };
  await open(1).documents.put(id, 'by the old key', 0);
  await expect(open(2).documents.get(id)).rejects.toMatchObject(forged);
  await expect(open(2, 3).documents.get(id)).rejects.toMatchObject(forged);
  const both = open(2, 1);
  expect(await both.documents.get(id)).toMatchObject({ body: 'by the old key', version: 1 });
  // Reading alone changes nothing.
  expect(await open(1).documents.get(id)).toMatchObject({ version: 1 });
  await both.documents.put(id, 'by the new key', 1);
  expect(await open(2).documents.get(id)).toMatchObject({ body: 'by the new key', version: 2 });
  await expect(open(1).documents.get(id)).rejects.toMatchObject(forged);
});
