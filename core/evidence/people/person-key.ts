import { concatBytes, equalBytes, fromHex } from '../bytes.ts';
import { DER_BIT_STRING, DER_INTEGER, DER_SEQUENCE, der, isPositiveInteger, readDer } from './der.ts';
import type { Algorithm, PublicKey } from '../public-key.ts';

/*
 * Keys of people, in SubjectPublicKeyInfo. Each key has exactly one form here (uncompressed points, named curves, RSA with
 * NULL parameters): otherwise one key could be enrolled for two people under two spellings.
 */

type RawAlgorithm = Exclude<Algorithm, 'rs256' | 'rs512'>;
export type RsaAlgorithm = Extract<Algorithm, 'rs256' | 'rs512'>;

interface RawForm {
  /** SubjectPublicKeyInfo up to the key or point itself (RFC 8410, RFC 5480). */
  readonly prefix: Uint8Array;
  readonly bytes: number;
  /** The point of a curve begins with it: uncompressed. */
  readonly first?: number;
}

const UNCOMPRESSED = 4;
const FORMS: Readonly<Record<RawAlgorithm, RawForm>> = {
  ed25519: { prefix: hex('302a300506032b6570032100'), bytes: 32 },
  ed448: { prefix: hex('3043300506032b6571033a00'), bytes: 57 },
  p256: { prefix: hex('3059301306072a8648ce3d020106082a8648ce3d030107034200'), bytes: 65, first: UNCOMPRESSED },
  p384: { prefix: hex('3076301006072a8648ce3d020106052b81040022036200'), bytes: 97, first: UNCOMPRESSED },
  p521: { prefix: hex('30819b301006072a8648ce3d020106052b8104002303818600'), bytes: 133, first: UNCOMPRESSED },
};

/** AlgorithmIdentifier rsaEncryption with NULL parameters (RFC 8017 A.1). */
const RSA_IDENTIFIER = hex('300d06092a864886f70d0101010500');
const NO_UNUSED_BITS = Uint8Array.of(0);
const MIN_RSA_BITS = 2_048;
/** A larger one would let whoever writes an enrolment make every check slow. */
const MAX_RSA_BITS = 8_192;
/** FIPS 186-5: above 2^16. With exponent 1 anybody could sign. */
const MIN_EXPONENT = 65_537;

const algorithms: ReadonlyMap<unknown, Algorithm> = new Map(
  (['ed25519', 'ed448', 'p256', 'p384', 'p521', 'rs256', 'rs512'] as const).map((name) => [name, name]),
);

/** The algorithm of that name, or null. */
export function toAlgorithm(name: unknown): Algorithm | null {
  return algorithms.get(name) ?? null;
}

/** The key, or null where the bytes are not a key of this algorithm in its one form. Whether a point is on its curve is left to `verify`. */
export function personKey(algorithm: Algorithm, spki: Uint8Array): PublicKey | null {
  if (algorithm === 'rs256' || algorithm === 'rs512') return rsaKeyOf(algorithm, spki);
  const key = rawKey(algorithm, spki.slice(FORMS[algorithm].prefix.length));
  return key !== null && equalBytes(key.spki, spki) ? key : null;
}

/** @param raw the key of an Edwards curve (RFC 8032) or an uncompressed point */
export function rawKey(algorithm: RawAlgorithm, raw: Uint8Array): PublicKey | null {
  const { prefix, bytes, first } = FORMS[algorithm];
  if (raw.length !== bytes || (first !== undefined && raw[0] !== first)) return null;
  return { algorithm, spki: concatBytes(prefix, raw) };
}

/** @param modulus @param exponent contents of positive DER integers */
export function rsaKey(algorithm: RsaAlgorithm, modulus: Uint8Array, exponent: Uint8Array): PublicKey | null {
  if (!isPositiveInteger(modulus) || !isPositiveInteger(exponent) || exponent.length > 4) return null;
  const bits = modulusBytes(modulus) * 8 - Math.clz32(modulus[0] === 0 ? (modulus[1] ?? 0) : (modulus[0] ?? 0)) + 24;
  const e = exponent.reduce((value, byte) => value * 256 + byte, 0);
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS || e < MIN_EXPONENT || e % 2 === 0) return null;
  const key = der(DER_SEQUENCE, der(DER_INTEGER, modulus), der(DER_INTEGER, exponent));
  return { algorithm, spki: der(DER_SEQUENCE, RSA_IDENTIFIER, der(DER_BIT_STRING, NO_UNUSED_BITS, key)) };
}

/** How long a signature by this modulus is. */
export function modulusBytes(modulus: Uint8Array): number {
  return modulus[0] === 0 ? modulus.length - 1 : modulus.length;
}

/** Takes the two integers out, and takes the key only where it is written as `rsaKey` writes it. */
function rsaKeyOf(algorithm: RsaAlgorithm, spki: Uint8Array): PublicKey | null {
  const whole = readDer(spki, 0, DER_SEQUENCE);
  const bits = whole === null ? null : readDer(whole.content, RSA_IDENTIFIER.length, DER_BIT_STRING);
  const pair = bits === null ? null : readDer(bits.content, NO_UNUSED_BITS.length, DER_SEQUENCE);
  const modulus = pair === null ? null : readDer(pair.content, 0, DER_INTEGER);
  const exponent = pair === null || modulus === null ? null : readDer(pair.content, modulus.end, DER_INTEGER);
  const key = modulus === null || exponent === null ? null : rsaKey(algorithm, modulus.content, exponent.content);
  return key !== null && equalBytes(key.spki, spki) ? key : null;
}

function hex(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array();
}
