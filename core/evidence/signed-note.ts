import { concatBytes, fromBase64, fromUtf8, toBase64, toHex, utf8 } from './bytes.ts';
import type { Parsed, Sha256, Verify } from './bytes.ts';

/*
 * C2SP signed note:
 *
 *   text, each line ended by "\n"
 *   (one empty line: the last one of the note)
 *   — <key name> base64(key id[4] ‖ signature)
 *
 * A verifier key (vkey) is `<name>+<key id, 8 hex>+base64(type[1] ‖ public key)`.
 */

/** Signature type of plain Ed25519 notes; the only one that is understood here. */
export const ED25519 = 1;

const MAX_SIGNATURES = 100;
const SIGNATURE_PREFIX = '— ';
const KEY_ID_BYTES = 4;
const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

export interface VerifierKey {
  readonly name: string;
  /** 8 hex digits. */
  readonly id: string;
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array;
}

/** First four bytes of SHA-256(name ‖ "\n" ‖ type ‖ public key), as 8 hex digits. */
export function keyId(name: string, publicKey: Uint8Array, sha256: Sha256): string {
  return toHex(sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(ED25519), publicKey)).slice(0, KEY_ID_BYTES));
}

/**
 * Key of that name, from raw bytes.
 * @throws {TypeError} when the name cannot name a key or the public key is not 32 bytes
 */
export function toVerifierKey(name: string, publicKey: Uint8Array, sha256: Sha256): VerifierKey {
  if (!isKeyName(name)) throw new TypeError('a key name is not empty and has no space and no +');
  if (publicKey.length !== ED25519_KEY_BYTES) throw new TypeError('an Ed25519 public key is 32 bytes');
  return { name, id: keyId(name, publicKey, sha256), publicKey };
}

export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${key.id}+${toBase64(concatBytes(Uint8Array.of(ED25519), key.publicKey))}`;
}

/** The key in a vkey text, or why it is none. A mistyped key does not pass: the id is derived again. */
export function parseVerifierKey(vkey: string, sha256: Sha256): Parsed<VerifierKey> {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey);
  const [, name, id, encoded] = match ?? [];
  if (name === undefined || id === undefined || encoded === undefined || !isKeyName(name)) {
    return { ok: false, issue: 'not a verifier key (name+id+key)' };
  }
  const typed = fromBase64(encoded);
  if (typed === null || typed[0] !== ED25519 || typed.length !== 1 + ED25519_KEY_BYTES) {
    return { ok: false, issue: 'not an Ed25519 verifier key' };
  }
  const publicKey = typed.slice(1);
  if (keyId(name, publicKey, sha256) !== id) return { ok: false, issue: 'the key id does not belong to name and key' };
  return { ok: true, value: { name, id, publicKey } };
}

export interface NoteSignature {
  readonly name: string;
  /** 8 hex digits. */
  readonly id: string;
  readonly signature: Uint8Array;
}

export interface Note {
  /** What is signed, with its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Splits a note; nothing is verified yet. */
export function parseNote(bytes: Uint8Array): Parsed<Note> {
  const note = fromUtf8(bytes);
  if (note === null) return { ok: false, issue: 'not UTF-8' };
  if (hasControlCharacter(note)) return { ok: false, issue: 'has a control character' };
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return { ok: false, issue: 'no empty line before the signatures' };
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return { ok: false, issue: `more than ${MAX_SIGNATURES} signatures` };
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === null) return { ok: false, issue: 'a malformed signature line' };
    signatures.push(signature);
  }
  return { ok: true, value: { text: note.slice(0, split + 1), signatures } };
}

/** A note whose text may be trusted as far as these keys are. */
export interface OpenedNote {
  readonly text: string;
  readonly verified: readonly VerifierKey[];
  /** How many signature lines there were, known keys or not. */
  readonly signatureCount: number;
}

/**
 * Verifies a note by the rules of C2SP signed-note: signatures of unknown keys are ignored, a bad signature of a known
 * key refuses the whole note, and at least one must verify.
 */
export async function openNote(
  bytes: Uint8Array,
  keys: readonly VerifierKey[],
  verify: Verify,
): Promise<Parsed<OpenedNote>> {
  const parsed = parseNote(bytes);
  if (!parsed.ok) return parsed;
  const { text, signatures } = parsed.value;
  const message = utf8(text);
  const verified: VerifierKey[] = [];
  for (const { name, id, signature } of signatures) {
    for (const key of keys.filter((candidate) => candidate.name === name && candidate.id === id)) {
      const isGood = signature.length === ED25519_SIGNATURE_BYTES && (await verify(key.publicKey, message, signature));
      if (!isGood) return { ok: false, issue: `the signature of ${name}+${id} does not verify` };
      verified.push(key);
    }
  }
  if (verified.length === 0) return { ok: false, issue: 'no signature by a known key' };
  return { ok: true, value: { text, verified, signatureCount: signatures.length } };
}

/**
 * The note with one signature.
 * @param text ends with a newline and holds no other control character
 * @param sign gives 64 bytes over the UTF-8 of `text`, by the private half of `key`
 * @throws {TypeError} when the text cannot be a note's
 */
export async function signNote(
  text: string,
  key: VerifierKey,
  sign: (message: Uint8Array) => Promise<Uint8Array> | Uint8Array,
): Promise<string> {
  if (!text.isWellFormed() || hasControlCharacter(text) || !text.endsWith('\n')) {
    throw new TypeError('a note is lines of text without control characters');
  }
  const signature = await sign(utf8(text));
  const id = Uint8Array.from({ length: KEY_ID_BYTES }, (_, at) =>
    Number.parseInt(key.id.slice(at * 2, at * 2 + 2), 16),
  );
  return `${text}\n${SIGNATURE_PREFIX}${key.name} ${toBase64(concatBytes(id, signature))}\n`;
}

function parseSignatureLine(line: string): NoteSignature | null {
  if (!line.startsWith(SIGNATURE_PREFIX)) return null;
  const [name, encoded, ...more] = line.slice(SIGNATURE_PREFIX.length).split(' ');
  if (name === undefined || encoded === undefined || more.length > 0 || !isKeyName(name)) return null;
  const bytes = fromBase64(encoded);
  if (bytes === null || bytes.length <= KEY_ID_BYTES) return null;
  return { name, id: toHex(bytes.slice(0, KEY_ID_BYTES)), signature: bytes.slice(KEY_ID_BYTES) };
}

function isKeyName(name: string): boolean {
  // U+0085 is a space to Unicode (and to Go's verifier), but not to a JavaScript \s.
  return name !== '' && name.isWellFormed() && !/[\s\u0085+]/u.test(name) && !hasControlCharacter(name);
}

function hasControlCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 && unit !== 0x0a) return true;
  }
  return false;
}
