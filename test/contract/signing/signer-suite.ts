import { describe, expect, test } from 'vitest';
import { sha256, verify } from '../../../adapters/signing/node-crypto.ts';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { formatCheckpoint } from '../../../core/evidence/notes/checkpoint.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../../core/evidence/dsse.ts';
import { MAX_RECORD_BYTES } from '../../../core/evidence/kinds.ts';
import { logKeyOf } from '../../../core/evidence/public-key.ts';
import { openNote, signNote, toVerifierKey, verifySignature } from '../../../core/evidence/notes/signed-note.ts';
import type { Signer } from '../../../core/ports.ts';
import { sampleOrigin } from '../../support/evidence-log.ts';

/** Longest text that the writer ever has signed. */
const LONGEST = preAuthEncoding(PAYLOAD_TYPE, new Uint8Array(MAX_RECORD_BYTES)).length;

/** What every signer must do: whether the key is a file's or is kept by a service. */
export function describeSigner(name: string, signer: () => Signer): void {
  const isGood = (message: Uint8Array, signature: Uint8Array): Promise<boolean> =>
    verifySignature(signer().publicKey, message, signature, verify);

  describe(`the signer port, as ${name}`, () => {
    test('has a public key that a log can name', () => {
      expect(logKeyOf(signer().publicKey.spki)).toEqual(signer().publicKey);
      expect(toVerifierKey(sampleOrigin, signer().publicKey, sha256).name).toBe(sampleOrigin);
    });

    test('signs texts of every length up to its limit, in the one form that a log takes', async () => {
      const longest = Math.min(signer().maxMessageBytes, LONGEST);
      for (const length of [0, 1, 31, 32, 64, 4_000, longest]) {
        const message = new Uint8Array(length).fill(7);
        expect(await isGood(message, await signer().sign(message)), `${length} bytes`).toBe(true);
      }
    });

    test('signs the message and not its digest', async () => {
      const message = utf8('what is signed');
      expect(await isGood(sha256(message), await signer().sign(message))).toBe(false);
      expect(await isGood(utf8('something else'), await signer().sign(message))).toBe(false);
    });

    test('gives each of many callers at once the signature of his own message', async () => {
      const messages = Array.from({ length: 30 }, (_, at) => utf8(`message ${at}`));
      const signatures = await Promise.all(messages.map((message) => signer().sign(message)));
      const verdicts = await Promise.all(
        messages.map((message, at) => isGood(message, signatures[at] ?? new Uint8Array())),
      );
      expect(verdicts).toEqual(messages.map(() => true));
    });

    test('leaves the message as it was', async () => {
      const message = utf8('what is signed');
      await signer().sign(message);
      expect(message).toEqual(utf8('what is signed'));
    });

    test('signs checkpoints that open with its key', async () => {
      const key = toVerifierKey(sampleOrigin, signer().publicKey, sha256);
      const text = formatCheckpoint({ origin: sampleOrigin, size: 1, root: sha256(utf8('root')) });
      const note = await signNote(text, key, (message) => signer().sign(message));
      expect(await openNote(utf8(note), [key], verify)).toMatchObject({ ok: true, value: { text, verified: [key] } });
    });
  });
}
