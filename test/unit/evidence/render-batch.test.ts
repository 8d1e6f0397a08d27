import { expect, describe, test } from 'vitest';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { parseLogOpened } from '../../../core/evidence/records/log-opened.ts';
import { parseRecord } from '../../../core/evidence/records/parse-record.ts';
import { renderBatch } from '../../../core/evidence/records/render-batch.ts';
import type { Batch } from '../../../core/evidence/records/render-batch.ts';
import { formatVerifierKey, toVerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import { emptyEdge } from '../../../core/evidence/tree/tree-edge.ts';
import { createLog, fixedKey, recordBytes, sampleRepository, sha256 } from '../../support/evidence-log.ts';

function batchOf(log: ReturnType<typeof createLog>, records: readonly Uint8Array[]): Batch {
  return {
    state: log.state(),
    keys: log.keys,
    records: records.map((bytes) => ({ bytes, signature: log.signRecord(bytes) })),
    attachments: [],
    sha256,
    signCheckpoint: (text) => log.signNote(text),
  };
}

describe('a batch', () => {
  test('that opens a log brings attributes and keys, and every path once and in order', async () => {
    const log = createLog();
    const { additions, deletions, state, checkpoint } = await renderBatch(batchOf(log, [log.opening()]));
    expect(additions.map(({ path }) => path)).toEqual([
      '.gitattributes',
      'checkpoint',
      'keys/checkpoint.vkey',
      'keys/record.vkey',
      'records/2026/11/21/000000000-log-opened.json',
      'signatures/2026/11/21/000000000-000000000.json',
      'tile/0/000.p/1',
    ]);
    expect(deletions).toEqual([]);
    expect(state).toMatchObject({ origin: log.origin, size: 1 });
    expect(checkpoint.startsWith(`${log.origin}\n1\n`)).toBe(true);
    expect(Buffer.from(additions[0]?.bytes ?? []).toString()).toBe(
      '* -text -ident -filter -export-subst -working-tree-encoding\n',
    );
    expect(Buffer.from(additions[2]?.bytes ?? []).toString()).toBe(`${formatVerifierKey(log.pin)}\n`);
  });

  test('rendered again is the same to the byte, so that a lost commit can be sent again', async () => {
    const log = createLog();
    const batch = batchOf(log, [log.opening(), recordBytes('heartbeat', {}, 1)]);
    expect(await renderBatch(batch)).toEqual(await renderBatch(batch));
  });

  test('that goes over midnight stands under the day of each record, its signatures under the first', async () => {
    const log = createLog();
    await log.append([log.opening(), recordBytes('heartbeat', {}, 59), recordBytes('heartbeat', {}, 60)]);
    expect([...log.files.keys()].filter((path) => /^(?:records|signatures)\//.test(path))).toEqual([
      'records/2026/11/21/000000000-log-opened.json',
      'records/2026/11/21/000000001-heartbeat.json',
      'records/2026/11/22/000000002-heartbeat.json',
      'signatures/2026/11/21/000000000-000000002.json',
    ]);
  });

  test('drops the partial tile that it replaces', async () => {
    const log = createLog();
    await log.append([log.opening()]);
    const { deletions } = await renderBatch(batchOf(log, [recordBytes('heartbeat', {}, 1)]));
    expect(deletions).toEqual(['tile/0/000.p/1']);
  });

  test.each<[string, (log: ReturnType<typeof createLog>) => Partial<Batch>]>([
    ['has no record', () => ({ records: [] })],
    ['does not begin with log-opened', (log) => ({ records: batchOf(log, [recordBytes('heartbeat', {}, 1)]).records })],
    ['opens twice', (log) => ({ records: batchOf(log, [log.opening(), log.opening()]).records })],
    ['holds something that is no record', (log) => ({ records: batchOf(log, [log.opening(), utf8('{}\n')]).records })],
    [
      'holds a record of another repository',
      (log) => {
        const foreign = recordBytes('heartbeat', {}, 1, { ...sampleRepository, id: 1 });
        return { records: batchOf(log, [log.opening(), foreign]).records };
      },
    ],
    [
      'names other keys than it signs with',
      (log) => ({ keys: { ...log.keys, record: toVerifierKey(log.keys.record.name, fixedKey(9).publicKey, sha256) } }),
    ],
    ['names keys of another log', (log) => ({ keys: { ...log.keys, checkpoint: log.keys.record } })],
    ['continues a state that contradicts itself', (log) => ({ state: { ...log.state(), size: 1 } })],
    ['continues a log without an origin', () => ({ state: { origin: 'acme/infra', size: 0, edge: emptyEdge } })],
  ])('is refused when it %s', async (_, change) => {
    const log = createLog();
    await expect(renderBatch({ ...batchOf(log, [log.opening()]), ...change(log) })).rejects.toThrow(TypeError);
  });
});

describe('log-opened', () => {
  const log = createLog();

  function open(fields: Readonly<Record<string, unknown>>): boolean {
    const record = parseRecord(log.opening(fields));
    return record.ok && parseLogOpened(record.value, sha256).ok;
  }

  test('names format, origin and keys, and the log that it continues, if any', () => {
    expect(open({})).toBe(true);
    const root = Buffer.alloc(32).toString('base64');
    expect(open({ generation: 1, previous: { origin: 'github.com/12345/67890/1', size: 7, root } })).toBe(true);
  });

  const keys = { record: formatVerifierKey(log.keys.record), checkpoint: formatVerifierKey(log.keys.checkpoint) };
  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['another format', { format: 2 }],
    ['no origin', { origin: undefined }],
    ['another generation than its origin', { generation: 2 }],
    ['no keys', { keys: undefined }],
    ['its keys swapped', { keys: { record: keys.checkpoint, checkpoint: keys.record } }],
    ['one key for both', { keys: { record: keys.record, checkpoint: keys.record } }],
    ['a key that is none', { keys: { ...keys, record: 'x' } }],
    ['a previous log without a root', { previous: { origin: 'github.com/12345/67890/1', size: 7 } }],
  ])('with %s is refused', (_, fields) => {
    expect(open(fields)).toBe(false);
  });
});
