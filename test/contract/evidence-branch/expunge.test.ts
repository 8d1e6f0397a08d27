import { describe, expect, test } from 'vitest';

import { sha256 } from '../../../adapters/signing/node-crypto.ts';
import { toHex, utf8 } from '../../../core/evidence/bytes.ts';
import { factsPath } from '../../../core/evidence/layout.ts';
import type { SealedInput } from '../../../core/ports.ts';
import { Bench } from '../../support/branch-bench.ts';
import { unavailable } from '../../support/branch-simulation.ts';
import type { Interceptor } from '../../support/branch-simulation.ts';
import { recordBytes } from '../../support/evidence-log.ts';

const facts = utf8('{ "parties": ["erika"] }\n');
const digest = toHex(sha256(facts));
const path = factsPath(digest);

/** A record that names the facts. */
function naming(bench: Bench, number: number): SealedInput {
  return { ...bench.record(number, { factsDigest: digest }), attachments: [{ path, bytes: facts }] };
}

function expunging({ ref }: Bench, number: number, expungedDigest = digest): SealedInput {
  const { host, installationId, id } = ref;
  const [by, approvedBy] = [1, 2].map((person) => ({ id: person, login: `admin-${person}` }));
  const bytes = recordBytes('expunged', { expungedDigest, by, approvedBy }, number, { host, installationId, id });
  return { bytes, attachments: [] };
}

const isThere = (bench: Bench): boolean => bench.repository.tree(bench.repository.head ?? '').has(path);

/** A log that names the facts twice, and one record that expunges them. */
async function expunged(intercept?: Interceptor): Promise<Bench> {
  const bench = new Bench();
  await bench.writer().append(bench.ref, [naming(bench, 1), naming(bench, 2)]);
  expect(isThere(bench)).toBe(true);
  await bench.writer(intercept === undefined ? {} : { intercept }).append(bench.ref, [expunging(bench, 3)]);
  return bench;
}

/** The reply to the first commit is lost after it was made. */
function losesReply(): Interceptor {
  let isLost = false;
  return async (call, effect) => {
    const answer = await Promise.resolve(effect());
    if (call.name !== 'commit' || isLost) return answer;
    isLost = true;
    throw unavailable();
  };
}

describe('an expunged facts file', () => {
  test.each([
    ['at once', undefined],
    ['with its reply lost', losesReply()],
  ])('is gone with the commit that says so, and the log verifies: %s', async (_, intercept) => {
    const bench = await expunged(intercept);
    expect(isThere(bench)).toBe(false);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
  });

  test('does not come back with a record that names it later', async () => {
    const bench = await expunged();
    await bench.writer().append(bench.ref, [naming(bench, 4)]);
    expect(isThere(bench)).toBe(false);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 5 });
  });

  test('does not come back when somebody puts it there: that is drift, mended forward', async () => {
    const bench = await expunged();
    bench.repository.foreignCommit({ [path]: new TextDecoder().decode(facts) });
    expect(await bench.verify()).toMatchObject({ ok: false, problem: { code: 'attachment-not-expunged', path } });
    expect(await bench.writer().inspect(bench.ref)).toBe('repaired');
    expect(isThere(bench)).toBe(false);
    expect(await bench.verify()).toMatchObject({ ok: true });
  });

  test.each([
    ['rewritten', (bench: Bench) => bench.repository.foreignCommit({ 'README.md': 'nothing ever happened' })],
    ['purged, as the host does it', () => undefined],
  ])('stays away from the log that follows on a branch that was %s', async (_, act) => {
    const bench = await expunged();
    for (const head of bench.repository.heads) bench.repository.forget(head);
    bench.repository.point(null);
    act(bench);
    const log = bench.writer();
    expect(await log.inspect(bench.ref)).toBe('repaired');
    expect(isThere(bench)).toBe(false);
    expect(bench.kinds()).toEqual(['log-opened', 'expunged', 'heartbeat', 'heartbeat', 'drift']);
    expect(await bench.verify(bench.repository.head, 2)).toMatchObject({ ok: true, size: 5 });
    await log.append(bench.ref, [naming(bench, 4)]);
    await expect(log.append(bench.ref, [expunging(bench, 5)])).rejects.toMatchObject({ code: 'ERR_INPUT' });
    expect(await bench.verify(bench.repository.head, 2)).toMatchObject({ ok: true, size: 6 });
  });

  test('is in no commit of a log that continues a rewritten one, nor of the one after that; each of them verifies', async () => {
    const bench = new Bench();
    const log = bench.writer();
    // More records than one commit takes stand between the two.
    const between = Array.from({ length: 50 }, (_, n) => bench.record(n + 10));
    await log.append(bench.ref, [naming(bench, 1), ...between]);
    await log.append(bench.ref, [expunging(bench, 2)]);
    for (const generation of [2, 3]) {
      bench.repository.point(null);
      bench.repository.foreignCommit({ 'README.md': `nothing happened ${generation}` });
      const from = bench.repository.heads.length;
      expect(await log.inspect(bench.ref)).toBe('repaired');
      await log.append(bench.ref, [naming(bench, 100 + generation)]);
      for (const head of bench.repository.heads.slice(from)) {
        expect(await bench.verify(head, generation)).toMatchObject({ ok: true });
        expect(bench.repository.tree(head).has(path)).toBe(false);
      }
    }
    expect(bench.kinds().slice(0, 3)).toEqual(['log-opened', 'expunged', 'heartbeat']);
  });
});

describe('a record that would expunge', () => {
  test.each([
    ['what no record names', 'a'.repeat(64)],
    ['no file at all', 'facts'],
  ])('%s is refused, and those that came with others are not', async (_, wrong) => {
    const bench = await expunged();
    const log = bench.writer();
    const [refused, taken] = await Promise.allSettled([
      log.append(bench.ref, [expunging(bench, 4, wrong)]),
      log.append(bench.ref, [bench.record(5)]),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'ERR_INPUT' } });
    expect(taken).toMatchObject({ status: 'fulfilled', value: [{ index: 4 }] });
    expect(await bench.verify()).toMatchObject({ ok: true, size: 5 });
  });

  test('the same file a second time is refused; the same record again is the same', async () => {
    const bench = await expunged();
    const log = bench.writer();
    expect(await log.append(bench.ref, [expunging(bench, 3)])).toMatchObject([{ index: 3 }]);
    await expect(log.append(bench.ref, [expunging(bench, 4)])).rejects.toMatchObject({ code: 'ERR_INPUT' });
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
  });

  test('of two at once, one is taken', async () => {
    const bench = new Bench();
    await bench.writer().append(bench.ref, [naming(bench, 1)]);
    const writers = [bench.writer(), bench.writer()];
    const both = await Promise.allSettled(writers.map((log, at) => log.append(bench.ref, [expunging(bench, 2 + at)])));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 3 });
  });
});
