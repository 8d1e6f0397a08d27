import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { MAX_RECORD_BYTES, recordKinds } from '../../../core/evidence/kinds.ts';
import { factsPath, parseEvidencePath, policyPath, recordPath, signaturesPath } from '../../../core/evidence/layout.ts';
import { parseRecord } from '../../../core/evidence/records/parse-record.ts';
import { formatSignatureFile, parseSignatureFile } from '../../../core/evidence/records/signature-file.ts';
import { isObject, renderJson } from '../../../core/evidence/strict-json.ts';
import { recordBytes } from '../../support/evidence-log.ts';

const at = '2026-11-21T04:33:12.123Z';
const digest = 'ab'.repeat(32);

describe('paths', () => {
  test('every kind of record has a path that says its number, day and kind', () => {
    for (const kind of recordKinds) {
      const path = recordPath(123, kind, at);
      expect(path).toBe(`records/2026/11/21/000000123-${kind}.json`);
      expect(parseEvidencePath(path)).toEqual({ kind: 'record', day: '2026/11/21', index: 123, recordKind: kind });
    }
  });

  test('a number of more than nine digits gets longer', () => {
    const path = recordPath(1_234_567_890, 'void', at);
    expect(path).toBe('records/2026/11/21/1234567890-void.json');
    expect(parseEvidencePath(path)).toMatchObject({ kind: 'record', index: 1_234_567_890 });
  });

  test('signatures, attachments and tiles are told apart', () => {
    expect(parseEvidencePath(signaturesPath(4, 9, at))).toEqual({
      kind: 'signatures',
      day: '2026/11/21',
      first: 4,
      last: 9,
    });
    expect(parseEvidencePath(policyPath(digest))).toEqual({ kind: 'attachment', digest });
    expect(parseEvidencePath(factsPath(digest))).toEqual({ kind: 'attachment', digest });
    expect(parseEvidencePath('tile/0/000.p/7')).toMatchObject({ kind: 'tile' });
    expect(parseEvidencePath('checkpoint').kind).toBe('checkpoint');
    expect(parseEvidencePath('.gitattributes').kind).toBe('attributes');
  });

  test.each(['README.md', 'keys/record.vkey', 'keys/checkpoint.vkey'])('%s is not evidence', (path) => {
    expect(parseEvidencePath(path).kind).toBe('not-evidence');
  });

  test.each([
    'Checkpoint',
    'readme.md',
    'docs/README.md',
    'keys/a/b.vkey',
    'keys/../checkpoint.vkey',
    'records/2026/11/21/1-void.json',
    'records/2026/11/21/0000000001-void.json',
    'records/2026/11/21/000000001-approved.json',
    'records/2026/11/21/000000001-void.json ',
    'records/2026/11/21/000000001-void.json\n',
    'records/2026/11/000000001-void.json',
    'records/2026/11/21/9999999999999999-void.json',
    'signatures/2026/11/21/000000009-000000004.json',
    'signatures/2026/11/21/000000009.json',
    `policies/${digest}.json`,
    `policies/${digest.toUpperCase()}.yml`,
    `facts/${digest.slice(1)}.json`,
    '.gitmodules',
    '',
  ])('%j is unknown', (path) => {
    expect(parseEvidencePath(path).kind).toBe('unknown');
  });
});

describe('a record', () => {
  function changed(
    change: (statement: Record<string, unknown>, predicate: Record<string, unknown>) => void,
  ): Uint8Array {
    const statement: unknown = JSON.parse(Buffer.from(recordBytes('heartbeat', {}, 0)).toString());
    if (!isObject(statement) || !isObject(statement['predicate'])) throw new TypeError('no statement');
    const predicate = { ...statement['predicate'] };
    const copy: Record<string, unknown> = { ...statement, predicate };
    change(copy, predicate);
    return utf8(renderJson(copy));
  }

  test('gives its kind, time, repository and the attachments that it names anywhere, each once', () => {
    const bytes = recordBytes(
      'requested',
      { policyDigest: digest, request: { policyDigest: digest, list: [{ factsDigest: 'cd'.repeat(32) }] }, unknown: 1 },
      0,
    );
    expect(parseRecord(bytes)).toMatchObject({
      ok: true,
      value: {
        kind: 'requested',
        at: '2026-11-21T23:59:00.123Z',
        repository: { host: 'github.com', installationId: 12_345, id: 67_890 },
        attachments: [policyPath(digest), factsPath('cd'.repeat(32))],
      },
    });
  });

  test('without a policy names none', () => {
    const bytes = recordBytes('requested', { policyDigest: null, request: { policyDigest: 'unreadable' } }, 0);
    expect(parseRecord(bytes)).toMatchObject({ ok: true, value: { attachments: [] } });
  });

  test.each([
    ['another statement type', changed((statement) => void (statement['_type'] = 'https://in-toto.io/Statement/v0.1'))],
    ['another predicate type', changed((statement) => void (statement['predicateType'] = 'https://example/v1'))],
    ['no subject', changed((statement) => void (statement['subject'] = []))],
    ['a subject without a digest', changed((statement) => void (statement['subject'] = [{ name: 'x', digest: {} }]))],
    [
      'a digest in capitals',
      changed((statement) => void (statement['subject'] = [{ name: 'x', digest: { sha256: digest.toUpperCase() } }])),
    ],
    [
      'a digest by another algorithm',
      changed((statement) => void (statement['subject'] = [{ name: 'x', digest: { md5: 'ab'.repeat(16) } }])),
    ],
    ['no predicate', changed((statement) => void (statement['predicate'] = null))],
    ['an unknown kind', changed((_, predicate) => void (predicate['kind'] = 'approved'))],
    ['a time without milliseconds', changed((_, predicate) => void (predicate['at'] = '2026-11-21T04:33:12Z'))],
    ['a time in another zone', changed((_, predicate) => void (predicate['at'] = '2026-11-21T04:33:12.123+01:00'))],
    ['a day that does not exist', changed((_, predicate) => void (predicate['at'] = '2026-02-31T04:33:12.123Z'))],
    ['a repository by name', changed((_, predicate) => void (predicate['repository'] = 'acme/infra'))],
  ])('with %s is refused', (_name, bytes) => {
    expect(parseRecord(bytes).ok).toBe(false);
  });

  test('of other white space than the canonical one is refused', () => {
    const bytes = recordBytes('heartbeat', {}, 0);
    expect(parseRecord(Uint8Array.from([...bytes, 0x0a])).ok).toBe(false);
    expect(parseRecord(bytes.slice(0, -1)).ok).toBe(false);
  });

  test('may have as many bytes as a tlog entry and not one more', () => {
    const empty = recordBytes('heartbeat', { filler: '' }, 0).length;
    const filled = (length: number): Uint8Array => recordBytes('heartbeat', { filler: 'x'.repeat(length - empty) }, 0);
    expect(parseRecord(filled(MAX_RECORD_BYTES)).ok).toBe(true);
    expect(parseRecord(filled(MAX_RECORD_BYTES + 1)).ok).toBe(false);
  });
});

describe('a file of signatures', () => {
  const file = { keyid: '0123456789abcdef', signatures: [new Uint8Array(64).fill(1), new Uint8Array(64).fill(2)] };

  test('is read back as it was written', () => {
    expect(parseSignatureFile(formatSignatureFile(file))).toEqual({ ok: true, value: file });
  });

  test.each([
    ['another field', renderJson({ keyid: 'a', signatures: [], more: 1 })],
    ['its fields the other way round', renderJson({ signatures: [], keyid: 'a' })],
    ['a short signature', renderJson({ keyid: 'a', signatures: ['AAAA'] })],
    ['a number for a signature', renderJson({ keyid: 'a', signatures: [1] })],
    ['other white space', JSON.stringify({ keyid: 'a', signatures: [] })],
    ['a list instead of an object', renderJson([])],
  ])('with %s is refused', (_, text) => {
    expect(parseSignatureFile(utf8(text)).ok).toBe(false);
  });
});
