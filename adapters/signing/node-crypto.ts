import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** SHA-256 as `core` wants it handed in. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** What stands before the 32 raw bytes in the DER form of an Ed25519 public key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A log has two keys; parsing one costs as much as a verification. */
const KNOWN_KEYS = 16;
const known = new Map<string, KeyObject>();

/** Ed25519 over the message itself; `publicKey` is 32 raw bytes. Answers false, never throws, on bad input. */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    return verifySignature(null, message, toKey(publicKey), signature);
  } catch {
    return false;
  }
}

function toKey(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('base64');
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  if (known.size >= KNOWN_KEYS) known.clear();
  known.set(name, key);
  return key;
}
