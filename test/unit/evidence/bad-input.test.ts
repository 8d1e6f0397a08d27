import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../../core/evidence/dsse.ts';
import { parseEvidencePath } from '../../../core/evidence/layout.ts';
import { formatSignatureFile, parseSignatureFile } from '../../../core/evidence/records/signature-file.ts';
import { signNote } from '../../../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import type { VerifyResult } from '../../../core/evidence/verify/verify-log.ts';
import { fixedKey, memorySource, sampleLog, sha256, sha512, verifyOnPool } from '../../support/evidence-log.ts';

/** Bytes and names that one reader takes for one thing and another reader for another. Each is refused, by a code of its own. */

type Files = ReadonlyMap<string, Uint8Array>;

const log = await sampleLog(12);
const RECORD = pathOf('records/', '000000005-');
const SIGNATURES = signaturesOf(5);
const keys = { record: fixedKey(1), checkpoint: fixedKey(2), stranger: fixedKey(9) };

function verify(files: Files, pinned = log.pin): Promise<VerifyResult> {
  return verifyLog(memorySource(files), { checkpointKey: pinned, sha256, sha512, verify: verifyOnPool });
}

function pathOf(...parts: readonly string[]): string {
  return [...log.files.keys()].find((path) => parts.every((part) => path.includes(part))) ?? '';
}

function signaturesOf(index: number): string {
  const covers = (path: string): boolean => {
    const name = parseEvidencePath(path);
    return name.kind === 'signatures' && name.first <= index && index <= name.last;
  };
  return [...log.files.keys()].find(covers) ?? '';
}

function textOf(path: string): string {
  return Buffer.from(log.files.get(path) ?? []).toString();
}

function withText(path: string, change: (text: string) => string): Files {
  const changed = change(textOf(path));
  expect(changed).not.toBe(textOf(path));
  return new Map([...log.files, [path, utf8(changed)]]);
}

/** The log with other signatures over record 5, all else as it was. */
function withSignature(sign: (record: Uint8Array) => Uint8Array): Files {
  const parsed = parseSignatureFile(log.files.get(SIGNATURES) ?? new Uint8Array(0));
  if (!parsed.ok) throw new TypeError(parsed.issue);
  const name = parseEvidencePath(SIGNATURES);
  const first = name.kind === 'signatures' ? name.first : 0;
  const signature = sign(log.files.get(RECORD) ?? new Uint8Array(0));
  const signatures = parsed.value.signatures.with(5 - first, signature);
  return new Map([...log.files, [SIGNATURES, formatSignatureFile({ ...parsed.value, signatures })]]);
}

/** A checkpoint of these lines, well signed by the checkpoint key. */
async function withCheckpoint(change: (lines: string[]) => string[], key = keys.checkpoint): Promise<Files> {
  const lines = change(textOf('checkpoint').split('\n').slice(0, 3));
  const note = await signNote(`${lines.join('\n')}\n`, log.pin, key.sign);
  return new Map([...log.files, ['checkpoint', utf8(note)]]);
}

const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_');

/** The base64 of a signature or root that shows which alphabet it is in; else the log's keys would have to be chosen anew. */
const signatureLine = /"([A-Za-z0-9+/]{86}==)"/;

describe.each<readonly [string, string, (text: string) => string, string]>([
  ['a record', RECORD, (text) => text.replace('"predicate": {', '"predicate": { "kind": "void",'), 'record-malformed'],
  ['a signatures file', SIGNATURES, (text) => text.replace('{', '{\n  "keyid": "0",'), 'signatures-malformed'],
])('%s with a key that stands twice', (_, path, change, code) => {
  test('is refused', async () => {
    expect(await verify(withText(path, change))).toMatchObject({ ok: false, problem: { code, path } });
  });
});

test.each([
  [RECORD, 'record-malformed'],
  [SIGNATURES, 'signatures-malformed'],
  ['checkpoint', 'checkpoint-malformed'],
  ['.gitattributes', 'attributes-changed'],
  [pathOf('tile/'), 'tile-wrong'],
  [pathOf('policies/'), 'attachment-changed'],
  [pathOf('facts/'), 'attachment-changed'],
])('bytes after the end of %s refuse the log', async (path, code) => {
  for (const more of ['\n', ' ', '\0', textOf(path)]) {
    expect(await verify(withText(path, (text) => text + more))).toMatchObject({ ok: false, problem: { code, path } });
  }
});

describe('files of the branch hold standard base64 only', () => {
  test.each<readonly [string, (signature: string) => string]>([
    ['the other alphabet', (text) => text.replace(/^./, '-')],
    ['no padding', (text) => text.replace('==', '')],
    ['white space', (text) => ` ${text}`],
    [
      'another spelling of its last bits',
      (text) => text.replace(/.==$/, (end) => `${end.startsWith('A') ? 'B' : 'h'}==`),
    ],
  ])('a signature with %s is refused', async (_, change) => {
    const files = withText(SIGNATURES, (text) =>
      text.replace(signatureLine, (_all, found: string) => `"${change(found)}"`),
    );
    expect(await verify(files)).toMatchObject({
      ok: false,
      problem: { code: 'signatures-malformed', path: SIGNATURES },
    });
  });

  test('a root in the other alphabet or without padding is refused, though it is signed', async () => {
    for (const change of [(text: string) => urlSafe(`+/${text.slice(2)}`), (text: string) => text.replace('=', '')]) {
      const files = await withCheckpoint(([origin = '', size = '', root = '']) => [origin, size, change(root)]);
      expect(await verify(files)).toMatchObject({ ok: false, problem: { code: 'checkpoint-malformed' } });
    }
  });

  test('a signature line of the checkpoint in the other alphabet is refused', async () => {
    const files = withText('checkpoint', (text) =>
      text.replace(/ ([A-Za-z0-9+/=]+)\n$/, (_all, found: string) => ` -${found.slice(1)}\n`),
    );
    expect(await verify(files)).toMatchObject({ ok: false, problem: { code: 'checkpoint-malformed' } });
  });
});

describe('a signature over the right record', () => {
  test.each<readonly [string, (record: Uint8Array) => Uint8Array]>([
    ['with another payload type', (record) => keys.record.sign(preAuthEncoding('application/json', record))],
    ['without the encoding of DSSE', (record) => keys.record.sign(record)],
    ['by a key that nobody knows', (record) => keys.stranger.sign(preAuthEncoding(PAYLOAD_TYPE, record))],
    ['by the key of checkpoints', (record) => keys.checkpoint.sign(preAuthEncoding(PAYLOAD_TYPE, record))],
    ['that is all zeros', () => new Uint8Array(64)],
    ['that is of another record', () => log.signRecord(log.records[4] ?? new Uint8Array(0))],
  ])('%s is refused', async (_, sign) => {
    expect(await verify(withSignature(sign))).toMatchObject({
      ok: false,
      problem: { code: 'signature-wrong', path: SIGNATURES },
    });
  });
});

describe('a checkpoint', () => {
  test.each([
    ['by the key of records, under the name of the log', keys.record],
    ['by a key that nobody knows', keys.stranger],
  ])('signed %s is refused', async (_, key) => {
    const files = await withCheckpoint((lines) => lines, key);
    expect(await verify(files)).toMatchObject({ ok: false, problem: { code: 'checkpoint-signature' } });
  });

  test('is refused to somebody who pinned the key of records', async () => {
    expect(await verify(log.files, log.keys.record)).toMatchObject({ ok: false });
  });

  test.each([
    ['2^53', 2n ** 53n],
    ['2^63', 2n ** 63n],
    ['2^64', 2n ** 64n],
    ['10^30', 10n ** 30n],
  ])('of size %s is refused', async (_, size) => {
    const files = await withCheckpoint(([origin = '', , root = '']) => [origin, String(size), root]);
    expect(await verify(files)).toMatchObject({ ok: false, problem: { code: 'checkpoint-malformed' } });
  });

  test.each(['012', '+12', '-12', '12.0', '1e1', '0x0c', ' 12', '１２', ''])(
    'with the size written %j is refused',
    async (size) => {
      const files = await withCheckpoint(([origin = '', , root = '']) => [origin, size, root]);
      expect(await verify(files)).toMatchObject({ ok: false, problem: { code: 'checkpoint-malformed' } });
    },
  );

  test('of the largest size that is a number is refused at once, for its records', async () => {
    const files = await withCheckpoint(([origin = '', , root = '']) => [origin, String(2n ** 53n - 1n), root]);
    expect(await verify(files)).toMatchObject({ ok: false, problem: { code: 'record-missing', index: 12 } });
  });

  test('with a line that nobody has given a meaning is refused, though it is signed', async () => {
    const files = await withCheckpoint((lines) => [...lines, 'extension']);
    expect(await verify(files)).toMatchObject({ ok: false, problem: { code: 'checkpoint-malformed' } });
  });
});

describe('a record', () => {
  test.each(['9007199254740993', '1e300', '-9007199254740993'])('with the number %s is refused', async (number) => {
    const files = withText(RECORD, (text) => text.replace(/"number": \d+/, `"number": ${number}`));
    expect(await verify(files)).toMatchObject({
      ok: false,
      problem: { code: 'record-malformed', path: RECORD, index: 5 },
    });
  });

  test('that changed places with another, signatures and all, is refused', async () => {
    const [left, right] = [5, 6];
    const paths = [left, right].map((index) => pathOf('records/', `00000000${index}-`));
    const files = new Map(log.files);
    for (const [at, path] of paths.entries()) files.set(path, log.records[[right, left][at] ?? 0] ?? new Uint8Array(0));
    expect(await verify(files)).toMatchObject({ ok: false, problem: { index: left, path: paths[0] } });
  });
});

describe('tiles', () => {
  const tile = pathOf('tile/');

  test('an empty one in the place of a good one is refused', async () => {
    const files = new Map([...log.files, [tile, new Uint8Array(0)]]);
    expect(await verify(files)).toMatchObject({ ok: false, problem: { code: 'tile-wrong', path: tile } });
  });

  test.each(['tile/1/000.p/1', 'tile/0/001.p/1', 'tile/0/000', 'tile/63/000.p/1'])(
    'an empty %s too many is refused',
    async (path) => {
      const files = new Map([...log.files, [path, new Uint8Array(0)]]);
      expect(await verify(files)).toMatchObject({ ok: false, problem: { code: 'tile-unexpected', path } });
    },
  );
});

const day = 'records/2026/11/21';

describe('a name that could be taken for another one', () => {
  test.each([
    'records/../checkpoint',
    './checkpoint',
    '../checkpoint',
    '/checkpoint',
    'checkpoint/',
    'checkpoint/.',
    '//checkpoint',
    'records//2026/11/21/000000012-void.json',
    'records\\2026\\11\\21\\000000012-void.json',
    'Records/2026/11/21/000000012-void.json',
    'records/2026/11/21/000000012-Void.json',
    'records/2026/11/21/000000012-void.JSON',
    'CHECKPOINT',
    'Tile/0/000.p/12',
    'checkpoint.',
    'checkpoint ',
    ' checkpoint',
    'checkpoint\0',
    'checkpoint\n',
    'checkpoint\u200b',
    'checkpoint::$DATA',
    'CHECKP~1',
    'c\u04bbeckpoint',
    'ｃheckpoint',
    '\ufeffcheckpoint',
    `${day}/00000001\u0662-void.json`,
    `${day}/000000012\u2010void.json`,
    'records\u2215 2026/11/21/000000012-void.json',
    '.git/config',
    '.git\u200c/config',
    '.gitmodules',
    '.gitattributes/x',
    'records/.gitattributes',
    'keys/../README.md',
    'keys/RECORD.vkey',
    'readme.md',
    `${day}/9007199254740992-void.json`,
    `${day}/99999999999999999-void.json`,
    `signatures/2026/11/21/000000012-9007199254740993.json`,
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/0',
    'tile/0/x000/000',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
    'tile/entries/000.p/12',
    '',
  ])('%j refuses the log', async (path) => {
    for (const bytes of [new Uint8Array(0), log.files.get('checkpoint') ?? new Uint8Array(0)]) {
      const result = await verify(new Map([...log.files, [path, bytes]]));
      expect(result).toMatchObject({ ok: false, problem: { code: 'unknown-path', path } });
    }
  });
});

test('honest: the log itself verifies', async () => {
  expect(await verify(log.files)).toMatchObject({ ok: true, size: 12 });
});
