import { createHash, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha256, verifyOnPool } from '../../../adapters/signing/node-crypto.ts';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { formatCheckpoint } from '../../../core/evidence/notes/checkpoint.ts';
import {
  cosign,
  cosignedText,
  formatWitnessKey,
  openCosignedCheckpoint,
  parseWitnessKey,
  toWitnessKey,
} from '../../../core/evidence/notes/cosignature.ts';
import type { CosignedCheckpoint, WitnessKey } from '../../../core/evidence/notes/cosignature.ts';
import { parseEvidencePath } from '../../../core/evidence/layout.ts';
import { formatVerifierKey, parseVerifierKey, signNote } from '../../../core/evidence/notes/signed-note.ts';
import { fixedKey, sampleOrigin } from '../../support/evidence-log.ts';
import { ed25519Signer, p256Signer } from '../../support/key-changes.ts';
import type { NamedSigner } from '../../support/key-changes.ts';

const size = 20_852_163;
const text = formatCheckpoint({ origin: sampleOrigin, size, root: sha256(utf8('root')) });
const log = ed25519Signer('checkpoint', 2);
const time = 1_679_315_147n;
const largest = 2n ** 63n - 1n;

function witness(fill: number, name = `witness.example/w${fill}`): WitnessKey {
  return toWitnessKey(name, fixedKey(fill).publicKey, sha256);
}

/** A signature line by hand, as C2SP describes it, with Node alone. */
function lineOf(fill: number, timestamp: bigint, body = text, name = `witness.example/w${fill}`): string {
  const raw = fixedKey(fill).publicKey.spki.slice(-32);
  const id = createHash('sha256').update(`${name}\n\x04`).update(raw).digest().subarray(0, 4);
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(timestamp);
  const signed = Buffer.from(`cosignature/v1\ntime ${timestamp}\n${body}`);
  const signature = sign(null, signed, fixedKey(fill).privateKey);
  return `— ${name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n`;
}

function signed(by: NamedSigner = log, body = text): Promise<string> {
  return signNote(body, by.key, (message) => by.signer.sign(message));
}

async function open(note: string, witnesses: readonly WitnessKey[], by = log): Promise<CosignedCheckpoint | string> {
  const opened = await openCosignedCheckpoint(utf8(note), () => by.key, witnesses, verifyOnPool);
  return opened.ok ? opened.value : opened.issue;
}

async function times(note: string, witnesses: readonly WitnessKey[]): Promise<readonly string[]> {
  const opened = await open(note, witnesses);
  if (typeof opened === 'string') throw new TypeError(opened);
  return opened.cosignatures.map((each) => `${each.witness.name} ${each.timestamp}`);
}

describe('a cosigned checkpoint', () => {
  test('opens with what the witnesses said and when, whether the log signs with Ed25519 or P-256', async () => {
    for (const by of [log, p256Signer('checkpoint')]) {
      const note = (await signed(by)) + lineOf(5, time) + lineOf(6, time + 1n);
      expect(await open(note, [witness(5), witness(6)], by)).toEqual({
        checkpoint: { origin: sampleOrigin, size, root: sha256(utf8('root')) },
        cosignatures: [
          { witness: witness(5), timestamp: time },
          { witness: witness(6), timestamp: time + 1n },
        ],
      });
    }
  });

  test('tells the key of the log by its size, before anything is believed', async () => {
    const asked: number[] = [];
    const note = utf8((await signed()) + lineOf(5, time));
    const keyFor = (checkpoint: { readonly size: number }): NamedSigner['key'] => {
      asked.push(checkpoint.size);
      return log.key;
    };
    expect((await openCosignedCheckpoint(note, keyFor, [], verifyOnPool)).ok).toBe(true);
    expect(asked).toEqual([size]);
  });

  test('counts no witness that it does not know, by name or by id', async () => {
    const note = (await signed()) + lineOf(5, time) + lineOf(6, time, text, 'witness.example/w5');
    expect(await times(note, [])).toEqual([]);
    expect(await times(note, [witness(5)])).toEqual([`witness.example/w5 ${time}`]);
    expect(await times(note, [witness(7)])).toEqual([]);
  });

  test('counts a witness once, with its newest time, also under two names', async () => {
    const twice = (await signed()) + lineOf(5, time + 9n) + lineOf(5, time);
    expect(await times(twice, [witness(5)])).toEqual([`witness.example/w5 ${time + 9n}`]);
    const renamed = (await signed()) + lineOf(5, time) + lineOf(5, time + 1n, text, 'other.example');
    expect(await times(renamed, [witness(5), witness(5, 'other.example')])).toEqual([`other.example ${time + 1n}`]);
  });

  test('takes the first and the last second that there is', async () => {
    const note = (await signed()) + lineOf(5, 0n) + lineOf(6, largest);
    expect(await times(note, [witness(5), witness(6)])).toEqual([
      'witness.example/w5 0',
      `witness.example/w6 ${largest}`,
    ]);
  });
});

describe('a cosigned checkpoint is refused', () => {
  const bent = (line: string, change: (bytes: Buffer) => Buffer): string => {
    const [dash, name, encoded = ''] = line.trimEnd().split(' ');
    return `${dash} ${name} ${change(Buffer.from(encoded, 'base64')).toString('base64')}\n`;
  };
  const flip =
    (at: number) =>
    (bytes: Buffer): Buffer => {
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };

  test.each([
    ['with a changed time', bent(lineOf(5, time), flip(11)), 'does not verify'],
    ['with a changed signature', bent(lineOf(5, time), flip(40)), 'does not verify'],
    ['with a time beyond 2^63 - 1', lineOf(5, largest + 1n), 'has a time beyond 2^63 - 1'],
    ['with the last time there could be', lineOf(5, 2n ** 64n - 1n), 'has a time beyond 2^63 - 1'],
    [
      'with a signature cut short',
      bent(lineOf(5, time), (bytes) => bytes.subarray(0, -1)),
      'is not a time and a signature',
    ],
    [
      'with a signature too long',
      bent(lineOf(5, time), (bytes) => Buffer.concat([bytes, bytes.subarray(0, 1)])),
      'is not a time',
    ],
    ['with a signature of another checkpoint', lineOf(5, time, text.replace(String(size), '1')), 'does not verify'],
    [
      'with the plain signature of a note',
      bent(lineOf(5, time), (bytes) =>
        Buffer.concat([bytes.subarray(0, 12), sign(null, Buffer.from(text), fixedKey(5).privateKey)]),
      ),
      'does not verify',
    ],
  ])('%s by a known witness, although another is good', async (_what, line, issue) => {
    const note = (await signed()) + lineOf(6, time) + line;
    expect(await open(note, [witness(5), witness(6)])).toContain(
      `the cosignature of witness.example/w5+${witness(5).id} ${issue}`,
    );
    expect(await times(note, [witness(6)])).toHaveLength(1);
  });

  test('without the signature of the log, however many witnesses there are', async () => {
    const [body = ''] = (await signed()).split('\n— ');
    expect(await open(`${body}\n${lineOf(5, time)}`, [witness(5)])).toBe('no signature by a known key');
    const other = ed25519Signer('checkpoint', 9);
    expect(await open((await signed(other)) + lineOf(5, time), [witness(5)])).toBe('no signature by a known key');
  });

  test('when it is of another log than the key', async () => {
    const other = ed25519Signer('checkpoint', 2, 'github.com/1/2/1');
    const note = await signNote(text, other.key, (message) => other.signer.sign(message));
    expect(await open(note, [], other)).toContain('it is of the log github.com/12345/67890/1');
  });

  test('when its witness is the log itself', async () => {
    expect(await open((await signed()) + lineOf(2, time), [witness(2)])).toContain('signs with the key of the log');
  });

  test.each([
    ['an extension line', `${text}extra\n`],
    ['no root', `${sampleOrigin}\n1\n`],
    ['a size beyond 2^53', text.replace(String(size), '9007199254740993')],
  ])('with %s', async (_what, body) => {
    expect(typeof (await open((await signed(log, body)) + lineOf(5, time, body), [witness(5)]))).toBe('string');
  });
});

describe('a cosignature', () => {
  test('is made as C2SP describes it, byte for byte', async () => {
    for (const timestamp of [0n, time, largest]) {
      const made = await cosign(text, timestamp, witness(5), (message) => sign(null, message, fixedKey(5).privateKey));
      expect(made).toBe(lineOf(5, timestamp));
    }
    expect(cosignedText(time, text)).toBe(`cosignature/v1\ntime 1679315147\n${text}`);
  });

  test('is made of a checkpoint only, and of a time that there is', async () => {
    const make = (body: string, timestamp: bigint): Promise<string> =>
      cosign(body, timestamp, witness(5), () => new Uint8Array(64));
    await expect(make('a note\n', time)).rejects.toThrow(TypeError);
    await expect(make(text, -1n)).rejects.toThrow(TypeError);
    await expect(make(text, largest + 1n)).rejects.toThrow(TypeError);
  });
});

describe('the key of a witness', () => {
  const vkey = formatWitnessKey(witness(5));

  test('is a vkey of type 4 and read back as it was written', () => {
    expect(vkey).toMatch(/^witness\.example\/w5\+[0-9a-f]{8}\+B[A-Za-z0-9+/]{43}$/);
    expect(parseWitnessKey(vkey, sha256)).toEqual({ ok: true, value: witness(5) });
  });

  test.each([
    ['an Ed25519 key of a log (type 1)', formatVerifierKey(log.key), 'not the key of a witness'],
    ['a P-256 key of a log (type 2)', formatVerifierKey(p256Signer('checkpoint').key), 'not the key of a witness'],
    ['a key of another id', vkey.replace(witness(5).id, '00000000'), 'id'],
    ['a key of another name', vkey.replace('w5', 'w6'), 'id'],
    ['a key cut short', `w+00000000+${Buffer.alloc(32, 4).toString('base64')}`, 'not the key of a witness'],
    ['no key', 'witness.example', 'not a verifier key'],
  ])('is not %s', (_what, other, issue) => {
    const parsed = parseWitnessKey(other, sha256);
    expect(parsed.ok ? 'accepted' : parsed.issue).toContain(issue);
  });

  test('is not taken for the key of a log', () => {
    expect(parseVerifierKey(vkey, sha256)).toEqual({ ok: false, issue: expect.stringContaining('neither') });
  });

  test('is Ed25519 and has a name that a note can carry', () => {
    expect(() => toWitnessKey('a b', fixedKey(5).publicKey, sha256)).toThrow(TypeError);
    expect(() => toWitnessKey('w', p256Signer('checkpoint').signer.publicKey, sha256)).toThrow(TypeError);
  });
});

test('what witnesses cosigned has a place on the branch', () => {
  expect(parseEvidencePath('checkpoint.witnessed')).toEqual({ kind: 'witnessed' });
});
