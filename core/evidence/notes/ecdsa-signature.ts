/*
 * ECDSA-Sig-Value of a P-256 signature, DER: SEQUENCE { INTEGER r, INTEGER s }.
 *
 * Whoever sees a signature (r, s) can write another one that verifies, (r, n-s), without any key. A signature file is not
 * in the tree, so such a change would go unseen; therefore a log's signatures have exactly one form: strict DER and the
 * smaller s. Signers that give the larger one (most KMS) are normalised before anything is stored.
 */

/** Order of the group of P-256 (FIPS 186-5). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const INTEGER = 0x02;
const SEQUENCE = 0x30;
const MAX_BYTES = 33;

/** Is it strict DER, with 0 < r < n and 0 < s <= n/2? */
export function isCanonicalP256(signature: Uint8Array): boolean {
  const parts = parse(signature);
  return parts !== null && parts.s <= ORDER / 2n;
}

/**
 * The one form of the same signature.
 * @throws {TypeError} when it is no DER signature of this curve
 */
export function toCanonicalP256(signature: Uint8Array): Uint8Array {
  const parts = parse(signature);
  if (parts === null) throw new TypeError('not an ECDSA P-256 signature in DER');
  const { r, s } = parts;
  const [left, right] = [integer(r), integer(s <= ORDER / 2n ? s : ORDER - s)];
  return Uint8Array.of(SEQUENCE, left.length + right.length, ...left, ...right);
}

function parse(signature: Uint8Array): { readonly r: bigint; readonly s: bigint } | null {
  if (signature[0] !== SEQUENCE || signature[1] !== signature.length - 2) return null;
  const r = readInteger(signature, 2);
  const s = r === null ? null : readInteger(signature, r.end);
  if (r === null || s === null || s.end !== signature.length) return null;
  return isInRange(r.value) && isInRange(s.value) ? { r: r.value, s: s.value } : null;
}

function isInRange(value: bigint): boolean {
  return value > 0n && value < ORDER;
}

function readInteger(bytes: Uint8Array, at: number): { readonly value: bigint; readonly end: number } | null {
  const length = bytes[at + 1] ?? 0;
  const end = at + 2 + length;
  if (bytes[at] !== INTEGER || length < 1 || length > MAX_BYTES || end > bytes.length) return null;
  const content = bytes.slice(at + 2, end);
  const [first = 0, second = 0] = content;
  const isNegative = first >= 0x80;
  const isPadded = first === 0 && content.length > 1 && second < 0x80;
  if (isNegative || isPadded) return null;
  return { value: content.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n), end };
}

function integer(value: bigint): number[] {
  const hex = value.toString(16);
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  return [INTEGER, bytes.length, ...bytes];
}
