import { createPublicKey, hash, verify as verifySignature } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { toHex } from '../../core/evidence/bytes.ts';
import type { Algorithm, PublicKey } from '../../core/evidence/public-key.ts';

/** SHA-256 as `core` wants it handed in. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return fromLatin1(hash('sha256', bytes, 'binary'));
}

/** Node gives a digest as text in less than half the time of a buffer, which it allocates outside the heap. */
function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** SHA-512, for the SSH signatures of people. */
export function sha512(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(hash('sha512', bytes, 'buffer'));
}

interface Scheme {
  /** As OpenSSL names it; null: the message itself is signed. */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null;
  readonly keyType: 'ed25519' | 'ed448' | 'ec' | 'rsa';
  /** Curve, of an `ec` key. */
  readonly curve?: string;
}

const SCHEMES: Readonly<Record<Algorithm, Scheme>> = {
  ed25519: { digest: null, keyType: 'ed25519' },
  ed448: { digest: null, keyType: 'ed448' },
  p256: { digest: 'sha256', keyType: 'ec', curve: 'prime256v1' },
  p384: { digest: 'sha384', keyType: 'ec', curve: 'secp384r1' },
  p521: { digest: 'sha512', keyType: 'ec', curve: 'secp521r1' },
  rs256: { digest: 'sha256', keyType: 'rsa' },
  rs512: { digest: 'sha512', keyType: 'rsa' },
};

/** Verifies in this thread. Answers false, never throws, on bad input. */
export function verify(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const key = keyObject(publicKey);
  if (key === null) return false;
  try {
    return verifySignature(SCHEMES[publicKey.algorithm].digest, message, key, signature);
  } catch {
    return false;
  }
}

/** The same on Node's thread pool, so that all cores work. */
export function verifyOnPool(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const key = keyObject(publicKey);
  if (key === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    verifySignature(SCHEMES[publicKey.algorithm].digest, message, key, signature, (error, isGood) =>
      resolve(error === null && isGood),
    );
  });
}

/** A log has few keys, and parsing one costs as much as a verification. Bounded: people's keys come and go. */
const KNOWN_KEYS = 1_024;
const known = new Map<string, KeyObject | null>();
/** The same by identity: naming a key for each of 100,000 signatures takes as long as hashing the records. */
const knownObjects = new WeakMap<PublicKey, KeyObject | null>();

/** null: no such key, or of another kind than it says. */
function keyObject(publicKey: PublicKey): KeyObject | null {
  const seen = knownObjects.get(publicKey);
  if (seen !== undefined) return seen;
  const { algorithm, spki } = publicKey;
  const name = `${algorithm} ${toHex(spki)}`;
  const key = known.get(name) ?? parseKey(algorithm, spki);
  if (known.size >= KNOWN_KEYS) known.clear();
  known.set(name, key);
  knownObjects.set(publicKey, key);
  return key;
}

function parseKey(algorithm: Algorithm, spki: Uint8Array): KeyObject | null {
  const { keyType, curve } = SCHEMES[algorithm];
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === keyType && key.asymmetricKeyDetails?.namedCurve === curve ? key : null;
  } catch {
    return null;
  }
}
