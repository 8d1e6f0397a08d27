import { z } from 'zod';

import { sha256 } from '../../../adapters/signing/node-crypto.ts';
import { GateError } from '../../../core/errors.ts';
import { fromBase64, toBase64 } from '../../../core/evidence/bytes.ts';
import { toCanonicalP256 } from '../../../core/evidence/notes/ecdsa-signature.ts';
import { logKeyOf } from '../../../core/evidence/public-key.ts';
import { isCanonicalSignature } from '../../../core/evidence/notes/signed-note.ts';
import type { Signer } from '../../../core/ports.ts';

const MAX_RAW_BYTES = 4_096;

const answer = z.object({ Signature: z.string() });

/** A signer over a key service: what an adapter for a KMS comes to. It proves that the port asks for nothing a KMS lacks. */
export function kmsSigner(url: string, spki: Uint8Array): Signer {
  const publicKey = logKeyOf(spki);
  if (publicKey === null) throw new TypeError('the service holds no key for a log');
  const isRaw = publicKey.algorithm === 'ed25519';
  const maxMessageBytes = isRaw ? MAX_RAW_BYTES : Number.MAX_SAFE_INTEGER;
  return {
    publicKey,
    maxMessageBytes,
    sign: async (message) => {
      if (message.length > maxMessageBytes) throw new TypeError('the message is longer than this signer takes');
      const request = isRaw
        ? { Message: toBase64(message), MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' }
        : { Message: toBase64(sha256(message)), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' };
      try {
        const response = await fetch(url, { method: 'POST', body: JSON.stringify(request) });
        const signature = fromBase64(answer.parse(await response.json()).Signature) ?? new Uint8Array();
        const canonical = isRaw ? signature : toCanonicalP256(signature);
        if (isCanonicalSignature(publicKey, canonical)) return canonical;
      } catch (cause) {
        throw new GateError('ERR_SIGNER_UNAVAILABLE', 'the key service gave no signature', { cause });
      }
      throw new GateError('ERR_SIGNER_UNAVAILABLE', 'the key service answered something else than a signature');
    },
  };
}
