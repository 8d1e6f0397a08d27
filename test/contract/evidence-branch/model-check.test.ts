import { describe, expect, test } from 'vitest';

import { GateError } from '../../../core/errors.ts';
import type { SealedInput } from '../../../core/ports.ts';
import type { BranchRepository } from '../../support/branch-repository.ts';
import { Bench } from '../../support/branch-bench.ts';
import { explore } from '../../support/branch-explorer.ts';
import { runModel } from '../../support/branch-model.ts';
import type { ModelOptions, Script, Visited } from '../../support/branch-model.ts';

/** Appends the records, one call each group, and checks what was promised when the call came back. */
function appends(bench: Bench, groups: readonly (readonly SealedInput[])[]): Script {
  return async (log) => {
    for (const group of groups) {
      const sealed = await log.append(bench.ref, group);
      const there = bench.digests();
      expect(sealed.map(({ digest }) => digest)).toEqual(group.map((record) => bench.digest(record)));
      for (const { digest, index } of sealed) expect(there[index]).toBe(digest);
    }
  };
}

/** What must be true in the end, whatever happened. */
function checkEnd(bench: Bench, records: readonly SealedInput[]): void {
  const there = bench.digests();
  for (const record of records) {
    expect(there.filter((digest) => digest === bench.digest(record))).toHaveLength(1);
  }
  expect(there).toHaveLength(records.length + 1);
  expect(bench.contradictions()).toEqual([]);
}

interface Given extends ModelOptions {
  /** Is there a log already? */
  readonly opened: boolean;
  /** What each process appends: its calls, and in each the numbers of the records. */
  readonly processes: readonly (readonly (readonly number[])[])[];
}

async function check(given: Given): Promise<number> {
  const visited: Visited = new Set();
  return explore(async (choices) => {
    const bench = new Bench();
    const first = bench.record(0);
    if (given.opened) await bench.writer().append(bench.ref, [first]);
    const records = new Map(given.processes.flat(2).map((number) => [number, bench.record(number)]));
    const inputs = (numbers: readonly number[]): SealedInput[] =>
      numbers.flatMap((number) => records.get(number) ?? []);
    const scripts = given.processes.map((groups) => appends(bench, groups.map(inputs)));
    const isNew = await runModel(bench, scripts, given, choices, visited);
    // Not only in the end: nobody ever saw a branch that does not verify.
    for (const head of bench.repository.heads) expect(await bench.verify(head)).toMatchObject({ ok: true });
    if (isNew) checkEnd(bench, [...(given.opened ? [first] : []), ...records.values()]);
  });
}

describe('two or three records, every crash and lost reply', () => {
  test.each([
    ['one process opens the log, two faults', { opened: false, processes: [[[1, 2, 3]]], faults: 2, switches: 0 }],
    ['one process, three commits, two faults', { opened: true, processes: [[[1], [2], [3]]], faults: 2, switches: 0 }],
    ['two processes, every interleaving', { opened: true, processes: [[[1]], [[2]]], faults: 0, switches: Infinity }],
    ['two processes, one fault', { opened: true, processes: [[[1, 2]], [[3]]], faults: 1, switches: 1 }],
    ['two processes open the log', { opened: false, processes: [[[1, 2]], [[3]]], faults: 0, switches: 3 }],
    ['two processes open the log, one fault', { opened: false, processes: [[[1, 2]], [[3]]], faults: 1, switches: 1 }],
  ] satisfies [string, Given][])(
    '%s',
    async (_what, given) => {
      const runs = await check(given);
      expect(runs).toBeGreaterThan(100);
    },
    120_000,
  );
});

interface RotationGiven extends ModelOptions {
  /** One record each. */
  readonly holds: NonNullable<ModelOptions['holds']>;
}

/** P-256: the same thing signed twice has two signatures, so whatever is signed again where it must not be is seen. */
describe('a log under the old keys goes over to new ones', () => {
  test.each([
    ['one process, one fault', { holds: ['both'], faults: 1, switches: 0 }],
    ['two processes with both keys, taking turns', { holds: ['both', 'both'], faults: 0, switches: 2 }],
    ['an old process and a new one, taking turns', { holds: ['old', 'both'], faults: 0, switches: 3 }],
    ['an old process and a new one, one fault', { holds: ['old', 'both'], faults: 1, switches: 0 }],
    ['a new process and an old one, one fault', { holds: ['both', 'old'], faults: 1, switches: 0 }],
    ['one process that revokes the old ones, one fault', { holds: ['both'], faults: 1, switches: 0, revokedFrom: 1 }],
    [
      'an old process and one that revokes its keys, taking turns',
      { holds: ['old', 'both'], faults: 0, switches: 2, revokedFrom: 1 },
    ],
  ] satisfies [string, RotationGiven][])(
    '%s',
    async (_what, given: RotationGiven) => {
      const visited: Visited = new Set();
      const runs = await explore(async (choices) => {
        const bench = new Bench({ algorithm: 'p256' });
        const first = bench.record(0);
        await bench.writer().append(bench.ref, [first]);
        const records = given.holds.map((_, n) => bench.record(n + 1));
        const scripts = records.map((record, n): Script => {
          const script = appends(bench, [[record]]);
          // A process that has only the old keys may be stopped; what it was told before that holds.
          return given.holds[n] === 'old' ? (log) => script(log).catch(unlessRefused) : script;
        });
        const isNew = await runModel(bench, scripts, given, choices, visited);
        const { revokedFrom } = given;
        for (const head of bench.repository.heads) {
          const old = await bench.verify(head);
          // The old pin holds until its key is revoked, and then the new one does.
          const verified = old.ok || revokedFrom === undefined ? old : await bench.verify(head, 1, 'new');
          expect(verified).toMatchObject({ ok: true });
        }
        if (!isNew) return;
        await bench.writer({ holds: 'both', revokedFrom }).append(bench.ref, [...records, bench.record(9)]);
        expect(await bench.verify(bench.repository.head, 1, 'new')).toMatchObject({ ok: true });
        const old = await bench.verify(bench.repository.head, 1, 'old');
        expect('problem' in old ? old.problem.code : 'verifies').toBe(
          revokedFrom === undefined ? 'verifies' : 'pinned-key-revoked',
        );
        expect(bench.kinds().filter((kind) => kind === 'key-changed')).toHaveLength(2);
        const there = bench.digests().filter((_, index) => bench.kinds()[index] === 'heartbeat');
        expect(there.toSorted()).toEqual(
          [first, ...records, bench.record(9)].map((each) => bench.digest(each)).toSorted(),
        );
        expect(bench.contradictions()).toEqual([]);
      });
      expect(runs).toBeGreaterThan(20);
    },
    120_000,
  );
});

function unlessRefused(error: unknown): void {
  if (!(error instanceof GateError && error.code === 'ERR_LOG_KEYS')) throw error;
}

/** What somebody can do who may push, delete and force-push; `attack` is done once, at any time. */
const ATTACKS: readonly (readonly [string, (repository: BranchRepository) => void])[] = [
  ['a foreign commit', (repository) => void repository.foreignCommit({ checkpoint: 'forged' })],
  ['a roll back', (repository) => repository.point(repository.parent(repository.head ?? '') ?? repository.head)],
  ['a deletion', (repository) => repository.point(null)],
  [
    'a rewrite',
    (repository) => {
      repository.point(null);
      repository.foreignCommit({ 'README.md': 'nothing happened' });
    },
  ],
];

describe('two records, and somebody else at the branch at any time', () => {
  const cases = ATTACKS.flatMap(([what, act]) => [
    ...[true, false].flatMap((opened) =>
      [0, 1].map((faults) => ({ what, act, opened, faults, holds: 'old' as const })),
    ),
    // While the log goes over to new keys.
    { what, act, opened: true, faults: 0, holds: 'both' as const },
  ]);
  test.each(cases)(
    '$what, opened: $opened, faults: $faults, keys: $holds',
    async ({ act, opened, faults, holds }) => {
      const visited: Visited = new Set();
      const runs = await explore(async (choices) => {
        const bench = new Bench();
        const first = bench.record(0);
        if (opened) await bench.writer().append(bench.ref, [first]);
        const records = [bench.record(1), bench.record(2)];
        const script: Script = async (log) => {
          for (const record of records) await log.append(bench.ref, [record]);
        };
        const options = { faults, switches: 0, attack: () => act(bench.repository), holds: [holds] };
        if (!(await runModel(bench, [script], options, choices, visited))) return;
        // The push of whoever it was is a delivery; what a crash left open is done by the next who come.
        const log = bench.writer({ holds });
        await log.inspect(bench.ref);
        await log.append(bench.ref, records);
        expect(await log.inspect(bench.ref)).toBe('intact');
        const there = bench.digests();
        const pin = holds === 'old' ? 'old' : 'new';
        const generation = (await bench.verify(bench.repository.head, 1, pin)).ok ? 1 : 2;
        expect(await bench.verify(bench.repository.head, generation, pin)).toMatchObject({ ok: true });
        for (const record of [...(opened ? [first] : []), ...records]) {
          expect(there.filter((digest) => digest === bench.digest(record))).toHaveLength(1);
        }
        expect(bench.contradictions(generation)).toEqual([]);
        // A request of our own that lands late, on a branch that was moved back, looks like a second attack.
        const told = bench.kinds().filter((kind) => kind === 'repaired' || kind === 'drift');
        expect(told.length).toBeLessThanOrEqual(1 + faults);
      });
      expect(runs).toBeGreaterThan(3);
    },
    120_000,
  );
});
