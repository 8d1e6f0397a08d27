import { describe, expect, test } from 'vitest';

import { toHex } from '../../../core/evidence/bytes.ts';
import type { SealedInput } from '../../../core/ports.ts';
import { Bench } from '../../support/branch-bench.ts';
import { unavailable } from '../../support/branch-simulation.ts';
import type { Interceptor } from '../../support/branch-simulation.ts';
import { recordBytes, sha256 } from '../../support/evidence-log.ts';
import { enrolledRecord, signedReview, sshSigner } from '../../support/signed-reviews.ts';
import { softwareSshKey } from '../../support/software-ssh-key.ts';

/** C107: the keys of a log were stolen. The new ones revoke them, and no record that follows rests on what they signed. */

const input = (bytes: Uint8Array): SealedInput => ({ bytes, attachments: [] });
const gate = { runId: 1, attempt: 1, environment: 'production', opening: 1 };
const authorised = input(recordBytes('authorised', { gate }, 1));
const authorisedDigest = toHex(sha256(authorised.bytes));
const released = input(recordBytes('released', { gate, authorisedDigest, how: 'answered' }, 2));
const refused = { code: 'ERR_LOG_KEYS' };

/** GitHub does not even say where the branch is: what is appended stays in the queue. */
const away: Interceptor = async () => {
  await Promise.resolve();
  throw unavailable();
};

/** A log of the old keys with these records from index 1 on. */
async function opened(...records: readonly SealedInput[]): Promise<Bench> {
  const bench = new Bench();
  await bench.writer().append(bench.ref, records);
  return bench;
}

async function waits(bench: Bench, record: SealedInput): Promise<void> {
  const append = bench.writer({ intercept: away }).append(bench.ref, [record]);
  await expect(append).rejects.toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE' });
}

async function verifies(bench: Bench): Promise<void> {
  expect(await bench.verify(bench.repository.head, 1, 'new')).toMatchObject({ ok: true });
}

describe('old keys that are revoked', () => {
  test.each(['ed25519', 'p256'] as const)(
    'lose every pin, and what they signed is not trusted (%s)',
    async (algorithm) => {
      const bench = new Bench({ algorithm });
      await bench.writer().append(bench.ref, [bench.record(1), bench.record(2)]);
      await bench.writer({ holds: 'both', revokedFrom: 2 }).append(bench.ref, [bench.record(3)]);
      expect(bench.kinds().slice(3)).toEqual(['key-changed', 'key-changed', 'heartbeat']);
      expect(await bench.verify()).toMatchObject({ ok: false, problem: { code: 'pinned-key-revoked' } });
      expect(await bench.verify(bench.repository.head, 1, 'new')).toMatchObject({
        ok: true,
        size: 6,
        distrusted: [
          { role: 'checkpoint', from: 2, before: 4 },
          { role: 'record', from: 2, before: 4 },
        ],
      });
      expect(bench.contradictions()).toEqual([]);
    },
  );

  test('are revoked once, however often a process starts with the same settings', async () => {
    const bench = await opened(authorised);
    for (const number of [1, 2, 3]) {
      const log = bench.writer({ holds: 'both', revokedFrom: 1 });
      expect(await log.inspect(bench.ref)).toBe('intact');
      await log.append(bench.ref, [bench.record(number)]);
    }
    await bench.writer({ holds: 'new' }).append(bench.ref, [bench.record(4)]);
    expect(bench.kinds().filter((kind) => kind === 'key-changed')).toHaveLength(2);
    await verifies(bench);
  });

  test.each<[string, number | ReadonlyMap<number, number>, RegExp]>([
    ['a record that is not there yet', 3, /3 is given; name one from 0 to 2/],
    ['a record of another log only', new Map([[1, 1]]), /none is given for this log; name one from 0 to 2/],
  ])('from %s on is refused, and nothing is signed', async (_what, revokedFrom, why) => {
    const bench = await opened(authorised);
    const signed = bench.signed.length;
    const append = bench.writer({ holds: 'both', revokedFrom }).append(bench.ref, [bench.record(1)]);
    await expect(append).rejects.toMatchObject(refused);
    await expect(append).rejects.toThrow(why);
    expect(bench.signed).toHaveLength(signed);
    expect(bench.repository.heads).toHaveLength(1);
  });

  test('were in force only since they were signed in: from before that is refused', async () => {
    const bench = await opened(authorised);
    await bench.writer({ holds: 'both' }).inspect(bench.ref);
    const append = bench.writer({ holds: 'third', revokedFrom: 2 }).append(bench.ref, [bench.record(1)]);
    await expect(append).rejects.toThrow(/2 is given; name one from 4 to 4/);
    await bench.writer({ holds: 'third', revokedFrom: 4 }).append(bench.ref, [bench.record(1)]);
    expect(await bench.verify(bench.repository.head, 1, 'third')).toMatchObject({ ok: true, size: 7 });
  });

  test('that were only replaced before are not quietly taken for revoked', async () => {
    const bench = await opened(authorised);
    await bench.writer({ holds: 'both' }).append(bench.ref, [bench.record(1)]);
    const late = bench.writer({ holds: 'both', revokedFrom: 1 });
    await expect(late.append(bench.ref, [bench.record(2)])).rejects.toMatchObject(refused);
    await bench.writer({ holds: 'both' }).append(bench.ref, [bench.record(2)]);
    await verifies(bench);
  });

  test('stay revoked in the log that continues a rewritten branch', async () => {
    const bench = await opened(authorised);
    const settings = { holds: 'both', revokedFrom: 1 } as const;
    await bench.writer(settings).inspect(bench.ref);
    bench.repository.point(null);
    bench.repository.foreignCommit({ 'README.md': 'nothing happened' });
    expect(await bench.writer(settings).inspect(bench.ref)).toBe('repaired');
    expect(await bench.verify(bench.repository.head, 2, 'new')).toMatchObject({ ok: true });
  });
});

describe('what rests on a revoked key', () => {
  test('a release that waits already is told before the revocation, so that it verifies', async () => {
    const bench = await opened(authorised);
    await waits(bench, released);
    await bench.writer({ holds: 'both', revokedFrom: 1 }).append(bench.ref, [bench.record(1)]);
    expect(bench.kinds().slice(2)).toEqual(['released', 'key-changed', 'key-changed', 'heartbeat']);
    await verifies(bench);
  });

  test('a release that comes with the revocation is told before it; an authorisation by the new key after it', async () => {
    const bench = await opened(authorised);
    const other = { ...gate, runId: 2 };
    const fresh = input(recordBytes('authorised', { gate: other }, 4));
    const log = bench.writer({ holds: 'both', revokedFrom: 1 });
    await Promise.all([log.append(bench.ref, [released]), log.append(bench.ref, [fresh])]);
    expect(bench.kinds().slice(2)).toEqual(['released', 'key-changed', 'key-changed', 'authorised']);
    const freshDigest = toHex(sha256(fresh.bytes));
    expect(await log.isRevoked(bench.ref, freshDigest)).toBe(false);
    const now = { gate: other, authorisedDigest: freshDigest, how: 'answered' };
    await log.append(bench.ref, [input(recordBytes('released', now, 5))]);
    await verifies(bench);
  });

  test('a release that comes later is refused, and the gate can be authorised afresh', async () => {
    const bench = await opened(authorised);
    const log = bench.writer({ holds: 'both', revokedFrom: 1 });
    expect(await log.isRevoked(bench.ref, authorisedDigest)).toBe(false);
    await log.inspect(bench.ref);
    expect(await log.isRevoked(bench.ref, authorisedDigest)).toBe(true);
    await expect(log.append(bench.ref, [released])).rejects.toMatchObject({ code: 'ERR_INPUT' });
    const undone = input(recordBytes('void', { gate, authorisedDigest }, 3));
    const again = input(recordBytes('authorised', { gate }, 4));
    const now = { gate, authorisedDigest: toHex(sha256(again.bytes)), how: 'answered' };
    await log.append(bench.ref, [undone, again, input(recordBytes('released', now, 5))]);
    expect(await log.isRevoked(bench.ref, now.authorisedDigest)).toBe(false);
    expect(bench.kinds().slice(4)).toEqual(['void', 'authorised', 'released']);
    await verifies(bench);
  });

  test('control: where the keys were only replaced, or stolen later, the release counts', async () => {
    for (const revokedFrom of [undefined, 2]) {
      const bench = await opened(authorised);
      await bench.writer({ holds: 'both', revokedFrom }).inspect(bench.ref);
      await bench.writer({ holds: 'new' }).append(bench.ref, [released]);
      await verifies(bench);
    }
  });

  test('a person whose key was enrolled signs again once it is enrolled again', async () => {
    const signer = sshSigner(softwareSshKey('ssh-ed25519'));
    const enrolled = enrolledRecord(signer, 1);
    const bench = await opened(input(enrolled));
    const log = bench.writer({ holds: 'both', revokedFrom: 1 });
    await log.inspect(bench.ref);
    const signed = signedReview({ signer, enrolled, second: 2 });
    await expect(log.append(bench.ref, [input(signed)])).rejects.toThrow(/revoked/);
    expect(await log.isRevoked(bench.ref, toHex(sha256(enrolled)))).toBe(true);
    const renewed = enrolledRecord(signer, 3);
    await log.append(bench.ref, [input(renewed), input(signedReview({ signer, enrolled: renewed, second: 4 }))]);
    await verifies(bench);
  });

  test('whatever else waits, also without a signature, gets none by the new key', async () => {
    const bench = await opened(authorised);
    const { host, installationId, id: repositoryId } = bench.ref;
    const planted = { digest: bench.digest(bench.record(7)), ...bench.record(7), signature: new Uint8Array(64) };
    await bench.store.keep({ host, installationId, repositoryId, generation: 1 }, planted);
    await bench.writer({ holds: 'both', revokedFrom: 1 }).append(bench.ref, [bench.record(8)]);
    const at = bench.digests().indexOf(planted.digest);
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(bench.kinds().indexOf('key-changed'));
    await verifies(bench);
  });
});
