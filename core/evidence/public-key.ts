import { concatBytes, equalBytes, fromHex } from './bytes.ts';

/**
 * What a signature here may be made with. A log is signed by `ed25519` or `p256`; people sign with any of them (passkeys and
 * SSH keys come in all these kinds).
 *
 * - `ed25519`, `ed448`: over the message itself; 64 and 114 bytes
 * - `p256`, `p384`, `p521`: ECDSA over SHA-256, SHA-384, SHA-512 of the message; ASN.1 DER `ECDSA-Sig-Value`
 * - `rs256`, `rs512`: RSASSA-PKCS1-v1_5 over SHA-256, SHA-512
 */
export type Algorithm = 'ed25519' | 'ed448' | 'p256' | 'p384' | 'p521' | 'rs256' | 'rs512';

export interface PublicKey {
  readonly algorithm: Algorithm;
  /** SubjectPublicKeyInfo, DER: what Node and WebCrypto both import. Its own algorithm must be the one named. */
  readonly spki: Uint8Array;
}

/** Handed in, because this room has no cryptography of its own. Answers false, never throws, on bad input. */
export type Verify = (key: PublicKey, message: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>;

const ED25519_BYTES = 32;
/** SubjectPublicKeyInfo of an Ed25519 key up to the 32 bytes of the key itself (RFC 8410). */
const ED25519_PREFIX = bytesOf('302a300506032b6570032100');
/** SubjectPublicKeyInfo of a P-256 key up to its uncompressed point of 65 bytes (RFC 5480). */
const P256_PREFIX = bytesOf('3059301306072a8648ce3d020106082a8648ce3d030107034200');
const P256_POINT_BYTES = 65;
const UNCOMPRESSED = 4;

/** @throws {TypeError} when it is not 32 bytes */
export function ed25519Key(raw: Uint8Array): PublicKey {
  if (raw.length !== ED25519_BYTES) throw new TypeError('an Ed25519 public key is 32 bytes');
  return { algorithm: 'ed25519', spki: concatBytes(ED25519_PREFIX, raw) };
}

/** The key of a log in SubjectPublicKeyInfo, or null: only Ed25519 and P-256 (uncompressed), each in its one DER form. */
export function logKeyOf(spki: Uint8Array): PublicKey | null {
  if (hasShape(spki, ED25519_PREFIX, ED25519_BYTES)) return { algorithm: 'ed25519', spki };
  const isP256 = hasShape(spki, P256_PREFIX, P256_POINT_BYTES) && spki[P256_PREFIX.length] === UNCOMPRESSED;
  return isP256 ? { algorithm: 'p256', spki } : null;
}

/** The bytes by which a key is named in vkeys and hints: the 32 raw bytes of an Ed25519 key, SubjectPublicKeyInfo otherwise. */
export function keyBytes({ algorithm, spki }: PublicKey): Uint8Array {
  return algorithm === 'ed25519' ? spki.slice(ED25519_PREFIX.length) : spki;
}

function hasShape(spki: Uint8Array, prefix: Uint8Array, length: number): boolean {
  return spki.length === prefix.length + length && equalBytes(spki.slice(0, prefix.length), prefix);
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array();
}
