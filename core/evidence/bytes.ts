/** SHA-256, handed in because this room imports nothing: Node's crypto in the CLI, a small one in the viewer. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** A parser's answer: untrusted bytes either have the shape or there is a reason, in words for a person. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issue: string };

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const encoder = new TextEncoder();
// `ignoreBOM` keeps a byte order mark in the text, so that it is refused further on instead of silently dropped.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of a text. A lone surrogate becomes U+FFFD: check `isWellFormed()` first where that matters. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes, or null where they are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

export function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += (byte + 256).toString(16).slice(1);
  return hex;
}

/** Bytes of lower-case hex, or null. */
export function fromHex(hex: string): Uint8Array | null {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) return null;
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16));
}

/** Standard alphabet, padded. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const digit = (shift: number): string => STANDARD.charAt((group >> shift) & 63);
    text += digit(18) + digit(12);
    text += at + 1 < bytes.length ? digit(6) : '=';
    text += at + 2 < bytes.length ? digit(0) : '=';
  }
  return text;
}

/**
 * Bytes of padded standard base64, or null. Strict: one text for one value (RFC 4648 section 3.5), so that no byte of an
 * evidence file can change without its meaning changing.
 */
export function fromBase64(text: string): Uint8Array | null {
  return decode(text, standardDigits);
}

/** The same with the URL-safe alphabet of RFC 4648 section 5; padding is required here too. */
export function fromBase64Url(text: string): Uint8Array | null {
  return decode(text, urlSafeDigits);
}

const standardDigits = digitsOf(STANDARD);
const urlSafeDigits = digitsOf(URL_SAFE);

function digitsOf(alphabet: string): Int8Array {
  const digits = new Int8Array(128).fill(-1);
  for (let value = 0; value < alphabet.length; value += 1) digits[alphabet.charCodeAt(value)] = value;
  return digits;
}

function decode(text: string, digits: Int8Array): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const length = text.length - padding;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let held = 0;
  let heldBits = 0;
  let written = 0;
  for (let at = 0; at < length; at += 1) {
    const digit = digits[text.charCodeAt(at)] ?? -1;
    if (digit < 0) return null;
    held = ((held << 6) | digit) & 0xff_ff;
    heldBits += 6;
    if (heldBits >= 8) {
      heldBits -= 8;
      bytes[written] = (held >> heldBits) & 0xff;
      written += 1;
    }
  }
  // Bits left over must be zero: `QQ==` and `QR==` would otherwise be the same byte.
  return (held & ((1 << heldBits) - 1)) === 0 ? bytes : null;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false;
  return true;
}
