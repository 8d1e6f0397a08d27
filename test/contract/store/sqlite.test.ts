import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openStore } from '../../../adapters/store/open-store.ts';
import { storeSuite } from './store-suite.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'countersign-store-'));

storeSuite(() => {
  const folder = newFolder();
  return {
    open: () => openStore(join(folder, 'data.sqlite')),
    dispose: async () => {
      await Promise.resolve();
      rmSync(folder, { recursive: true });
    },
  };
});

describe('the SQLite file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = newFolder();
    path = join(folder, 'data.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is readable by its owner only, because it holds webhook bodies', async () => {
    await openStore(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('made by a newer version is refused', async () => {
    await openStore(path).close();
    const raw = new DatabaseSync(path);
    raw.exec('INSERT INTO migrations (version) VALUES (98), (99)');
    raw.close();
    expect(() => openStore(path)).toThrow('newer version');
  });

  test('after close nothing is answered as if it were stored', async () => {
    const store = openStore(path);
    await store.close();
    const refused = store.queue.enqueue({ kind: 'k', subject: 's', payload: '{}' });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  });

  test('what was asked before close is stored', async () => {
    const store = openStore(path);
    const asked = store.queue.enqueue({ kind: 'k', subject: 's', payload: '{}' });
    await store.close();
    await asked;
    const again = openStore(path);
    expect((await again.queue.counts()).waiting).toBe(1);
    await again.close();
  });

  test('an integer above 2^53 in the file is an error and never another number', async () => {
    const store = openStore(path);
    const id = { host: 'h', installationId: 1, repositoryId: 2, kind: 'k', key: 'x' };
    await store.documents.put(id, 'body', 0);
    const raw = new DatabaseSync(path);
    raw.exec('UPDATE documents SET version = 9007199254740993');
    raw.close();
    await expect(store.documents.get(id)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await store.close();
  });

  test('kill -9 of a writing process loses nothing that it had acknowledged, and doubles nothing', async () => {
    const child = join(import.meta.dirname, 'write-until-killed.ts');
    const rounds = 3;
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // Two processes write into one file; both are killed in the middle of it.
      const seen = await Promise.all([0, 1].map((writer) => killAfter(child, [path, `${round}-${writer}`], 60)));
      acknowledged.push(...seen.flat());
    }
    const store = openStore(path);
    for (const id of acknowledged) expect(await store.queue.delivery(id)).not.toBeNull();
    const raw = new DatabaseSync(path);
    const deliveries = Number(raw.prepare('SELECT COUNT(*) AS n FROM deliveries').get()?.['n']);
    raw.close();
    expect((await store.queue.counts()).waiting).toBe(deliveries);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    await store.close();
  });
});

/** Runs a script, kills it (SIGKILL) once it has printed this many lines, and answers every line that it printed. */
async function killAfter(script: string, values: readonly string[], lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [script, ...values], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line);
    if (seen.length === lines) child.kill('SIGKILL');
  }
  await ended;
  expect(seen.length).toBeGreaterThanOrEqual(lines);
  return seen;
}
