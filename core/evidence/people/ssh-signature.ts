import { concatBytes, equalBytes, fromBase64, utf8 } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import { DER_INTEGER, DER_SEQUENCE, der, isPositiveInteger } from './der.ts';
import type { PublicKey, Verify } from '../public-key.ts';
import { readSsh, sshString } from './ssh-key.ts';
import type { SshKey } from './ssh-key.ts';

/*
 * SSHSIG (OpenSSH PROTOCOL.sshsig), what `ssh-keygen -Y sign` makes:
 *
 *   "SSHSIG"  uint32 1  string public key  string namespace  string reserved  string hash  string signature
 *
 * The signature is over "SSHSIG"  string namespace  string reserved  string hash  string H(message), and is itself
 *
 *   string type  string value                            of an ordinary key
 *   string type  string value  byte flags  uint32 counter   of a security key, over
 *                SHA-256(application) ‖ flags ‖ counter ‖ SHA-256(what is above)
 */

/** `sha512` gives SHA-512 of bytes; all three are handed in because this room has no cryptography of its own. */
export interface SshCrypto {
  readonly sha256: Sha256;
  readonly sha512: (bytes: Uint8Array) => Uint8Array;
  readonly verify: Verify;
}

/** The namespace of a signed review: a signature that somebody made for git or for a file is none. */
export const REVIEW_NAMESPACE = 'review@countersign.dev';

const MAGIC = utf8('SSHSIG');
const VERSION = Uint8Array.of(0, 0, 0, 1);
const NO_BYTES = new Uint8Array();
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ED25519_SIGNATURE_BYTES = 64;
const HEADER = '-----BEGIN SSH SIGNATURE-----';
const FOOTER = '-----END SSH SIGNATURE-----';

export interface SshSigned {
  /** The blob of `PROTOCOL.sshsig`, without armour. Anybody's bytes. */
  readonly blob: Uint8Array;
  readonly message: Uint8Array;
  readonly namespace: string;
  /** The enrolled key; a signature by any other is refused, however good. */
  readonly key: SshKey;
  /** The security key must also have checked who was there (PIN, fingerprint), which no other key can. Default: a touch is enough. */
  readonly mustVerifyUser?: boolean;
}

/** What is wrong with a signature, in words for a person, or null: this key signed this message in this namespace. */
export async function checkSshSignature(signed: SshSigned, crypto: SshCrypto): Promise<string | null> {
  const { blob, message, namespace, key } = signed;
  const { sha256, sha512 } = crypto;
  const reader = readSsh(blob);
  if (!equalBytes(reader.bytes(MAGIC.length), MAGIC)) return 'it is not an SSH signature';
  if (!equalBytes(reader.bytes(VERSION.length), VERSION)) return 'it is an SSH signature of another version';
  const [wire, given, reserved, hash, signature] = [
    reader.string(),
    reader.text(),
    reader.string(),
    reader.text(),
    reader.string(),
  ];
  if (!reader.isWhole()) return 'the SSH signature is cut off, or something follows it';
  if (!equalBytes(wire, key.wire)) return 'it was made with another key than the enrolled one';
  if (given !== namespace) return `it was made for another namespace than ${namespace}`;
  if (reserved.length > 0) return 'its reserved field is not empty';
  if (hash !== 'sha256' && hash !== 'sha512') return 'its hash is neither sha256 nor sha512';
  const digest = hash === 'sha256' ? sha256(message) : sha512(message);
  const parts = [utf8(namespace), NO_BYTES, utf8(hash), digest];
  return checkValue(signed, concatBytes(MAGIC, ...parts.map(sshString)), signature, crypto);
}

async function checkValue(
  { key: sshKey, mustVerifyUser = false }: SshSigned,
  signedBytes: Uint8Array,
  signature: Uint8Array,
  { sha256, verify }: SshCrypto,
): Promise<string | null> {
  const reader = readSsh(signature);
  const type = reader.text();
  const value = reader.string();
  const flags = reader.bytes(sshKey.application === null ? 0 : 1);
  const counter = reader.bytes(sshKey.application === null ? 0 : 4);
  if (!reader.isWhole()) return 'the value in the SSH signature is cut off, or something follows it';
  const key = keyFor(sshKey, type);
  if (key === null) {
    return type === 'ssh-rsa' ? 'it rests on SHA-1' : `an ${sshKey.type} key does not sign in the way that it names`;
  }
  const plain = plainSignature(sshKey, value);
  if (plain === null) return `its value is not one of an ${sshKey.type} key`;
  if (sshKey.application === null) {
    if (!(await verify(key, signedBytes, plain))) return WRONG;
    return mustVerifyUser ? NOT_VERIFIED : null;
  }
  // The counter orders nothing: one person's keys count apart, and some always say zero.
  const bytes = concatBytes(sha256(sshKey.application), flags, counter, sha256(signedBytes));
  if (!(await verify(key, bytes, plain))) return WRONG;
  const [given = 0] = flags;
  if ((given & USER_PRESENT) === 0) return 'nobody touched the security key';
  return mustVerifyUser && (given & USER_VERIFIED) === 0 ? NOT_VERIFIED : null;
}

const WRONG = 'the SSH signature does not verify';
const NOT_VERIFIED = 'no PIN or fingerprint showed who touched the security key';

/** The key to verify with, or null where such a key does not make signatures of that type. */
function keyFor({ type: keyType, key }: SshKey, type: string): PublicKey | null {
  if (keyType !== 'ssh-rsa') return type === keyType ? key : null;
  if (type === 'rsa-sha2-512') return { ...key, algorithm: 'rs512' };
  return type === 'rsa-sha2-256' ? { ...key, algorithm: 'rs256' } : null;
}

/** The value as `Verify` takes it, or null. */
function plainSignature({ key, rsaBytes }: SshKey, value: Uint8Array): Uint8Array | null {
  if (key.algorithm === 'ed25519') return value.length === ED25519_SIGNATURE_BYTES ? value : null;
  if (rsaBytes !== null) return value.length === rsaBytes ? value : null;
  const reader = readSsh(value);
  const pair = [reader.string(), reader.string()];
  if (!reader.isWhole() || !pair.every(isPositiveInteger)) return null;
  // A byte more than a coordinate of P-521 at the most: far from where DER ends.
  if (pair.some((integer) => integer.length > 67)) return null;
  return der(DER_SEQUENCE, ...pair.map((integer) => der(DER_INTEGER, integer)));
}

/** The wire form of the key that a signature says it is by, not verified; null where the blob is no SSH signature. */
export function namedKey(blob: Uint8Array): Uint8Array | null {
  const reader = readSsh(blob);
  const isOurs = equalBytes(reader.bytes(MAGIC.length), MAGIC) && equalBytes(reader.bytes(VERSION.length), VERSION);
  const wire = reader.string();
  return isOurs && wire.length > 0 ? wire : null;
}

/**
 * The blob of an armoured signature, as `ssh-keygen -Y sign` writes it and a person pastes it. Exactly one, and nothing
 * before or after it but line ends; lines may end in CR LF, because a web form sends them so.
 */
export function parseArmoredSshSignature(text: string): Parsed<Uint8Array> {
  const lines = text.trimEnd().split(/\r?\n/);
  if (lines[0] !== HEADER) return { ok: false, issue: `it does not begin with ${HEADER}` };
  if (lines.length < 3 || lines.at(-1) !== FOOTER) return { ok: false, issue: `it does not end with ${FOOTER}` };
  const body = lines.slice(1, -1);
  const blob = body.every((line) => line !== '') ? fromBase64(body.join('')) : null;
  return blob === null ? { ok: false, issue: 'what it holds is not base64' } : { ok: true, value: blob };
}
