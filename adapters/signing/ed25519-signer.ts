import { createPublicKey, sign as signMessage } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import type { Signer } from '../../core/ports.ts';

/**
 * Signer over a private key that this process holds. Ed25519 is deterministic: the same message gives the same bytes,
 * which the evidence writer relies on when it sends a batch again.
 * @throws {TypeError} when it is no Ed25519 private key
 */
export function ed25519Signer(key: KeyObject): Signer {
  if (key.type !== 'private' || key.asymmetricKeyType !== 'ed25519') {
    throw new TypeError('the key is not an Ed25519 private key');
  }
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    // oxlint-disable-next-line typescript/require-await -- the port is asynchronous: a KMS could stand here
    sign: async (message) => new Uint8Array(signMessage(null, message, key)),
  };
}
