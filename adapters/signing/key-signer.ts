import { createPublicKey, sign as signMessage } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { toCanonicalP256 } from '../../core/evidence/notes/ecdsa-signature.ts';
import { logKeyOf } from '../../core/evidence/public-key.ts';
import type { Signer } from '../../core/ports.ts';

/**
 * Signer over a private key that this process holds.
 * @throws {TypeError} when it is neither an Ed25519 nor a P-256 private key
 */
export function keySigner(key: KeyObject): Signer {
  const publicKey = key.type === 'private' ? logKeyOf(spkiOf(key)) : null;
  if (publicKey === null) throw new TypeError('the key is neither an Ed25519 nor a P-256 private key');
  const sign =
    publicKey.algorithm === 'ed25519'
      ? (message: Uint8Array) => new Uint8Array(signMessage(null, message, key))
      : (message: Uint8Array) => toCanonicalP256(signMessage('sha256', message, key));
  return {
    publicKey,
    maxMessageBytes: Number.MAX_SAFE_INTEGER,
    // oxlint-disable-next-line typescript/require-await -- the port is asynchronous: a KMS could stand here
    sign: async (message) => sign(message),
  };
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
}
