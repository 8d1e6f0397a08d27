import { describe, expect, test } from 'vitest';
import { fromBase64, utf8 } from '../../../core/evidence/bytes.ts';
import { parseCheckpoint } from '../../../core/evidence/notes/checkpoint.ts';
import { cosign, formatWitnessKey, toWitnessKey } from '../../../core/evidence/notes/cosignature.ts';
import { keyChangeText } from '../../../core/evidence/notes/key-schedule.ts';
import { formatSignatureFile, parseSignatureFile } from '../../../core/evidence/records/signature-file.ts';
import { formatVerifierKey, parseNote, signNote } from '../../../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import type { VerifyOptions } from '../../../core/evidence/verify/verify-log.ts';
import {
  createLog,
  memorySource,
  recordBytes,
  sampleOrigin,
  sha256,
  sha512,
  verifyOnPool,
} from '../../support/evidence-log.ts';
import { ed25519Signer, keyChanged, p256Signer } from '../../support/key-changes.ts';
import type { ChangeOptions, NamedSigner } from '../../support/key-changes.ts';
import { logOf } from '../../support/signed-log.ts';

const record = ed25519Signer('record', 1);
const checkpoint = ed25519Signer('checkpoint', 2);
const right = { record, checkpoint };

async function problemOf(files: ReadonlyMap<string, Uint8Array>, options: Partial<VerifyOptions> = {}) {
  const crypto = { sha256, sha512, verify: verifyOnPool };
  const result = await verifyLog(memorySource(files), { ...crypto, checkpointKey: checkpoint.key, ...options });
  return result.ok ? null : result.problem;
}

const beat = (at: number): Uint8Array => recordBytes('heartbeat', { note: at }, at);
const opening = (keys: Readonly<Record<string, string>> = {}): Uint8Array =>
  createLog().opening({
    keys: { record: formatVerifierKey(record.key), checkpoint: formatVerifierKey(checkpoint.key), ...keys },
  });
const witnessKey = toWitnessKey(sampleOrigin, checkpoint.key.key, sha256);

describe('a key for one purpose is good for no other', () => {
  test('the two keys of a log that is right are taken', async () => {
    expect(await problemOf(await logOf([right, opening(), beat(1)]))).toBe(null);
  });

  test('the record key signs no checkpoint, under its own name or that of the other', async () => {
    const asOther = { ...right, checkpoint: { ...checkpoint, signer: record.signer } };
    expect(await problemOf(await logOf([asOther, opening(), beat(1)]))).toMatchObject({ code: 'checkpoint-signature' });
    const files = await logOf([right, opening(), beat(1)]);
    files.set('checkpoint', await resigned(files, record));
    expect(await problemOf(files)).toMatchObject({ code: 'checkpoint-malformed' });
  });

  test('the checkpoint key signs no record', async () => {
    const files = await logOf([{ ...right, record: { ...record, signer: checkpoint.signer } }, opening(), beat(1)]);
    expect(await problemOf(files)).toMatchObject({ code: 'signature-wrong', index: 0 });
  });

  test('the record key cannot be pinned', async () => {
    const files = await logOf([right, opening(), beat(1)]);
    expect((await problemOf(files, { checkpointKey: record.key }))?.code).toMatch(
      /^(checkpoint-signature|key-not-pinned)$/,
    );
  });

  test.each([
    ['the keys swapped', { record: formatVerifierKey(checkpoint.key), checkpoint: formatVerifierKey(record.key) }],
    ['one key for both', { record: formatVerifierKey(ed25519Signer('record', 2).key) }],
    ['the key of a witness for checkpoints', { checkpoint: formatWitnessKey(witnessKey) }],
    [
      'the key of a witness for records',
      { record: formatWitnessKey(toWitnessKey(record.key.name, record.key.key, sha256)) },
    ],
    [
      'the key of another log',
      { checkpoint: formatVerifierKey(ed25519Signer('checkpoint', 2, 'github.com/1/2/1').key) },
    ],
    ['a P-256 key under the type of Ed25519', { checkpoint: underType(1, p256Signer('checkpoint')) }],
    ['an Ed25519 key under the type of P-256', { checkpoint: underType(2, checkpoint) }],
  ])('a log that names %s is not written and does not open', async (_what, keys) => {
    await expect(logOf([right, opening(keys), beat(1)])).rejects.toThrow(TypeError);
    const files = await logOf([right, opening(), beat(1)]);
    const path = [...files.keys()].find((name) => name.includes('log-opened')) ?? '';
    files.set(path, opening(keys));
    expect(await problemOf(files, { checkpointKey: undefined })).toMatchObject({
      code: 'log-opened-malformed',
      index: 0,
    });
  });

  test('a cosignature by the very key of the log is not its signature', async () => {
    const files = await logOf([right, opening(), beat(1)]);
    const text = textOf(files);
    const line = await cosign(text, 1n, witnessKey, (message) => checkpoint.signer.sign(message));
    files.set('checkpoint', utf8(`${text}\n${line}`));
    expect(await problemOf(files)).toMatchObject({ code: 'checkpoint-signature' });
  });

  test('what keys sign for one purpose begins as nothing for another does', () => {
    const text = keyChangeText({ origin: sampleOrigin, role: 'checkpoint', before: 'a', after: 'b', revokedFrom: 1 });
    expect(parseCheckpoint(text).ok).toBe(false);
    expect(text.startsWith('countersign key change v1\n')).toBe(true);
    expect(text.startsWith('DSSEv1')).toBe(false);
    expect(text).toBe(`countersign key change v1\n${sampleOrigin}\ncheckpoint\na\nb\n1\n`);
  });
});

describe('after a change of keys', () => {
  const fresh = { record: p256Signer('record'), checkpoint: p256Signer('checkpoint') };
  const change = async (role: ChangeOptions['role'], at: number): Promise<Uint8Array> =>
    recordBytes('key-changed', await keyChanged({ role, before: right[role], after: fresh[role] }), at);

  test('both new keys sign on, and the oldest pin still leads to them', async () => {
    const files = await logOf(
      [right, opening(), beat(1)],
      [{ ...right, checkpoint: fresh.checkpoint }, await change('checkpoint', 2), await change('record', 3)],
      [fresh, beat(4)],
    );
    for (const pin of [checkpoint, fresh.checkpoint])
      expect(await problemOf(files, { checkpointKey: pin.key })).toBe(null);
  });

  test('the old record key signs nothing more, and the new one nothing before', async () => {
    const late = await logOf([right, opening()], [right, await change('record', 1)], [right, beat(2)]);
    expect(await problemOf(late)).toMatchObject({ code: 'signatures-malformed', index: 2 });
    const disguised = await logOf(
      [right, opening()],
      [right, await change('record', 1)],
      [{ ...right, record: { ...fresh.record, signer: record.signer } }, beat(2)],
    );
    expect(await problemOf(disguised)).toMatchObject({ index: 2 });
    const early = await logOf([right, opening()], [{ ...right, record: fresh.record }, await change('record', 1)]);
    expect(await problemOf(early)).toMatchObject({ code: 'signatures-malformed', index: 1 });
  });

  test('the old checkpoint key signs no checkpoint any more, and the new one none before', async () => {
    const late = await logOf([right, opening()], [right, await change('checkpoint', 1)]);
    expect(await problemOf(late)).toMatchObject({ code: 'checkpoint-signature' });
    const early = await logOf([right, opening(), beat(1)]);
    early.set('checkpoint', await resigned(early, fresh.checkpoint));
    expect(await problemOf(early)).toMatchObject({ code: 'checkpoint-signature' });
  });
});

describe('a right signature at another position', () => {
  test('in its own file does not verify', async () => {
    const files = await logOf([right, opening()], [right, beat(1), beat(2), beat(3)]);
    const [path = ''] = [...files.keys()].filter((name) => name.includes('000000001-000000003'));
    const parsed = parseSignatureFile(files.get(path) ?? new Uint8Array());
    if (!parsed.ok) throw new TypeError(parsed.issue);
    const { keyid, signatures } = parsed.value;
    files.set(path, formatSignatureFile({ keyid, signatures: signatures.toReversed() }));
    expect(await problemOf(files)).toMatchObject({ code: 'signature-wrong', index: 1 });
  });

  test('in the file of another commit does not verify', async () => {
    const files = await logOf([right, opening()], [right, beat(1)], [right, beat(2)]);
    const [first = '', second = ''] = [...files.keys()].filter((name) => /00000000[12]-00000000[12]/.test(name));
    files.set(second, files.get(first) ?? new Uint8Array());
    expect(await problemOf(files)).toMatchObject({ code: 'signature-wrong', index: 2 });
  });
});

function textOf(files: ReadonlyMap<string, Uint8Array>): string {
  const note = parseNote(files.get('checkpoint') ?? new Uint8Array());
  return note.ok ? note.value.text : '';
}

/** The same checkpoint, signed by another key. */
async function resigned(files: ReadonlyMap<string, Uint8Array>, by: NamedSigner): Promise<Uint8Array> {
  return utf8(await signNote(textOf(files), by.key, (message) => by.signer.sign(message)));
}

/** The vkey with the id that it would have and another type byte. */
function underType(type: number, { key }: NamedSigner): string {
  const [name, id] = formatVerifierKey(key).split('+');
  const bytes = Buffer.from(fromBase64(formatVerifierKey(key).slice(`${name}+${id}+`.length)) ?? []);
  bytes[0] = type;
  return `${name}+${id}+${bytes.toString('base64')}`;
}
