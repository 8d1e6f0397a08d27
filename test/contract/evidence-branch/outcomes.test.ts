import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { openStore } from '../../../adapters/store/open-store.ts';
import { GateError } from '../../../core/errors.ts';
import type { EvidenceLog, Sealed, SealedInput } from '../../../core/ports.ts';
import { Bench } from '../../support/branch-bench.ts';
import type { LogAlgorithm } from '../../support/branch-bench.ts';
import { BranchRepository } from '../../support/branch-repository.ts';
import { SaysNo, unavailable } from '../../support/branch-simulation.ts';
import type { Interceptor } from '../../support/branch-simulation.ts';

const many = (bench: Bench, count: number): SealedInput[] =>
  Array.from({ length: count }, (_, n) => bench.record(n + 1));
const indexes = (sealed: readonly Sealed[]): number[] => sealed.map(({ index }) => index);

/** A bench whose log has its first record, `bench.record(0)`, at index 1. */
async function opened(algorithm: LogAlgorithm): Promise<Bench> {
  const bench = new Bench({ algorithm });
  await bench.writer().append(bench.ref, [bench.record(0)]);
  return bench;
}

type Instead = (effect: () => unknown) => void;
const lost: Instead = () => {
  throw unavailable();
};
const replyLost: Instead = (effect) => {
  effect();
  throw unavailable();
};
const no: Instead = () => {
  throw new SaysNo();
};

/** Of each named call the first so many times meet with something else. */
function meets(...plans: readonly (readonly [string, number, Instead])[]): Interceptor {
  const left = new Map(plans.map(([name, times]) => [name, times]));
  return async (call, effect) => {
    await Promise.resolve();
    const times = left.get(call.name) ?? 0;
    if (times > 0) {
      left.set(call.name, times - 1);
      for (const [name, , instead] of plans) if (name === call.name) instead(effect);
    }
    return effect();
  };
}

async function appendsWell(bench: Bench, log: EvidenceLog): Promise<void> {
  const sealed = await log.append(bench.ref, [bench.record(1), bench.record(2)]);
  expect(indexes(sealed)).toEqual([2, 3]);
  expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
  expect(bench.contradictions()).toEqual([]);
}

describe.each(['ed25519', 'p256'] as const satisfies readonly LogAlgorithm[])('with keys of %s', (algorithm) => {
  describe('a commit', () => {
    test('that opens the log holds log-opened, keys, attributes and a README', async () => {
      const bench = new Bench({ algorithm });
      const sealed = await bench.writer().append(bench.ref, [bench.record(1), bench.record(2)]);
      expect(indexes(sealed)).toEqual([1, 2]);
      expect(bench.kinds()).toEqual(['log-opened', 'heartbeat', 'heartbeat']);
      expect(bench.repository.heads).toHaveLength(1);
      const result = await bench.verify();
      expect(result).toMatchObject({ ok: true, origin: bench.origin(), size: 3 });
      expect(result.ok && result.notEvidence.toSorted()).toEqual([
        'README.md',
        'keys/checkpoint.vkey',
        'keys/record.vkey',
      ]);
    });

    test('is one call when nothing is in doubt', async () => {
      const bench = await opened(algorithm);
      const calls: string[] = [];
      const log = bench.writer({
        intercept: async (call, effect) => {
          await Promise.resolve();
          calls.push(call.name);
          return effect();
        },
      });
      // A process looks once before it writes for the first time.
      await log.append(bench.ref, [bench.record(1)]);
      await log.append(bench.ref, [bench.record(2)]);
      expect(calls).toEqual(['head', 'commit', 'commit']);
    });

    test('carries what came while the one before it was on its way, at most 40 records', async () => {
      const bench = await opened(algorithm);
      const log = bench.writer();
      const sealed = await Promise.all(many(bench, 100).map((record) => log.append(bench.ref, [record])));
      expect(new Set(sealed.flatMap(indexes)).size).toBe(100);
      // The first caller's record goes alone, or with those that were there at that moment.
      const commits = bench.repository.heads.length - 1;
      expect(commits).toBeGreaterThanOrEqual(3);
      expect(commits).toBeLessThanOrEqual(4);
      expect(await bench.verify()).toMatchObject({ ok: true, size: 102 });
    });

    test('carries at most a megabyte', async () => {
      const bench = await opened(algorithm);
      const large = many(bench, 40).map((_, n) => bench.record(n + 1, { filler: 'x'.repeat(60_000) }));
      await bench.writer().append(bench.ref, large);
      expect(bench.repository.heads).toHaveLength(1 + 3);
      expect(await bench.verify()).toMatchObject({ ok: true, size: 42 });
    });
  });

  describe('a record', () => {
    test('that is appended again counts once and gets its old number, also in another process', async () => {
      const bench = await opened(algorithm);
      const log = bench.writer();
      const [first, second] = [bench.record(1), bench.record(2)];
      expect(indexes(await log.append(bench.ref, [first, second, first]))).toEqual([2, 3, 2]);
      expect(indexes(await bench.writer().append(bench.ref, [second]))).toEqual([3]);
      expect(bench.repository.heads).toHaveLength(2);
    });

    test('is found by its digest once it is on the branch', async () => {
      const bench = await opened(algorithm);
      const log = bench.writer();
      expect(await log.find(bench.ref, bench.digest(bench.record(0)))).toBe(1);
      expect(await log.find(bench.ref, bench.digest(bench.record(9)))).toBeNull();
      expect(await log.find({ ...bench.ref, host: 'ghe.example' }, bench.digest(bench.record(0)))).toBeNull();
    });

    test('C102: of 200 in three processes none is lost, doubled or given a second number', async () => {
      const bench = new Bench({ algorithm });
      const logs = [bench.writer(), bench.writer(), bench.writer()];
      const records = many(bench, 200);
      const sealed = await Promise.all(
        records.flatMap((record, n) => logs.slice(n % 3, (n % 3) + 1).map((log) => log.append(bench.ref, [record]))),
      );
      const numbers = sealed.flatMap(indexes);
      expect(numbers.toSorted((a, b) => a - b)).toEqual(records.map((_, n) => n + 1));
      const there = bench.digests();
      for (const { digest, index } of sealed.flat()) expect(there[index]).toBe(digest);
      expect(await bench.verify()).toMatchObject({ ok: true, size: 201 });
      expect(bench.contradictions()).toEqual([]);
    });

    test('of two processes with a store connection each is in one log, however they take turns', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'countersign-writers-'));
      const stores = [0, 1].map(() => openStore(join(folder, 'data.sqlite')));
      const repository = new BranchRepository();
      const benches = stores.map(({ logs }) => new Bench({ store: logs, repository, algorithm }));
      const sealed = await Promise.all(
        benches.flatMap((bench, process) => {
          const log = bench.writer();
          return many(bench, 30).map((_, n) => log.append(bench.ref, [bench.record(100 * process + n)]));
        }),
      );
      const [bench = new Bench({ algorithm })] = benches;
      expect(new Set(sealed.flatMap(indexes)).size).toBe(60);
      expect(await bench.verify()).toMatchObject({ ok: true, size: 61 });
      for (const each of benches) expect(each.contradictions()).toEqual([]);
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true });
    });
  });

  describe('a commit that fails', () => {
    test.each([
      ['a request that is lost', meets(['commit', 1, lost])],
      ['a reply that is lost', meets(['commit', 1, replyLost])],
      ['GitHub answering 5xx a few times', meets(['commit', 5, lost])],
      ['409 and 422 that pass', meets(['commit', 2, no])],
      ['a lost reply, and the look after it failing too', meets(['commit', 1, replyLost], ['head', 2, lost])],
    ])('is made good by itself: %s', async (_what, intercept) => {
      const bench = await opened(algorithm);
      await appendsWell(bench, bench.writer({ intercept }));
      expect(bench.repository.heads).toHaveLength(2);
    });

    test('a lost race with another process puts the records behind the other ones', async () => {
      const bench = await opened(algorithm);
      const other = bench.writer();
      let raced = false;
      const log = bench.writer({
        intercept: async (call, effect) => {
          if (call.name === 'commit' && !raced) {
            raced = true;
            await other.append(bench.ref, [bench.record(9)]);
          }
          return effect();
        },
      });
      await log.append(bench.ref, [bench.record(1)]);
      expect(bench.kinds()).toHaveLength(4);
      expect(new Set(bench.digests()).size).toBe(4);
      expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
      expect(bench.contradictions()).toEqual([]);
    });

    test.each([
      ['commit', 'a log that exists'],
      ['replace', 'a log that is being opened'],
    ])('C103: on a protected branch (%s, %s) nothing is acknowledged, and later it goes on', async (call) => {
      const bench = call === 'commit' ? await opened(algorithm) : new Bench({ algorithm });
      const log = bench.writer({ intercept: meets([call, 4, no]) });
      const heads = bench.repository.heads.length;
      await expect(log.append(bench.ref, [bench.record(1)])).rejects.toMatchObject({ code: 'ERR_LOG_REFUSED' });
      expect(bench.repository.heads).toHaveLength(heads);
      await log.append(bench.ref, [bench.record(1)]);
      expect(await bench.verify()).toMatchObject({ ok: true });
      expect(bench.contradictions()).toEqual([]);
    });

    test('while GitHub stays away nothing is acknowledged, and what was queued comes with the next record', async () => {
      const bench = await opened(algorithm);
      const log = bench.writer({ intercept: meets(['commit', 10, lost]) });
      const failed = log.append(bench.ref, [bench.record(1)]);
      await expect(failed).rejects.toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE', effect: 'unknown' });
      expect(indexes(await log.append(bench.ref, [bench.record(2)]))).toEqual([3]);
      expect(indexes(await log.append(bench.ref, [bench.record(1)]))).toEqual([2]);
      expect(bench.repository.heads).toHaveLength(2);
    });

    test('a rate limit is handed on at once, with its time', async () => {
      const bench = await opened(algorithm);
      const limited = new GateError('ERR_FORGE_RATE_LIMITED', 'slow down', { retryAfterSeconds: 60 });
      const limit: Instead = () => {
        throw limited;
      };
      const log = bench.writer({ intercept: meets(['commit', 1, limit]) });
      await expect(log.append(bench.ref, [bench.record(1)])).rejects.toBe(limited);
    });
  });
});
