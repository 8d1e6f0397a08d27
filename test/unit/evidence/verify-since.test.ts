import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../../core/evidence/bytes.ts';
import { formatCheckpoint } from '../../../core/evidence/notes/checkpoint.ts';
import { buildLevels, HASH_BYTES, rootAt } from '../../../core/evidence/tree/hash-levels.ts';
import { CHECKPOINT_PATH, parseEvidencePath, WITNESSED_PATH } from '../../../core/evidence/layout.ts';
import { leafHash } from '../../../core/evidence/tree/merkle.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import type { VerifyOptions } from '../../../core/evidence/verify/verify-log.ts';
import {
  createLog,
  memorySource,
  recordBytes,
  sampleLog,
  sha256,
  sha512,
  verifyOnPool,
} from '../../support/evidence-log.ts';
import type { LogBuilder } from '../../support/evidence-log.ts';
import { fullLog } from '../../support/full-log.ts';
import { enrolledRecord, signedReview, sshSigner } from '../../support/signed-reviews.ts';
import { softwareSshKey } from '../../support/software-ssh-key.ts';

type Files = ReadonlyMap<string, Uint8Array>;

function check(files: Files, options: Partial<VerifyOptions>) {
  return verifyLog(memorySource(files), { sha256, sha512, verify: verifyOnPool, ...options });
}

async function problemOf(files: Files, options: Partial<VerifyOptions>) {
  const result = await check(files, options);
  return result.ok ? null : result.problem;
}

function bytesOf(files: Files, path: string): Uint8Array {
  return files.get(path) ?? new Uint8Array();
}

function pathOf(files: Files, part: string): string {
  return [...files.keys()].find((path) => path.includes(part)) ?? '';
}

/** The checkpoint that the log had when it was of that size. */
async function checkpointAt(log: LogBuilder, size: number): Promise<Uint8Array> {
  const leaves = new Uint8Array(size * HASH_BYTES);
  for (let at = 0; at < size; at += 1) leaves.set(leafHash(log.records[at] ?? leaves, sha256), at * HASH_BYTES);
  const root = rootAt(buildLevels(leaves, sha256), size, sha256);
  return utf8(await log.signNote(formatCheckpoint({ origin: log.origin, size, root })));
}

/** A log with these records; the first is added. */
async function logOf(...records: readonly Uint8Array[]): Promise<LogBuilder> {
  const log = createLog();
  await log.append([log.opening(), ...records]);
  return log;
}

const full = await fullLog();
const long = await sampleLog(700, 40);

describe('a log that grew since a checkpoint that was kept', () => {
  test('verifies from every one that it ever had, with the same result', async () => {
    const whole = await check(full.files, { checkpointKey: full.pin, witnesses: full.witnesses });
    expect(whole.ok).toBe(true);
    for (const version of full.versions) {
      const since = bytesOf(version, CHECKPOINT_PATH);
      const result = await check(full.files, { checkpointKey: full.pin, witnesses: full.witnesses, since });
      expect({ ...result, since: null, warnings: [] }).toEqual({ ...whole, warnings: [] });
      expect(result.ok && result.since?.size).toBeGreaterThan(0);
    }
  });

  test.each([1, 2, 255, 256, 257, 511, 512, 513, 699, 700])('verifies from its first %i records', async (size) => {
    const result = await check(long.files, { checkpointKey: long.pin, since: await checkpointAt(long, size) });
    expect(result).toMatchObject({ ok: true, size: 700, since: { size } });
  });

  test('verifies from the checkpoint with the cosignatures of witnesses', async () => {
    const since = bytesOf(full.files, WITNESSED_PATH);
    expect(await check(full.files, { checkpointKey: full.pin, since })).toMatchObject({ ok: true, since: { size: 9 } });
  });

  test('says what was not read again', async () => {
    const result = await check(long.files, { since: await checkpointAt(long, 600) });
    expect(result.ok && result.warnings.join('\n')).toMatch(/Not read again: records 0 to 599[^]*taken for closed/);
  });

  test('is read only as far as it is new', async () => {
    const old = Array.from({ length: 6_000 }, (_, at) => recordBytes('heartbeat', {}, at + 1));
    const log = await logOf(...old, recordBytes('heartbeat', { last: true }, 6_001));
    const source = memorySource(log.files);
    const read: string[] = [];
    const counting = {
      ...source,
      read: (path: string) => {
        read.push(path);
        return source.read(path);
      },
    };
    const since = await checkpointAt(log, 6_001);
    const result = await verifyLog(counting, { since, sha256, sha512, verify: verifyOnPool });
    expect(result).toMatchObject({ ok: true, size: 6_002, since: { size: 6_001 } });
    expect(read.filter((path) => path.startsWith('records/'))).toEqual([
      pathOf(log.files, '000000000-'),
      pathOf(log.files, '000006001-'),
    ]);
  });
});

describe('any change to a log that is verified since a checkpoint', () => {
  const FROM = 600;
  /** Was it there when the checkpoint was made, so that it is not read again? */
  function isOlder(path: string): boolean {
    const name = parseEvidencePath(path);
    if (name.kind === 'record') return name.index < FROM;
    return name.kind === 'attachment' || (name.kind === 'signatures' && name.last < FROM);
  }

  test('is named as in a check of the whole log, unless it is of an older file that nothing new rests on', async () => {
    const since = await checkpointAt(long, FROM);
    const evidence = [...long.files.keys()].filter((path) => parseEvidencePath(path).kind !== 'not-evidence');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...evidence), fc.nat(), fc.boolean(), async (path, place, isGone) => {
        const bytes = bytesOf(long.files, path).slice();
        bytes[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ 1;
        const files = new Map(long.files);
        if (isGone) files.delete(path);
        else files.set(path, bytes);
        const whole = await problemOf(files, { checkpointKey: long.pin });
        const result = await problemOf(files, { checkpointKey: long.pin, since });
        expect(whole).not.toBeNull();
        if (result === null) expect(isOlder(path)).toBe(true);
        else expect({ path: result.path, index: result.index }).toEqual({ path: whole?.path, index: whole?.index });
        // Names are looked at, all of them.
        if (isGone && parseEvidencePath(path).kind !== 'attachment') expect(result).not.toBeNull();
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('of an older record that newer ones rest on is named', async () => {
    const log = await sampleLog(40);
    const path = pathOf(log.files, 'authorised');
    const files = new Map([...log.files, [path, utf8('{}\n')]]);
    const since = await checkpointAt(log, 38);
    expect(await problemOf(files, { since })).toMatchObject({ code: 'record-not-in-tree', path });
  });
});

describe('a newer record may not, although what it goes against is older', () => {
  const gate = { runId: 1, attempt: 1, environment: 'production', opening: 1 };
  const HOUR = 3_600;
  const authorised = recordBytes('authorised', { gate }, 1);
  const authorisedDigest = toHex(sha256(authorised));
  const quiet = Array.from({ length: 30 }, (_, at) => recordBytes('heartbeat', {}, (at + 2) * HOUR));
  const later = 40 * HOUR;

  async function verdict(records: readonly Uint8Array[], news: readonly Uint8Array[]) {
    const log = await logOf(...records, ...news);
    const since = await checkpointAt(log, 1 + records.length);
    const [whole, result] = [await problemOf(log.files, {}), await problemOf(log.files, { since })];
    expect(result).toEqual(whole);
    return result?.code ?? null;
  }

  test('while it may release what was authorised however long before', async () => {
    const released = recordBytes('released', { gate, authorisedDigest }, later);
    expect(await verdict([authorised, ...quiet], [released])).toBeNull();
  });

  test('release it twice', async () => {
    const released = recordBytes('released', { gate, authorisedDigest }, 2);
    const again = recordBytes('released', { gate, authorisedDigest, n: 2 }, later);
    expect(await verdict([authorised, released, ...quiet], [again])).toBe('released-twice');
  });

  test('release it for another gate', async () => {
    const other = recordBytes('released', { gate: { ...gate, runId: 2 }, authorisedDigest }, later);
    expect(await verdict([authorised, ...quiet], [other])).toBe('authorised-for-another-gate');
  });

  test('release what was never authorised', async () => {
    const released = recordBytes('released', { gate, authorisedDigest: 'ab'.repeat(32) }, later);
    expect(await verdict([authorised, ...quiet], [released])).toBe('not-authorised');
  });

  test('authorise a gate again within the hour', async () => {
    const again = recordBytes('authorised', { gate, n: 2 }, 600);
    expect(await verdict([authorised, recordBytes('heartbeat', {}, 500)], [again])).toBe('gate-already-authorised');
  });

  test('repeat an older record', async () => {
    const [first = authorised] = quiet;
    expect(await verdict([authorised, ...quiet], [first])).toBe('record-repeated');
  });

  test("repeat a person's answer, however old", async () => {
    const signer = sshSigner(softwareSshKey('ssh-ed25519'));
    const enrolled = enrolledRecord(signer, 1);
    const review = signedReview({ signer, enrolled, second: 2 });
    const replayed = utf8(Buffer.from(review).toString().replace('23:59:02.123Z"', '23:59:03.123Z"'));
    expect(replayed).not.toEqual(review);
    expect(await verdict([enrolled, review, ...quiet], [replayed])).toBe('nonce-repeated');
    expect(await verdict([enrolled, ...quiet], [review])).toBeNull();
  });
});

test('an authorisation of more than an hour before that was never concluded is taken for closed, and the result says so', async () => {
  const gate = { runId: 1, attempt: 1, environment: 'production', opening: 1 };
  const strides = Array.from({ length: 2_100 }, (_, at) => recordBytes('heartbeat', {}, (at + 2) * 60));
  const again = recordBytes('authorised', { gate, n: 2 }, 2_200 * 60);
  const log = await logOf(recordBytes('authorised', { gate }, 1), ...strides, again);
  expect(await problemOf(log.files, {})).toMatchObject({ code: 'gate-already-authorised', index: 2_102 });
  const result = await check(log.files, { since: await checkpointAt(log, 2_102) });
  expect(result.ok && result.warnings.join()).toContain('taken for closed');
});
