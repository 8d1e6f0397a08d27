import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { sha256, sha512, verify } from '../../../adapters/signing/node-crypto.ts';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { formatCheckpoint } from '../../../core/evidence/notes/checkpoint.ts';
import { verifyConsistencyText } from '../../../core/evidence/proofs/consistency-text.ts';
import { CHECKPOINT_PATH, WITNESSED_PATH } from '../../../core/evidence/layout.ts';
import { newestHead, proveGrowth, proveRecord, witnessedHead } from '../../../core/evidence/proofs/make-proof.ts';
import { openLog } from '../../../core/evidence/proofs/open-log.ts';
import type { OpenedLog } from '../../../core/evidence/proofs/open-log.ts';
import type { Problem } from '../../../core/evidence/problem.ts';
import type { VerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import { verifyTlogProof } from '../../../core/evidence/proofs/tlog-proof.ts';
import { createLog, memorySource, sampleLog } from '../../support/evidence-log.ts';
import type { LogBuilder } from '../../support/evidence-log.ts';
import { fullLog } from '../../support/full-log.ts';
import type { FullLog } from '../../support/full-log.ts';

type Files = ReadonlyMap<string, Uint8Array>;

const crypto = { sha256, sha512, verify };
const none = new Uint8Array(0);
let full: FullLog;
let long: LogBuilder;

beforeAll(async () => {
  full = await fullLog();
  long = await sampleLog(700, 40);
});

async function open(files: Files, pinned?: VerifierKey): Promise<OpenedLog> {
  return right(await openLog(memorySource(files), pinned, crypto));
}

function right<T extends object>(answer: T | Problem): T {
  if ('code' in answer && 'message' in answer) throw new Error(`${answer.code}: ${answer.message}`);
  return answer;
}

function recordAt(files: Files, index: number): Uint8Array {
  const number = `/${String(index).padStart(9, '0')}-`;
  const path = [...files.keys()].find((name) => name.startsWith('records/') && name.includes(number));
  return files.get(path ?? '') ?? none;
}

describe('a log whose keys changed', () => {
  test('is opened by its first key, and every record, with people who signed, is proven by its newest', async () => {
    for (const pin of [undefined, full.pin, full.newestPin]) {
      const log = await open(full.files, pin);
      const head = newestHead(log);
      expect(head.key).toEqual(full.newestPin);
      for (let index = 0; index < full.recordCount; index += 1) {
        const { text, record } = right(await proveRecord(log, head, index, crypto));
        expect(record.bytes).toEqual(recordAt(full.files, index));
        const trust = { keys: [full.newestPin], sha256, verify };
        expect(await verifyTlogProof(utf8(text), record.bytes, trust)).toMatchObject({ index });
        expect(await verifyTlogProof(utf8(text), record.bytes, { ...trust, keys: [full.pin] })).toMatchObject({
          code: 'checkpoint-signature',
        });
      }
    }
  });

  test('has grown from each of its checkpoints, whichever key signed it, to the newest', async () => {
    const log = await open(full.files, full.pin);
    for (const version of full.versions) {
      const kept = version.get(CHECKPOINT_PATH) ?? none;
      const { text, olderSize } = right(await proveGrowth(log, newestHead(log), kept, crypto));
      const trust = { keys: [full.pin, full.newestPin], sha256, verify };
      expect(await verifyConsistencyText(utf8(text), kept, trust)).toMatchObject({
        older: { checkpoint: { size: olderSize } },
        newer: { checkpoint: { size: full.recordCount } },
      });
    }
  });

  test('proves by the checkpoint that witnesses cosigned what that covers, and nothing newer', async () => {
    const log = await open(full.files, full.pin);
    const head = right(await witnessedHead(log, crypto));
    expect(head.size).toBeLessThan(full.recordCount);
    const trust = { keys: [full.pin], witnesses: full.witnesses, sha256, verify };
    for (let index = 0; index < full.recordCount; index += 1) {
      const proof = await proveRecord(log, head, index, crypto);
      if (index >= head.size) expect(proof).toMatchObject({ code: 'not-in-log', index });
      else {
        const { text, record } = right(proof);
        expect(await verifyTlogProof(utf8(text), record.bytes, trust)).toMatchObject({
          cosignatures: [{ witness: full.witnesses[0] }],
        });
      }
    }
    const kept = full.versions[1]?.get(CHECKPOINT_PATH) ?? none;
    expect(right(await proveGrowth(log, head, kept, crypto)).text).toContain(`\n${head.size}\n`);
    const newer = full.versions.at(-1)?.get(CHECKPOINT_PATH) ?? none;
    expect(await proveGrowth(log, head, newer, crypto)).toMatchObject({ code: 'since-is-newer' });
  });

  test('proves nothing by a witnessed checkpoint that is missing, of another log, forged, or of no such state', async () => {
    const proven = async (bytes: Uint8Array | null): Promise<object> => {
      const files = new Map(full.files);
      if (bytes === null) files.delete(WITNESSED_PATH);
      else files.set(WITNESSED_PATH, bytes);
      return witnessedHead(await open(files), crypto);
    };
    expect(await proven(null)).toMatchObject({ code: 'file-missing', path: WITNESSED_PATH });
    expect(await proven(utf8('no note'))).toMatchObject({ code: 'checkpoint-signature' });
    const other = createLog('github.com/12345/67890/2');
    const root = new Uint8Array(32);
    expect(
      await proven(utf8(await other.signNote(formatCheckpoint({ origin: other.origin, size: 3, root })))),
    ).toMatchObject({ code: 'checkpoint-signature' });
    // The keys of `createLog` are the first ones of `fullLog`: what it says here, the log itself has signed.
    const own = createLog();
    const signed = (size: number): Promise<string> =>
      own.signNote(formatCheckpoint({ origin: own.origin, size, root }));
    expect(await proven(utf8(await signed(3)))).toMatchObject({ code: 'witnessed-not-of-this-log' });
    expect(await proven(utf8(await signed(0)))).toMatchObject({ code: 'witnessed-not-of-this-log' });
    // By then another key was in force.
    expect(await proven(utf8(await signed(full.recordCount)))).toMatchObject({ code: 'checkpoint-signature' });
  });
});

describe('a log is not opened for proofs', () => {
  test.each<[string, (files: Map<string, Uint8Array>) => void, object]>([
    ['with a stranger among its files', (files) => files.set('x', none), { code: 'unknown-path', path: 'x' }],
    ['without its first record', (files) => drop(files, '/000000000-'), { code: 'record-missing', index: 0 }],
    ['without a checkpoint', (files) => files.delete(CHECKPOINT_PATH), { code: 'file-missing' }],
    [
      'with a checkpoint that is none',
      (files) => files.set(CHECKPOINT_PATH, utf8('x')),
      { code: 'checkpoint-malformed' },
    ],
    ['without the tile at its edge', (files) => drop(files, 'tile/0/002'), { code: 'file-missing' }],
    ['with a partial tile cut short', (files) => files.set('tile/1/000.p/2', none), { code: 'tile-wrong' }],
  ])('%s', async (_, change, problem) => {
    const files = new Map(long.files);
    change(files);
    expect(await openLog(memorySource(files), long.pin, crypto)).toMatchObject(problem);
  });

  test('with the pin of another log, of another key, or of its records', async () => {
    const source = memorySource(long.files);
    const other = createLog(long.origin, [5, 6]);
    expect(await openLog(source, other.pin, crypto)).toMatchObject({ code: 'checkpoint-signature' });
    expect(await openLog(source, createLog('github.com/12345/67890/2').pin, crypto)).toHaveProperty('code');
    expect(await openLog(source, long.keys.record, crypto)).toHaveProperty('code');
  });

  test('whose checkpoint signs nothing, or more records than there are', async () => {
    for (const size of [0, 701, Number.MAX_SAFE_INTEGER]) {
      const text = formatCheckpoint({ origin: long.origin, size, root: new Uint8Array(32) });
      const files = new Map(long.files).set(CHECKPOINT_PATH, utf8(await long.signNote(text)));
      expect(await openLog(memorySource(files), long.pin, crypto)).toHaveProperty('code');
    }
  });
});

test('a proof is refused with the name of the file in which a bit was changed, or needs it not at all', async () => {
  const paths = [...long.files.keys()].filter((path) => /^(?:records|tile)\//.test(path));
  const log = await open(long.files);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), fc.nat(7), fc.nat(699), async (path, at, bit, index) => {
      const changed = Uint8Array.from(long.files.get(path) ?? none);
      changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ (1 << bit);
      const opened = await openLog(memorySource(new Map(long.files).set(path, changed)), long.pin, crypto);
      const proof = 'code' in opened ? opened : await proveRecord(opened, newestHead(opened), index, crypto);
      if ('code' in proof) expect(path === proof.path || proof.code === 'log-opened-malformed').toBe(true);
      else expect(proof).toEqual(await proveRecord(log, newestHead(log), index, crypto));
    }),
    { numRuns: 100 },
  );
});

test('what the log does not extend is no checkpoint to have grown from', async () => {
  const log = await open(long.files, long.pin);
  const growth = (since: Uint8Array): Promise<object> => proveGrowth(log, newestHead(log), since, crypto);
  const signed = async (size: number): Promise<Uint8Array> =>
    utf8(await long.signNote(formatCheckpoint({ origin: long.origin, size, root: new Uint8Array(32) })));
  expect(await growth(await signed(300))).toMatchObject({ code: 'since-is-not-a-prefix' });
  expect(await growth(await signed(701))).toMatchObject({ code: 'since-is-newer' });
  expect(await growth(await signed(0))).toMatchObject({ code: 'since-malformed' });
  expect(await growth(none)).toMatchObject({ code: 'since-malformed' });
  const forged = createLog(long.origin, [1, 9]);
  const text = formatCheckpoint({ origin: long.origin, size: 3, root: right(await log.tree.rootAt(3)) });
  expect(await growth(utf8(await forged.signNote(text)))).toMatchObject({ code: 'since-signature' });
});

function drop(files: Map<string, Uint8Array>, part: string): void {
  for (const path of files.keys()) if (path.includes(part)) files.delete(path);
}
