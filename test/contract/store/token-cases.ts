import { describe, expect, test } from 'vitest';

import type { DocumentKey, Store } from '../../../core/ports.ts';
import type { StoreBench } from './store-suite.ts';

const id: DocumentKey = { host: 'github.com', installationId: 1, repositoryId: 2, kind: 'proposals', key: '1/1/prod' };
const token = { issuer: 'https://issuer.example', id: 'one', expiresAt: 5_000 };

function spend(store: Store, more: { readonly id?: string; readonly expected?: number; readonly now?: number } = {}) {
  const { expected = 0, now = 1_000, id: tokenId = token.id } = more;
  const effect = { writes: [{ id, body: tokenId, expected }], job: { kind: 'task', subject: 's', payload: tokenId } };
  return store.tokens.spend({ ...token, id: tokenId }, now, effect);
}

export function tokenCases(bench: () => StoreBench): void {
  describe('a token that is good for one request', () => {
    test('is spent together with what it was for', async () => {
      const { store, reopen } = bench();
      expect(await spend(store)).toBe('done');
      const again = await reopen();
      expect(await again.documents.get(id)).toMatchObject({ body: 'one', version: 1 });
      expect(await again.queue.counts()).toMatchObject({ waiting: 1 });
      expect(await spend(again, { expected: 1 })).toBe('used');
      expect(await again.documents.get(id)).toMatchObject({ version: 1 });
      expect(await again.queue.counts()).toMatchObject({ waiting: 1 });
    });

    test('does its work once when it arrives many times at once in two processes', async () => {
      const { store, another } = bench();
      const second = another();
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => spend(n % 2 ? store : second)));
      const values = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'failed'));
      expect(values.filter((value) => value === 'done')).toHaveLength(1);
      expect(values.filter((value) => value === 'used')).toHaveLength(19);
      expect(await store.queue.counts()).toMatchObject({ waiting: 1 });
    });

    test('is not spent when somebody else wrote the document first', async () => {
      const { store } = bench();
      await spend(store, { id: 'other' });
      await expect(spend(store)).rejects.toThrow(expect.objectContaining({ code: 'ERR_STORE_CONFLICT' }));
      expect(await store.queue.counts()).toMatchObject({ waiting: 1 });
      expect(await spend(store, { expected: 1 })).toBe('done');
    });

    test('is remembered by its issuer, and only until it has expired', async () => {
      const { store } = bench();
      await spend(store);
      expect(await spend(store, { expected: 1, now: 4_999 })).toBe('used');
      const write = { id, body: 'other issuer', expected: 1 };
      const effect = { writes: [write], job: { kind: 'task', subject: 's', payload: '{}' } };
      expect(await store.tokens.spend({ ...token, issuer: 'https://other.example' }, 4_999, effect)).toBe('done');
      // By then it is refused for its age, wherever it is looked at.
      expect(await spend(store, { expected: 2, now: 5_000 })).toBe('done');
    });
  });
}
