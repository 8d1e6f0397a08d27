import { describe, expect, test } from 'vitest';

import type { LogId, StoredRecord } from '../../../core/ports.ts';
import type { Records, StoreBench } from './store-suite.ts';

const log: LogId = { host: 'github.com', installationId: 1, repositoryId: 2, generation: 1 };
const conflict = { code: 'ERR_STORE_CONFLICT' };

const record = (digest: string, attachments: StoredRecord['attachments'] = []): Omit<StoredRecord, 'index'> => ({
  digest,
  bytes: new TextEncoder().encode(`record ${digest}`),
  signature: new Uint8Array(64).fill(7),
  attachments,
});
const digests = (records: readonly StoredRecord[]): string[] => records.map(({ digest }) => digest);

export function logCases(bench: () => StoreBench<Records>): void {
  describe('the log store', () => {
    test('queues records in the order in which they were kept; the same digest again changes nothing', async () => {
      const { store, reopen } = bench();
      for (const digest of ['b', 'a', 'c', 'a']) await store.logs.keep(log, record(digest));
      await store.logs.keep(log, { ...record('b'), signature: new Uint8Array(64) });
      const { logs } = await reopen();
      expect(digests(await logs.queued(log, 10))).toEqual(['b', 'a', 'c']);
      expect(digests(await logs.queued(log, 2))).toEqual(['b', 'a']);
      expect(await logs.record(log, 'b')).toEqual({ ...record('b'), index: null });
      expect(await logs.record(log, 'none')).toBeNull();
    });

    test('keeps the files that records name, once each', async () => {
      const { store } = bench();
      const files = [
        { path: 'policies/1.yml', bytes: new Uint8Array([1]) },
        { path: 'facts/2.json', bytes: new Uint8Array([2, 0, 255]) },
      ];
      await store.logs.keep(log, record('a', files));
      await store.logs.keep(log, record('b', files.slice(0, 1)));
      expect((await store.logs.record(log, 'a'))?.attachments).toEqual(files);
      expect((await store.logs.record(log, 'b'))?.attachments).toEqual(files.slice(0, 1));
    });

    test('forgets the bytes of facts that a record expunges, whichever records name them', async () => {
      const { store, reopen } = bench();
      const facts = { path: 'facts/2.json', bytes: new Uint8Array([2]) };
      const policy = { path: 'policies/1.yml', bytes: new Uint8Array([1]) };
      await store.logs.keep(log, record('a', [policy, facts]));
      await store.logs.advance(log, 'first', 0, [{ digest: 'a', index: 0 }]);
      const expunging = { ...record('gone'), expunges: facts.path };
      await store.logs.keep(log, expunging);
      await store.logs.keep(log, record('later', [facts]));
      const { logs } = await reopen();
      expect((await logs.record(log, 'a'))?.attachments).toEqual([policy]);
      expect((await logs.record(log, 'later'))?.attachments).toEqual([]);
      expect(await logs.record(log, 'gone')).toEqual({ ...expunging, index: null });
      await logs.keep(log, expunging);
    });

    test('expunges no file that is not on the branch, and none a second time', async () => {
      const { store } = bench();
      const facts = { path: 'facts/2.json', bytes: new Uint8Array([2]) };
      const expunging = (digest: string) => store.logs.keep(log, { ...record(digest), expunges: facts.path });
      const refused = { code: 'ERR_INPUT' };
      await expect(expunging('never-there')).rejects.toMatchObject(refused);
      await store.logs.keep(log, record('a', [facts]));
      await expect(expunging('queued')).rejects.toMatchObject(refused);
      await store.logs.advance(log, 'first', 0, [{ digest: 'a', index: 0 }]);
      await expunging('gone');
      await expect(expunging('again')).rejects.toMatchObject(refused);
      expect(digests(await store.logs.queued(log, 10))).toEqual(['gone']);
    });

    test('moves the state and the numbers of its records in one step', async () => {
      const { store, reopen } = bench();
      for (const digest of ['a', 'b', 'c']) await store.logs.keep(log, record(digest));
      await store.logs.advance(log, 'first', 0, []);
      await store.logs.advance(log, 'second', 1, [
        { digest: 'a', index: 0 },
        { digest: 'b', index: 1 },
      ]);
      const { logs } = await reopen();
      expect(await logs.state(log)).toEqual({ body: 'second', version: 2 });
      expect(digests(await logs.published(log, 0, 10))).toEqual(['a', 'b']);
      expect(digests(await logs.published(log, 1, 10))).toEqual(['b']);
      expect(digests(await logs.queued(log, 10))).toEqual(['c']);
    });

    test('a sequencer with an older version changes nothing, neither state nor numbers', async () => {
      const { store, another } = bench();
      const second = another();
      await store.logs.keep(log, record('a'));
      await store.logs.advance(log, 'first', 0, []);
      await second.logs.advance(log, 'theirs', 1, []);
      await expect(store.logs.advance(log, 'mine', 1, [{ digest: 'a', index: 0 }])).rejects.toMatchObject(conflict);
      await expect(store.logs.advance(log, 'mine', 0, [])).rejects.toMatchObject(conflict);
      expect(await store.logs.state(log)).toEqual({ body: 'theirs', version: 2 });
      expect(await store.logs.published(log, 0, 1)).toEqual([]);
    });

    test.each([
      ['a record that is not kept', [{ digest: 'none', index: 0 }]],
      ['a second number for one record', [{ digest: 'a', index: 5 }]],
      ['one number for two records', [{ digest: 'b', index: 0 }]],
    ])('refuses %s, and the state stays', async (_what, published) => {
      const { store } = bench();
      await store.logs.keep(log, record('a'));
      await store.logs.keep(log, record('b'));
      await store.logs.advance(log, 'first', 0, [{ digest: 'a', index: 0 }]);
      await expect(store.logs.advance(log, 'second', 1, published)).rejects.toMatchObject({ name: 'GateError' });
      expect(await store.logs.state(log)).toEqual({ body: 'first', version: 1 });
    });

    test('accepts the same number for the same record again', async () => {
      const { store } = bench();
      await store.logs.keep(log, record('a'));
      await store.logs.advance(log, 'first', 0, [{ digest: 'a', index: 0 }]);
      await store.logs.advance(log, 'second', 1, [{ digest: 'a', index: 0 }]);
      expect((await store.logs.record(log, 'a'))?.index).toBe(0);
    });

    test('finds records by their mark, published ones in order and then those in the queue', async () => {
      const { store, reopen } = bench();
      const mark = { name: 'credentials', isUnique: false };
      for (const digest of ['a', 'b', 'c']) await store.logs.keep(log, { ...record(digest), mark });
      await store.logs.keep(log, record('d'));
      await store.logs.advance(log, 'first', 0, [
        { digest: 'c', index: 0 },
        { digest: 'b', index: 1 },
      ]);
      const { logs } = await reopen();
      expect(digests(await logs.marked(log, 'credentials'))).toEqual(['c', 'b', 'a']);
      expect(await logs.marked(log, 'none')).toEqual([]);
      expect(await logs.marked({ ...log, generation: 2 }, 'credentials')).toEqual([]);
    });

    test('keeps one record of a unique mark; the same one again changes nothing', async () => {
      const { store, another } = bench();
      const mark = { name: 'nonce/1', isUnique: true };
      const second = another();
      await store.logs.keep(log, { ...record('a'), mark });
      await store.logs.keep(log, { ...record('a'), mark });
      await expect(second.logs.keep(log, { ...record('b'), mark })).rejects.toMatchObject({ code: 'ERR_INPUT' });
      expect(digests(await store.logs.queued(log, 10))).toEqual(['a']);
      await store.logs.keep({ ...log, generation: 2 }, { ...record('b'), mark });
    });

    test('brings no file to a log that a carried record expunges', async () => {
      const { store } = bench();
      const file = { path: 'facts/2.json', bytes: new Uint8Array([2]) };
      await store.logs.keep(log, { ...record('x'), expunges: file.path, isCarried: true });
      await store.logs.keep(log, record('a', [file]));
      expect((await store.logs.record(log, 'a'))?.attachments).toEqual([]);
      expect(await store.logs.record(log, 'x')).toEqual({ ...record('x'), index: null });
    });

    test('changes the signature of a queued record together with the state, or neither', async () => {
      const { store, reopen } = bench();
      await store.logs.keep(log, record('a'));
      await store.logs.keep(log, record('b'));
      await store.logs.advance(log, 'first', 0, []);
      const resigned = [{ digest: 'a', signature: new Uint8Array([1, 2, 3]) }];
      await expect(store.logs.advance(log, 'late', 7, [], resigned)).rejects.toMatchObject(conflict);
      expect(await store.logs.record(log, 'a')).toEqual({ ...record('a'), index: null });
      await store.logs.advance(log, 'second', 1, [], resigned);
      const { logs } = await reopen();
      expect(await logs.record(log, 'a')).toEqual({
        ...record('a'),
        signature: new Uint8Array([1, 2, 3]),
        index: null,
      });
      expect(await logs.record(log, 'b')).toEqual({ ...record('b'), index: null });
    });

    test.each([
      ['a record that is not kept', 'none'],
      ['a record that has its number', 'a'],
    ])('gives no other signature to %s, and the state stays', async (_what, digest) => {
      const { store } = bench();
      await store.logs.keep(log, record('a'));
      await store.logs.advance(log, 'first', 0, [{ digest: 'a', index: 0 }]);
      const resigned = [{ digest, signature: new Uint8Array([1, 2, 3]) }];
      await expect(store.logs.advance(log, 'second', 1, [], resigned)).rejects.toMatchObject(conflict);
      expect(await store.logs.state(log)).toEqual({ body: 'first', version: 1 });
      expect(await store.logs.record(log, 'a')).toEqual({ ...record('a'), index: 0 });
    });

    test('keeps generations and repositories apart and knows the newest generation', async () => {
      const { store } = bench();
      expect(await store.logs.latest(log)).toBeNull();
      await store.logs.advance(log, 'one', 0, []);
      await store.logs.advance({ ...log, generation: 2 }, 'two', 0, []);
      await store.logs.keep(log, record('a'));
      expect(await store.logs.latest(log)).toBe(2);
      expect(await store.logs.latest({ ...log, repositoryId: 3 })).toBeNull();
      expect(await store.logs.queued({ ...log, generation: 2 }, 10)).toEqual([]);
    });
  });
}
