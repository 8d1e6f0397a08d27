import { concatBytes, fromBase64, fromUtf8, toBase64, toHex, utf8 } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import { isCanonicalP256 } from './ecdsa-signature.ts';
import { ed25519Key, keyBytes, logKeyOf } from '../public-key.ts';
import type { PublicKey, Verify } from '../public-key.ts';

/*
 * C2SP signed note:
 *
 *   text, each line ended by "\n"
 *   (one empty line: the last one of the note)
 *   — <key name> base64(key id[4] ‖ signature)
 *
 * A verifier key (vkey) is `<name>+<key id, 8 hex>+base64(type[1] ‖ public key)`. Types: 1 Ed25519, 2 ECDSA.
 */

const TYPE_ED25519 = 1;
const TYPE_ECDSA = 2;
const MAX_SIGNATURES = 100;
const SIGNATURE_PREFIX = '— ';
const KEY_ID_BYTES = 4;
const ED25519_SIGNATURE_BYTES = 64;

export interface VerifierKey {
  readonly name: string;
  /** 8 hex digits. */
  readonly id: string;
  /** Ed25519 or P-256. */
  readonly key: PublicKey;
}

/**
 * First four bytes, as 8 hex digits, of SHA-256(name ‖ "\n" ‖ type ‖ public key); of an ECDSA key those of
 * SHA-256(SubjectPublicKeyInfo), as C2SP says for that type.
 */
export function keyId(name: string, key: PublicKey, sha256: Sha256): string {
  const named =
    key.algorithm === 'ed25519' ? concatBytes(utf8(`${name}\n`), Uint8Array.of(TYPE_ED25519), keyBytes(key)) : key.spki;
  return toHex(sha256(named).slice(0, KEY_ID_BYTES));
}

/**
 * Key of that name.
 * @throws {TypeError} when the name cannot name a key or the public key is neither Ed25519 nor P-256
 */
export function toVerifierKey(name: string, key: PublicKey, sha256: Sha256): VerifierKey {
  if (!isKeyName(name)) throw new TypeError('a key name is not empty and has no space and no +');
  if (logKeyOf(key.spki)?.algorithm !== key.algorithm) throw new TypeError('a log is signed by Ed25519 or P-256 keys');
  return { name, id: keyId(name, key, sha256), key };
}

export function formatVerifierKey({ name, id, key }: VerifierKey): string {
  const type = key.algorithm === 'ed25519' ? TYPE_ED25519 : TYPE_ECDSA;
  return `${name}+${id}+${toBase64(concatBytes(Uint8Array.of(type), keyBytes(key)))}`;
}

/** The key in a vkey text, or why it is none. A mistyped key does not pass: the id is derived again. */
export function parseVerifierKey(vkey: string, sha256: Sha256): Parsed<VerifierKey> {
  const parsed = parseTypedKey(vkey);
  if (!parsed.ok) return parsed;
  const { name, id, type, bytes } = parsed.value;
  const key = type === TYPE_ED25519 ? toEd25519(bytes) : type === TYPE_ECDSA ? logKeyOf(bytes) : null;
  const isOfType = key !== null && (type === TYPE_ED25519) === (key.algorithm === 'ed25519');
  if (!isOfType) return { ok: false, issue: 'neither an Ed25519 nor a P-256 verifier key' };
  if (keyId(name, key, sha256) !== id) return { ok: false, issue: 'the key id does not belong to name and key' };
  return { ok: true, value: { name, id, key } };
}

export interface TypedKey {
  readonly name: string;
  /** 8 hex digits, as written: not derived again yet. */
  readonly id: string;
  /** C2SP signature type. */
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Splits a vkey of any signature type; its id is not checked yet. */
export function parseTypedKey(vkey: string): Parsed<TypedKey> {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey);
  const [, name, id, encoded] = match ?? [];
  const typed = encoded === undefined ? null : fromBase64(encoded);
  const [type, ...bytes] = typed ?? [];
  if (name === undefined || id === undefined || type === undefined || !isKeyName(name)) {
    return { ok: false, issue: 'not a verifier key (name+id+key)' };
  }
  return { ok: true, value: { name, id, type, bytes: Uint8Array.from(bytes) } };
}

/**
 * Does the signature verify, in the one form that a log's signatures have? An Ed25519 signature has only one; of ECDSA only
 * strict DER with the smaller s counts, so that nobody can change a byte of a signature without making it wrong.
 */
export async function verifySignature(
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  verify: Verify,
): Promise<boolean> {
  return isCanonicalSignature(key, signature) && (await verify(key, message, signature));
}

/** The form alone: see `verifySignature`. */
export function isCanonicalSignature({ algorithm }: PublicKey, signature: Uint8Array): boolean {
  return algorithm === 'ed25519' ? signature.length === ED25519_SIGNATURE_BYTES : isCanonicalP256(signature);
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
      if (!(await verifySignature(key.key, message, signature, verify)))
        return { ok: false, issue: `the signature of ${name}+${id} does not verify` };
      verified.push(key);
    }
  }
  if (verified.length === 0) return { ok: false, issue: 'no signature by a known key' };
  return { ok: true, value: { text, verified, signatureCount: signatures.length } };
}

/**
 * The note with one signature.
 * @param text ends with a newline and holds no other control character
 * @param sign gives a canonical signature over the UTF-8 of `text`, by the private half of `key`
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
  return `${text}\n${formatSignatureLine({ name: key.name, id: key.id, signature: await sign(utf8(text)) })}`;
}

/** One line of a note, with its newline. */
export function formatSignatureLine({ name, id, signature }: NoteSignature): string {
  const idBytes = Uint8Array.from({ length: KEY_ID_BYTES }, (_, at) =>
    Number.parseInt(id.slice(at * 2, at * 2 + 2), 16),
  );
  return `${SIGNATURE_PREFIX}${name} ${toBase64(concatBytes(idBytes, signature))}\n`;
}

function parseSignatureLine(line: string): NoteSignature | null {
  if (!line.startsWith(SIGNATURE_PREFIX)) return null;
  const [name, encoded, ...more] = line.slice(SIGNATURE_PREFIX.length).split(' ');
  if (name === undefined || encoded === undefined || more.length > 0 || !isKeyName(name)) return null;
  const bytes = fromBase64(encoded);
  if (bytes === null || bytes.length <= KEY_ID_BYTES) return null;
  return { name, id: toHex(bytes.slice(0, KEY_ID_BYTES)), signature: bytes.slice(KEY_ID_BYTES) };
}

function toEd25519(bytes: Uint8Array): PublicKey | null {
  return bytes.length === 32 ? ed25519Key(bytes) : null;
}

/** Can a note carry it? Not empty, no white space, no plus. */
export function isKeyName(name: string): boolean {
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
