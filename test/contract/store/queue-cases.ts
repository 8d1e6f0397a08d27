import { describe, expect, test } from 'vitest';

import type { Delivery, Job, NewJob, Store } from '../../../core/ports.ts';
import type { StoreBench } from './store-suite.ts';

const delivery = (id: string, digest: string): Delivery => ({
  id,
  event: 'push',
  digest,
  body: new Uint8Array([1, 2, 3]),
  receivedAt: '2026-11-21T04:33:12.123Z',
});
const job = (subject: string, payload = '{}'): NewJob => ({ kind: 'task', subject, payload });

async function claimed(store: Store, owner = 'a', now = 1_000): Promise<Job> {
  const one = await store.queue.claim(owner, now, 100);
  if (one === null) throw new TypeError('nothing could be claimed');
  return one;
}

export function queueCases(bench: () => StoreBench): void {
  describe('the inbox', () => {
    test('keeps a delivery and its job together and gives both back when opened again', async () => {
      const { store, reopen } = bench();
      expect(await store.queue.accept(delivery('d1', 'x1'), job('s'))).toBe('stored');
      const again = await reopen();
      expect(await again.queue.delivery('d1')).toEqual(delivery('d1', 'x1'));
      expect((await claimed(again)).subject).toBe('s');
    });

    test.each([
      ['by its id', delivery('d1', 'x2')],
      ['by its content under another id, which is not signed', delivery('d2', 'x1')],
    ])('knows a doubled delivery %s and makes no second job', async (_by, second) => {
      const { store } = bench();
      await store.queue.accept(delivery('d1', 'x1'), job('s'));
      expect(await store.queue.accept(second, job('s'))).toBe('duplicate');
      expect(await store.queue.counts()).toEqual({ waiting: 1, leased: 0, dead: 0 });
    });

    test('stores one delivery once when it arrives many times at once', async () => {
      const { store, another } = bench();
      const second = another();
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, n) => (n % 2 ? store : second).queue.accept(delivery('d1', 'x1'), job('s'))),
      );
      expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1);
    });

    test('answers null for a delivery that never came', async () => {
      expect(await bench().store.queue.delivery('unknown')).toBeNull();
    });
  });

  describe('claiming', () => {
    test('gives the oldest due job first and counts the claim as an attempt', async () => {
      const { store } = bench();
      await store.queue.enqueue({ ...job('later'), notBefore: 2_000 });
      await store.queue.enqueue(job('first'));
      await store.queue.enqueue(job('second'));
      const first = await claimed(store);
      expect([first.subject, first.attempts]).toEqual(['first', 1]);
      expect((await claimed(store)).subject).toBe('second');
      expect(await store.queue.claim('a', 1_000, 100)).toBeNull();
      expect((await claimed(store, 'a', 2_000)).subject).toBe('later');
    });

    test('never gives two jobs of one subject side by side', async () => {
      const { store } = bench();
      await store.queue.enqueue(job('s', '1'));
      await store.queue.enqueue(job('s', '2'));
      await store.queue.enqueue(job('t', '3'));
      const first = await claimed(store);
      expect((await claimed(store, 'b')).payload).toBe('3');
      expect(await store.queue.claim('b', 1_000, 100)).toBeNull();
      await store.queue.complete(first, 'a');
      expect((await claimed(store, 'b')).payload).toBe('2');
    });

    test('gives each job to one claimer only, whatever number of processes ask at once', async () => {
      const { store, another } = bench();
      const stores = [store, another(), another()];
      for (let n = 0; n < 30; n += 1) await store.queue.enqueue(job(`s${n % 10}`, String(n)));
      const done: string[] = [];
      const work = async (own: Store, owner: string): Promise<void> => {
        const busy = new Set<string>();
        for (;;) {
          const one = await own.queue.claim(owner, 1_000, 100);
          if (one === null) return;
          expect(busy.has(one.subject)).toBe(false);
          busy.add(one.subject);
          done.push(one.payload);
          expect(await own.queue.complete(one, owner)).toBe(true);
          busy.delete(one.subject);
        }
      };
      await Promise.all(stores.flatMap((own, n) => [work(own, `p${n}`), work(own, `q${n}`)]));
      while ((await store.queue.counts()).waiting > 0) await work(store, 'last');
      expect(done.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    });
  });

  describe('leases', () => {
    test('a lease that ran out lets another owner claim the job, and the first owner can no longer end it', async () => {
      const { store } = bench();
      await store.queue.enqueue(job('s'));
      const first = await claimed(store, 'a', 1_000);
      expect(await store.queue.claim('b', 1_099, 100)).toBeNull();
      const second = await claimed(store, 'b', 1_100);
      expect(second.attempts).toBe(2);
      expect(await store.queue.renew(first, 'a', 1_100, 100)).toBe(false);
      expect(await store.queue.complete(first, 'a')).toBe(false);
      expect(await store.queue.retry(first, 'a', 0, 'late')).toBe(false);
      expect(await store.queue.bury(first, 'a', 'late')).toBe(false);
      expect(await store.queue.complete(second, 'b')).toBe(true);
    });

    test('an owner that claims its own lost job again cannot end it with the older lease', async () => {
      const { store } = bench();
      await store.queue.enqueue(job('s'));
      const older = await claimed(store, 'a', 1_000);
      await claimed(store, 'a', 1_100);
      expect(await store.queue.complete(older, 'a')).toBe(false);
    });

    test('a renewed lease holds longer', async () => {
      const { store } = bench();
      await store.queue.enqueue(job('s'));
      const first = await claimed(store, 'a', 1_000);
      expect(await store.queue.renew(first, 'a', 1_050, 500)).toBe(true);
      expect(await store.queue.claim('b', 1_500, 100)).toBeNull();
      expect(await store.queue.claim('b', 1_550, 100)).not.toBeNull();
    });

    test('a lease that ran out cannot be renewed even while nobody else has claimed the job', async () => {
      const { store } = bench();
      await store.queue.enqueue(job('s'));
      const first = await claimed(store, 'a', 1_000);
      expect(await store.queue.renew(first, 'a', 1_100, 100)).toBe(false);
    });

    test('leases survive a restart', async () => {
      const { store, reopen } = bench();
      await store.queue.enqueue(job('s'));
      const first = await claimed(store, 'a', 1_000);
      const again = await reopen();
      expect(await again.queue.claim('b', 1_050, 100)).toBeNull();
      expect(await again.queue.complete(first, 'a')).toBe(true);
    });
  });

  describe('retry, burial, collapsing', () => {
    test('a retried job comes back at its time, with its attempts counted', async () => {
      const { store } = bench();
      await store.queue.enqueue(job('s'));
      expect(await store.queue.retry(await claimed(store), 'a', 5_000, 'forge down')).toBe(true);
      expect(await store.queue.claim('a', 4_999, 100)).toBeNull();
      expect((await claimed(store, 'a', 5_000)).attempts).toBe(2);
    });

    test('a buried job is kept and never comes back by itself', async () => {
      const { store } = bench();
      await store.queue.enqueue(job('s'));
      expect(await store.queue.bury(await claimed(store), 'a', 'twelve tries')).toBe(true);
      expect(await store.queue.claim('a', 9_999_999, 100)).toBeNull();
      expect(await store.queue.counts()).toEqual({ waiting: 0, leased: 0, dead: 1 });
    });

    test('a waiting job swallows its twin only when asked to, and takes over the earlier time', async () => {
      const { store } = bench();
      await store.queue.enqueue({ ...job('s'), notBefore: 9_000 });
      await store.queue.enqueue({ ...job('s'), collapse: true });
      await store.queue.enqueue({ ...job('s', '{"other":1}'), collapse: true });
      await store.queue.enqueue(job('t'));
      await store.queue.enqueue(job('t'));
      expect((await store.queue.counts()).waiting).toBe(4);
      expect((await claimed(store)).payload).toBe('{}');
    });

    test('a job that is already being worked on swallows nothing: it may have read too early', async () => {
      const { store } = bench();
      await store.queue.enqueue({ ...job('s'), collapse: true });
      await claimed(store);
      await store.queue.enqueue({ ...job('s'), collapse: true });
      expect(await store.queue.counts()).toEqual({ waiting: 1, leased: 1, dead: 0 });
    });

    test('tells when the next job falls due, and does not let a worker spin on a subject that is leased', async () => {
      const { store } = bench();
      expect(await store.queue.nextDue(1_000)).toBeNull();
      await store.queue.enqueue({ ...job('s'), notBefore: 3_000 });
      expect(await store.queue.nextDue(1_000)).toBe(3_000);
      await store.queue.enqueue(job('t', '1'));
      await store.queue.enqueue(job('t', '2'));
      expect(await store.queue.nextDue(1_000)).toBe(1_000);
      await claimed(store);
      expect(await store.queue.nextDue(1_000)).toBe(1_100);
      expect(await store.queue.nextDue(1_200)).toBe(1_200);
    });
  });
}
