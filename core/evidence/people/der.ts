import { concatBytes } from '../bytes.ts';

/** As much of strict DER (X.690) as public keys and ECDSA signatures need. */
export const DER_INTEGER = 0x02;
export const DER_BIT_STRING = 0x03;
export const DER_SEQUENCE = 0x30;

const MAX_LENGTH = 0xff_ff;

/** @throws {TypeError} when the content is longer than 65,535 bytes */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  const { length } = content;
  if (length > MAX_LENGTH) throw new TypeError('too long for DER as it is used here');
  if (length < 0x80) return concatBytes(Uint8Array.of(tag, length), content);
  if (length < 0x100) return concatBytes(Uint8Array.of(tag, 0x81, length), content);
  return concatBytes(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), content);
}

/** Content of the element at `at`, which must have this tag and end within the bytes, or null. */
export function readDer(
  bytes: Uint8Array,
  at: number,
  tag: number,
): { readonly content: Uint8Array; readonly end: number } | null {
  const [first = 0, second = 0, third = 0] = bytes.subarray(at + 1, at + 4);
  const form = first === 0x82 ? 3 : first === 0x81 ? 2 : 1;
  const length = form === 3 ? (second << 8) | third : form === 2 ? second : first;
  const start = at + 1 + form;
  const end = start + length;
  if (bytes[at] !== tag || (form === 1 && first >= 0x80) || end > bytes.length) return null;
  return { content: bytes.slice(start, end), end };
}

/** Is it the content of a positive INTEGER in its one form? SSH writes a `mpint` in the same way (RFC 4251). */
export function isPositiveInteger(content: Uint8Array): boolean {
  const [first, second = 0] = content;
  if (first === undefined || first >= 0x80) return false;
  return first !== 0 || second >= 0x80;
}
