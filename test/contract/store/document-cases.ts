import { describe, expect, test } from 'vitest';

import type { DocumentKey } from '../../../core/ports.ts';
import type { Records, StoreBench } from './store-suite.ts';

const id: DocumentKey = { host: 'github.com', installationId: 1, repositoryId: 2, kind: 'gate', key: 'k' };
const conflict = { code: 'ERR_STORE_CONFLICT' };

export function documentCases(bench: () => StoreBench<Records>): void {
  describe('documents', () => {
    test('are written by compare and set, and read back when opened again', async () => {
      const { store, reopen } = bench();
      expect(await store.documents.get(id)).toBeNull();
      expect(await store.documents.put(id, 'one', 0)).toEqual({ id, body: 'one', version: 1 });
      expect((await store.documents.put(id, 'two', 1)).version).toBe(2);
      await expect(store.documents.put(id, 'late', 1)).rejects.toMatchObject(conflict);
      await expect(store.documents.put(id, 'new', 0)).rejects.toMatchObject(conflict);
      expect(await (await reopen()).documents.get(id)).toEqual({ id, body: 'two', version: 2 });
    });

    test('of several writers at one version exactly one wins', async () => {
      const { store, another } = bench();
      const second = another();
      await store.documents.put(id, 'start', 0);
      const tries = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => (n % 2 ? store : second).documents.put(id, `writer ${n}`, 1)),
      );
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store.documents.get(id))?.version).toBe(2);
    });

    test('a conflict undoes only its own work, not the work that shares its transaction', async () => {
      const { store, reopen } = bench();
      const [good, bad, other] = await Promise.allSettled([
        store.documents.put(id, 'good', 0),
        store.documents.put(id, 'bad', 7),
        store.documents.put({ ...id, key: 'other' }, 'other', 0),
      ]);
      expect([good.status, bad.status, other.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await (await reopen()).documents.list(id)).toHaveLength(2);
    });

    test('an older reader cannot overwrite what was removed and made again', async () => {
      const { store } = bench();
      await store.documents.put(id, 'old', 0);
      await store.documents.remove(id, 1);
      expect(await store.documents.get(id)).toBeNull();
      await expect(store.documents.remove(id, 2)).rejects.toMatchObject(conflict);
      const fresh = await store.documents.put(id, 'fresh', 0);
      await expect(store.documents.put(id, 'stale', 1)).rejects.toMatchObject(conflict);
      expect(await store.documents.get(id)).toEqual(fresh);
    });

    test('belong to one host, installation, repository and kind', async () => {
      const { store } = bench();
      const others: DocumentKey[] = [
        { ...id, host: 'ghe.example' },
        { ...id, installationId: 9 },
        { ...id, repositoryId: 9 },
        { ...id, kind: 'pull' },
      ];
      await store.documents.put(id, 'mine', 0);
      for (const other of others) await store.documents.put(other, 'other', 0);
      expect((await store.documents.list(id)).map(({ body }) => body)).toEqual(['mine']);
      expect(await store.documents.listAll('gate')).toHaveLength(4);
    });

    test('keep ids up to 2^53 - 1 exactly and refuse what a number cannot hold', async () => {
      const { store, reopen } = bench();
      const large = { ...id, repositoryId: Number.MAX_SAFE_INTEGER };
      await store.documents.put(large, 'large', 0);
      const again = await reopen();
      expect((await again.documents.get(large))?.id.repositoryId).toBe(Number.MAX_SAFE_INTEGER);
      for (const repositoryId of [2 ** 53, 1.5, Number.NaN]) {
        const refused = again.documents.put({ ...id, repositoryId }, 'x', 0);
        await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT' });
      }
    });
  });
}
