import { createPublicKey, hash, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** SubjectPublicKeyInfo of an Ed25519 key up to the 32 bytes of the key itself (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(hash('sha256', bytes, 'buffer'));
}

/** A log has two keys: making a KeyObject for each of 100,000 signatures would cost a tenth of the whole check. */
const keys = new Map<string, KeyObject>();

/** Verifies on Node's thread pool, so that both cores work. Answers false on a key that is no point of the curve. */
export async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = keyObject(publicKey);
  if (key === null) return false;
  return new Promise((resolve) => {
    verify(null, message, key, signature, (error, isGood) => resolve(error === null && isGood));
  });
}

function keyObject(publicKey: Uint8Array): KeyObject | null {
  const name = Buffer.from(publicKey).toString('latin1');
  const known = keys.get(name);
  if (known !== undefined) return known;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
    keys.set(name, key);
    return key;
  } catch {
    return null;
  }
}
