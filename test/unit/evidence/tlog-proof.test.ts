import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { sha256, verify } from '../../../adapters/signing/node-crypto.ts';
import { fromUtf8, toBase64, utf8 } from '../../../core/evidence/bytes.ts';
import {
  formatConsistencyText,
  parseConsistencyText,
  verifyConsistencyText,
} from '../../../core/evidence/proofs/consistency-text.ts';
import { cosign, toWitnessKey } from '../../../core/evidence/notes/cosignature.ts';
import type { WitnessKey } from '../../../core/evidence/notes/cosignature.ts';
import { consistencyProof, inclusionProof, leafHash } from '../../../core/evidence/tree/merkle.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from '../../../core/evidence/proofs/tlog-proof.ts';
import { toVerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import { createLog, fixedKey, sampleLog } from '../../support/evidence-log.ts';
import type { LogBuilder } from '../../support/evidence-log.ts';

const SIZE = 21;
const INDEX = 11;
const OLDER = 9;

let log: LogBuilder;
let leaves: Uint8Array[] = [];
let record = new Uint8Array(0);
/** The checkpoint when the log had OLDER records. */
let olderNote = '';
let note = '';
let proof = '';
let growth = '';

beforeAll(async () => {
  log = await sampleLog(SIZE);
  leaves = log.records.map((bytes) => leafHash(bytes, sha256));
  record = Uint8Array.from(log.records[INDEX] ?? []);
  note = text(log.files.get('checkpoint'));
  const older = createLog();
  await older.append(log.records.slice(0, OLDER));
  olderNote = text(older.files.get('checkpoint'));
  proof = formatTlogProof({
    extra: null,
    index: INDEX,
    hashes: inclusionProof(leaves, INDEX, sha256),
    checkpoint: utf8(note),
  });
  growth = formatConsistencyText({
    olderSize: OLDER,
    hashes: consistencyProof(leaves, OLDER, sha256),
    checkpoint: utf8(note),
  });
});

const trust = () => ({ keys: [log.pin], sha256, verify });

describe('a proof of one record', () => {
  test('verifies, and says where the record stands and who signed', async () => {
    expect(await verifyTlogProof(utf8(proof), record, trust())).toMatchObject({
      index: INDEX,
      checkpoint: { size: SIZE, origin: log.origin },
      key: log.pin,
      cosignatures: [],
    });
  });

  test('is the text of c2sp.org/tlog-proof, and parses to what was formatted', () => {
    const [first, second, ...rest] = proof.split('\n');
    expect([first, second]).toEqual(['c2sp.org/tlog-proof@v1', `index ${INDEX}`]);
    expect(rest.slice(rest.indexOf('') + 1).join('\n')).toBe(note);
    const any = fc.record({
      extra: fc.option(fc.uint8Array({ minLength: 1 })),
      index: fc.maxSafeNat(),
      hashes: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 }),
      checkpoint: fc.constant(utf8(note)),
    });
    fc.assert(
      fc.property(any, (value) => {
        expect(parseTlogProof(utf8(formatTlogProof(value)))).toEqual({ ok: true, value });
      }),
    );
  });

  test('verifies whatever its extra line says, since nobody signed that', async () => {
    const parsed = parseTlogProof(utf8(proof));
    if (!parsed.ok) throw new Error(parsed.issue);
    const withExtra = formatTlogProof({ ...parsed.value, extra: utf8('index 3') });
    expect(withExtra.split('\n')[1]).toBe(`extra ${toBase64(utf8('index 3'))}`);
    expect(await verifyTlogProof(utf8(withExtra), record, trust())).toMatchObject({ index: INDEX });
  });

  test('of the only record of a log is no hash at all', async () => {
    const alone = await sampleLog(1);
    const bytes = utf8(
      formatTlogProof({ extra: null, index: 0, hashes: [], checkpoint: alone.files.get('checkpoint') ?? record }),
    );
    const [opening = record] = alone.records;
    expect(await verifyTlogProof(bytes, opening, trust())).toMatchObject({ index: 0 });
    expect(await verifyTlogProof(bytes, record, trust())).toMatchObject({ code: 'proof-wrong' });
  });

  test('shows nothing about another record, the same record with one byte more, or a node of the tree', async () => {
    for (const [at, other] of log.records.entries()) {
      if (at !== INDEX) expect(await verifyTlogProof(utf8(proof), other, trust())).toMatchObject(wrong);
    }
    expect(await verifyTlogProof(utf8(proof), utf8(`${text(record)}\n`), trust())).toMatchObject(wrong);
    expect(await verifyTlogProof(utf8(proof), leaves[INDEX] ?? record, trust())).toMatchObject(wrong);
  });

  const wrong = { code: 'proof-wrong' };
  const malformed = { code: 'proof-malformed' };

  test.each<[string, (lines: string[]) => string[], object]>([
    ['another index', replace(`index ${INDEX}`, 'index 12'), wrong],
    ['an index of another subtree', replace(`index ${INDEX}`, 'index 20'), wrong],
    ['the size as its index', replace(`index ${INDEX}`, `index ${SIZE}`), wrong],
    ['an index of 2^53', replace(`index ${INDEX}`, 'index 9007199254740992'), malformed],
    ['an index of 2^64', replace(`index ${INDEX}`, 'index 18446744073709551616'), malformed],
    ['an index with a leading zero', replace(`index ${INDEX}`, 'index 011'), malformed],
    ['a negative index', replace(`index ${INDEX}`, 'index -1'), malformed],
    ['an index in hex', replace(`index ${INDEX}`, 'index 0xb'), malformed],
    ['an index with a space behind it', replace(`index ${INDEX}`, 'index 11 '), malformed],
    ['no index', replace(`index ${INDEX}`), malformed],
    ['two index lines', replace(`index ${INDEX}`, 'index 11', 'index 11'), malformed],
    ['two extra lines', replace(`index ${INDEX}`, 'extra AAAA', 'extra AAAA', 'index 11'), malformed],
    ['an extra line behind the index', replace(`index ${INDEX}`, 'index 11', 'extra AAAA'), malformed],
    ['an empty extra line', replace(`index ${INDEX}`, 'extra ', 'index 11'), malformed],
    ['an extra line that is not base64', replace(`index ${INDEX}`, 'extra *', 'index 11'), malformed],
    ['another version', replace('c2sp.org/tlog-proof@v1', 'c2sp.org/tlog-proof@v2'), malformed],
    ['no first line', (lines) => lines.slice(1), malformed],
    ['a line before the first', (lines) => ['', ...lines], malformed],
    ['its first hash twice', (lines) => lines.toSpliced(2, 0, lines[2] ?? ''), wrong],
    ['a hash more', (lines) => lines.toSpliced(lines.indexOf(''), 0, `${'A'.repeat(43)}=`), wrong],
    ['a hash fewer', (lines) => lines.toSpliced(2, 1), wrong],
    ['two hashes swapped', (lines) => lines.toSpliced(2, 2, lines[3] ?? '', lines[2] ?? ''), wrong],
    [
      '64 hashes',
      (lines) => lines.toSpliced(2, 0, ...Array.from({ length: 64 }, () => `${'A'.repeat(43)}=`)),
      malformed,
    ],
    ['a hash of 31 bytes', (lines) => lines.toSpliced(2, 1, toBase64(new Uint8Array(31))), malformed],
    ['a hash without padding', (lines) => lines.toSpliced(2, 1, 'A'.repeat(43)), malformed],
    ['a hash in the URL alphabet', (lines) => lines.toSpliced(2, 1, `${'_'.repeat(42)}8=`), malformed],
    ['an empty line among the hashes', (lines) => lines.toSpliced(3, 0, ''), { code: 'checkpoint-malformed' }],
    ['two empty lines', (lines) => lines.toSpliced(lines.indexOf(''), 0, ''), { code: 'checkpoint-malformed' }],
    ['no checkpoint', (lines) => lines.slice(0, lines.indexOf('') + 1), malformed],
    ['CRLF line ends', (lines) => [lines.join('\r\n')], malformed],
    ['CRLF in its checkpoint', (lines) => replace(String(SIZE), `${SIZE}\r`)(lines), { code: 'checkpoint-malformed' }],
    ['another tree size', replace(String(SIZE), '22'), { code: 'checkpoint-signature' }],
    ['a tree size of 2^53', replace(String(SIZE), '9007199254740992'), { code: 'checkpoint-malformed' }],
    ['a line behind its checkpoint', (lines) => [...lines.slice(0, -1), 'x', ''], { code: 'checkpoint-malformed' }],
    ['an extension line', (lines) => lines.toSpliced(lines.indexOf('') + 4, 0, 'x'), { code: 'checkpoint-malformed' }],
  ])('with %s is refused', async (_, change, refusal) => {
    const changed = change(proof.split('\n')).join('\n');
    expect(changed).not.toBe(proof);
    expect(await verifyTlogProof(utf8(changed), record, trust())).toMatchObject(refusal);
  });

  test('is refused wherever it is cut or one bit of it is changed', async () => {
    const bytes = utf8(proof);
    for (let end = 0; end < bytes.length; end += 1) {
      expect(await verifyTlogProof(bytes.slice(0, end), record, trust())).toHaveProperty('code');
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const changed = Uint8Array.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(await verifyTlogProof(changed, record, trust())).toHaveProperty('code');
      }),
      { numRuns: 500 },
    );
  });

  test('is refused with the checkpoint of another log, of another key, or of another size of this log', async () => {
    const other = await sampleLog(SIZE, 4, createLog('github.com/12345/67890/2'));
    const forged = createLog(log.origin, [1, 9]);
    const withNote = (checkpoint: string): Uint8Array => utf8(proof.replace(note, checkpoint));
    const otherNote = text(other.files.get('checkpoint'));
    expect(await verifyTlogProof(withNote(otherNote), record, trust())).toMatchObject({
      code: 'checkpoint-of-another-log',
    });
    expect(await verifyTlogProof(withNote(otherNote), record, { ...trust(), keys: [other.pin] })).toMatchObject(wrong);
    const text3 = note.slice(0, note.indexOf('\n\n') + 1);
    expect(await verifyTlogProof(withNote(await forged.signNote(text3)), record, trust())).toMatchObject({
      code: 'checkpoint-signature',
    });
    const [index8 = record] = log.records.slice(8);
    const atOld = proof.replace(`index ${INDEX}`, 'index 8').replace(note, olderNote);
    expect(await verifyTlogProof(utf8(atOld), index8, trust())).toMatchObject(wrong);
  });

  test('is signed by any one of several keys of its log, but by none that signs badly', async () => {
    const second = toVerifierKey(log.origin, fixedKey(7).publicKey, sha256);
    expect(await verifyTlogProof(utf8(proof), record, { ...trust(), keys: [second, log.pin] })).toMatchObject({
      key: log.pin,
    });
    const badLine =
      note
        .split('\n')
        .at(-2)
        ?.replace(/ (\S+)$/, ` ${toBase64(badSignature(second.id))}`) ?? '';
    const signedTwice = utf8(`${proof}${badLine}\n`);
    expect(await verifyTlogProof(signedTwice, record, trust())).toMatchObject({ index: INDEX });
    expect(await verifyTlogProof(signedTwice, record, { ...trust(), keys: [second, log.pin] })).toMatchObject({
      code: 'checkpoint-signature',
    });
    expect(await verifyTlogProof(utf8(proof), record, { ...trust(), keys: [] })).toHaveProperty('code');
  });

  test('carries cosignatures, and every witness that is required must be among them', async () => {
    const [kim, lee] = [witness('kim.example', 20), witness('lee.example', 21)];
    const body = note.slice(0, note.indexOf('\n\n') + 1);
    const line = await cosign(body, 1_800_000_000n, kim, fixedKey(20).sign);
    const cosigned = utf8(proof + line);
    expect(await verifyTlogProof(cosigned, record, { ...trust(), witnesses: [kim] })).toMatchObject({
      cosignatures: [{ witness: kim, timestamp: 1_800_000_000n }],
    });
    const missing = { code: 'witness-missing', message: expect.stringContaining('lee.example') };
    expect(await verifyTlogProof(cosigned, record, { ...trust(), witnesses: [kim, lee] })).toMatchObject(missing);
    expect(await verifyTlogProof(utf8(proof), record, { ...trust(), witnesses: [lee] })).toMatchObject(missing);
    const forged = utf8(proof + (await cosign(body, 1_800_000_000n, kim, fixedKey(22).sign)));
    expect(await verifyTlogProof(forged, record, { ...trust(), witnesses: [kim] })).toMatchObject({
      code: 'witness-signature',
    });
    expect(await verifyTlogProof(forged, record, trust())).toMatchObject({ index: INDEX });
  });
});

describe('a proof that a log only grew', () => {
  const verifyGrowth = (changed: string, older = olderNote) =>
    verifyConsistencyText(utf8(changed), utf8(older), trust());

  test('verifies from the kept checkpoint to the one in it, and from any size to any', async () => {
    expect(await verifyGrowth(growth)).toMatchObject({
      older: { checkpoint: { size: OLDER } },
      newer: { checkpoint: { size: SIZE } },
    });
    const same = formatConsistencyText({ olderSize: SIZE, hashes: [], checkpoint: utf8(note) });
    expect(await verifyGrowth(same, note)).toMatchObject({ older: { checkpoint: { size: SIZE } } });
  });

  test('has the form of the request to a witness, and parses to what was formatted', () => {
    expect(growth.startsWith(`old ${OLDER}\n`)).toBe(true);
    const parsed = parseConsistencyText(utf8(growth));
    expect(parsed.ok && formatConsistencyText(parsed.value)).toBe(growth);
  });

  test.each<[string, (lines: string[]) => string[], string]>([
    ['another older size', replace(`old ${OLDER}`, 'old 8'), 'proof-wrong'],
    ['an older size of 0', replace(`old ${OLDER}`, 'old 0'), 'proof-malformed'],
    ['an older size with a leading zero', replace(`old ${OLDER}`, 'old 09'), 'proof-malformed'],
    ['an older size of 2^53', replace(`old ${OLDER}`, 'old 9007199254740992'), 'proof-malformed'],
    ['a hash fewer', (lines) => lines.toSpliced(1, 1), 'proof-wrong'],
    ['a hash twice', (lines) => lines.toSpliced(1, 0, lines[1] ?? ''), 'proof-wrong'],
    ['its first line twice', replace(`old ${OLDER}`, 'old 9', 'old 9'), 'proof-malformed'],
    ['CRLF line ends', (lines) => [lines.join('\r\n')], 'proof-malformed'],
    ['another newer size', replace(String(SIZE), '22'), 'checkpoint-signature'],
  ])('with %s is refused', async (_, change, code) => {
    expect(await verifyGrowth(change(growth.split('\n')).join('\n'))).toMatchObject({ code });
  });

  test('is refused for a history that was rewritten, another log, and a newer checkpoint than its own', async () => {
    const rewritten = createLog();
    await rewritten.append([...log.records.slice(0, OLDER - 1), record]);
    expect(await verifyGrowth(growth, text(rewritten.files.get('checkpoint')))).toMatchObject({ code: 'proof-wrong' });
    const other = await sampleLog(OLDER, 4, createLog('github.com/12345/67890/2'));
    const otherNote = text(other.files.get('checkpoint'));
    expect(await verifyGrowth(growth, otherNote)).toMatchObject({ code: 'checkpoint-of-another-log' });
    const both = { ...trust(), keys: [log.pin, other.pin] };
    expect(await verifyConsistencyText(utf8(growth), utf8(otherNote), both)).toMatchObject({
      code: 'checkpoint-of-another-log',
    });
    const back = formatConsistencyText({ olderSize: SIZE, hashes: [], checkpoint: utf8(olderNote) });
    expect(await verifyGrowth(back, note)).toMatchObject({ code: 'proof-wrong' });
    expect(await verifyGrowth(proof)).toMatchObject({ code: 'proof-malformed' });
    expect(await verifyGrowth(growth, '')).toMatchObject({ code: 'checkpoint-malformed' });
  });
});

function replace(line: string, ...by: string[]): (lines: string[]) => string[] {
  return (lines) => lines.toSpliced(lines.indexOf(line), 1, ...by);
}

function witness(name: string, fill: number): WitnessKey {
  return toWitnessKey(name, fixedKey(fill).publicKey, sha256);
}

function badSignature(id: string): Uint8Array {
  return Uint8Array.from([...Buffer.from(id, 'hex'), ...new Uint8Array(64)]);
}

function text(bytes: Uint8Array | undefined): string {
  return fromUtf8(bytes ?? new Uint8Array(0)) ?? '';
}
