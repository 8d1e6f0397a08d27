import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** The two keys of a log: one signs records, the other checkpoints. Both Ed25519. */
export interface SigningKeys {
  readonly record: KeyObject;
  readonly checkpoint: KeyObject;
}

const BLOCK = /-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----/g;

/**
 * Reads what `countersign keygen` writes: two PKCS#8 blocks, the record key first. The text is the operator's.
 *
 * @returns null when it is anything else
 */
export function parseSigningKeys(pem: string): SigningKeys | null {
  const [record, checkpoint, ...more] = pem.match(BLOCK) ?? [];
  if (record === undefined || checkpoint === undefined || more.length > 0) return null;
  try {
    const keys = { record: createPrivateKey(record), checkpoint: createPrivateKey(checkpoint) };
    const known = keys.record.asymmetricKeyType === 'ed25519' && keys.checkpoint.asymmetricKeyType === 'ed25519';
    return known && rawPublicKey(keys.record) !== rawPublicKey(keys.checkpoint) ? keys : null;
  } catch {
    return null;
  }
}

export function generateSigningKeys(): string {
  const block = (): string =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return block() + block();
}

/** The 32 bytes of an Ed25519 public key, base64: what an operator compares and pins. */
export function rawPublicKey(key: KeyObject): string {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return spki.subarray(-32).toString('base64');
}
