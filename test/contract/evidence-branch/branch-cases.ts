import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { VerifyResult } from '../../../core/evidence/verify/verify-log.ts';
import type { RepositoryRef } from '../../../core/facts.ts';
import type { EvidenceLog, SealedInput } from '../../../core/ports.ts';

/** A real evidence branch, with the means to do to it what others may do. */
export interface BranchBench {
  readonly ref: RepositoryRef;
  /** A process of its own: its memory is its own, the store is shared. */
  readonly writer: () => EvidenceLog;
  readonly record: (number: number) => SealedInput;
  /** What an auditor finds in a clone. */
  readonly verify: (generation?: number) => Promise<VerifyResult>;
  readonly file: (path: string) => string | undefined;
  readonly head: () => string;
  /** Every commit of the branch. */
  readonly history: () => readonly string[];
  /** Head of the branch that everybody works on. */
  readonly mainHead: () => string;
  /** Runs before the next commit that adds to the branch is taken. */
  readonly beforeCommit: (action: () => Promise<void>) => void;
  readonly push: (files: Readonly<Record<string, string | null>>) => Promise<unknown>;
  readonly forcePush: (sha: string) => Promise<void>;
  readonly deleteBranch: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The contract of a Branch behind the writer; every real one runs all of it. */
export function branchCases(way: string, start: () => Promise<BranchBench>): void {
  describe(`the evidence branch, by way of ${way}`, () => {
    let bench: BranchBench;
    beforeEach(async () => {
      bench = await start();
    });
    afterEach(() => bench.close());

    const opened = async (): Promise<void> => {
      await bench.writer().append(bench.ref, [bench.record(0)]);
    };

    test('is made with its first records and continued', async () => {
      const log = bench.writer();
      await log.append(bench.ref, [bench.record(1), bench.record(2)]);
      expect(await bench.verify()).toMatchObject({ ok: true, size: 3 });
      await log.append(bench.ref, [bench.record(3), bench.record(4)]);
      expect(await bench.verify()).toMatchObject({ ok: true, size: 5 });
      expect(bench.history()).toHaveLength(2);
      expect(bench.file('README.md')).toContain('countersign verify');
      expect(await log.inspect(bench.ref)).toBe('intact');
    });

    test('holds more than one full tile', async () => {
      const log = bench.writer();
      await log.append(
        bench.ref,
        Array.from({ length: 300 }, (_, number) => bench.record(number)),
      );
      expect(await bench.verify()).toMatchObject({ ok: true, size: 301 });
      expect(bench.file('tile/0/000')).toBeDefined();
    });

    test('is written by two processes at once without a record lost or doubled', async () => {
      const logs = [bench.writer(), bench.writer()];
      const sealed = await Promise.all(
        logs.flatMap((log, process) =>
          Array.from({ length: 10 }, (_, n) => log.append(bench.ref, [bench.record(process * 10 + n)])),
        ),
      );
      const numbers = sealed.flat().map(({ index }) => index);
      expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
      expect(await bench.verify()).toMatchObject({ ok: true, size: 21 });
    });

    test('a commit that somebody pushes in between is found, told and undone by going forward', async () => {
      await opened();
      bench.beforeCommit(async () => {
        await bench.push({ 'records/forged.json': '{}', checkpoint: null });
      });
      await bench.writer().append(bench.ref, [bench.record(1)]);
      expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
      expect(bench.file('records/forged.json')).toBeUndefined();
    });

    test('a race that another process wins puts the record behind the other one', async () => {
      await opened();
      const other = bench.writer();
      bench.beforeCommit(async () => {
        await other.append(bench.ref, [bench.record(2)]);
      });
      await bench.writer().append(bench.ref, [bench.record(1)]);
      expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
    });

    test('C101: deleted, it is made again where it was, and that is told', async () => {
      await opened();
      const head = bench.head();
      const log = bench.writer();
      await bench.deleteBranch();
      expect(await log.inspect(bench.ref)).toBe('repaired');
      expect(await bench.verify()).toMatchObject({ ok: true, size: 3 });
      expect(bench.history()).toContain(head);
      expect(await log.inspect(bench.ref)).toBe('intact');
    });

    test('C101: moved back, the missing commits are pushed again, and that is told', async () => {
      await opened();
      const first = bench.head();
      const log = bench.writer();
      await log.append(bench.ref, [bench.record(1)]);
      const second = bench.head();
      await bench.forcePush(first);
      expect(await log.inspect(bench.ref)).toBe('repaired');
      expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
      expect(bench.history()).toContain(second);
      expect(await log.inspect(bench.ref)).toBe('intact');
    });

    test('C101: rewritten, a new log holds what the old one held, and why', async () => {
      await opened();
      const log = bench.writer();
      await log.append(bench.ref, [bench.record(1)]);
      await bench.forcePush(bench.mainHead());
      expect(await log.inspect(bench.ref)).toBe('repaired');
      // log-opened, what the old log held but its own log-opened, and the drift.
      expect(await bench.verify(2)).toMatchObject({ ok: true, size: 4 });
      expect(await log.inspect(bench.ref)).toBe('intact');
    });
  });
}
