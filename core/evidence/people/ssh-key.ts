import { concatBytes, fromUtf8 } from '../bytes.ts';
import type { Parsed } from '../bytes.ts';
import { modulusBytes, rawKey, rsaKey } from './person-key.ts';
import type { PublicKey } from '../public-key.ts';

/** Reads SSH's wire encoding (RFC 4251). What lies beyond the end reads as empty, and then the whole is not whole. */
export interface SshReader {
  /** So many raw bytes. */
  bytes(count: number): Uint8Array;
  /** A length in four bytes and so many bytes. */
  string(): Uint8Array;
  /** The same as text; empty where it is not UTF-8. */
  text(): string;
  /** Was everything there that was asked for, and is nothing left over? */
  isWhole(): boolean;
}

export function readSsh(source: Uint8Array): SshReader {
  let at = 0;
  let isShort = false;
  function bytes(count: number): Uint8Array {
    if (count > source.length - at) isShort = true;
    if (isShort) return new Uint8Array();
    at += count;
    return source.slice(at - count, at);
  }
  function string(): Uint8Array {
    return bytes(bytes(4).reduce((length, byte) => length * 256 + byte, 0));
  }
  return { bytes, string, text: () => fromUtf8(string()) ?? '', isWhole: () => !isShort && at === source.length };
}

/** `string` of RFC 4251. */
export function sshString(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  return concatBytes(
    Uint8Array.of((length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff),
    bytes,
  );
}

type KeyType =
  | { readonly algorithm: 'ed25519'; readonly isSecurityKey: boolean }
  | { readonly algorithm: 'p256' | 'p384' | 'p521'; readonly curve: string; readonly isSecurityKey: boolean }
  | { readonly algorithm: 'rs512' };

const KEY_TYPES: ReadonlyMap<string, KeyType> = new Map<string, KeyType>([
  ['ssh-ed25519', { algorithm: 'ed25519', isSecurityKey: false }],
  ['sk-ssh-ed25519@openssh.com', { algorithm: 'ed25519', isSecurityKey: true }],
  ['ecdsa-sha2-nistp256', { algorithm: 'p256', curve: 'nistp256', isSecurityKey: false }],
  ['sk-ecdsa-sha2-nistp256@openssh.com', { algorithm: 'p256', curve: 'nistp256', isSecurityKey: true }],
  ['ecdsa-sha2-nistp384', { algorithm: 'p384', curve: 'nistp384', isSecurityKey: false }],
  ['ecdsa-sha2-nistp521', { algorithm: 'p521', curve: 'nistp521', isSecurityKey: false }],
  ['ssh-rsa', { algorithm: 'rs512' }],
]);

/** Security keys of OpenSSH sign only for applications of this prefix; a web site cannot ask a browser for one. */
const APPLICATION_PREFIX = 'ssh:';

export interface SshKey {
  /** Its name on the wire, e.g. `ssh-ed25519`. */
  readonly type: string;
  /** The exact bytes that a signature must name, and that stand in base64 in an authorized_keys line. */
  readonly wire: Uint8Array;
  /** `rs512` for an RSA key, which may sign with SHA-256 too. */
  readonly key: PublicKey;
  /** Of a security key: what it was made for. Its signatures carry flags and a counter. */
  readonly application: Uint8Array | null;
  /** How long a signature by an RSA key is. */
  readonly rsaBytes: number | null;
}

/**
 * Parses the wire form of a public key.
 * @param wire anybody's bytes
 * @see RFC 4253 6.6 (ssh-rsa), RFC 5656 3.1 (ecdsa), RFC 8709 4 (ssh-ed25519), OpenSSH PROTOCOL.u2f (sk-)
 */
export function parseSshKey(wire: Uint8Array): Parsed<SshKey> {
  const reader = readSsh(wire);
  const type = reader.text();
  const known = KEY_TYPES.get(type);
  if (known === undefined) return { ok: false, issue: 'an SSH key of a type that is not supported' };
  const key = known.algorithm === 'rs512' ? readRsa(reader) : readRaw(reader, known);
  if (key === null || !reader.isWhole()) return { ok: false, issue: `not a whole, well-formed ${type} key` };
  return { ok: true, value: { type, wire, ...key } };
}

type KeyParts = Pick<SshKey, 'key' | 'application' | 'rsaBytes'>;

function readRsa(reader: SshReader): KeyParts | null {
  const exponent = reader.string();
  const modulus = reader.string();
  const key = rsaKey('rs512', modulus, exponent);
  return key === null ? null : { key, application: null, rsaBytes: modulusBytes(modulus) };
}

function readRaw(reader: SshReader, known: Exclude<KeyType, { readonly algorithm: 'rs512' }>): KeyParts | null {
  if ('curve' in known && reader.text() !== known.curve) return null;
  const key = rawKey(known.algorithm, reader.string());
  const application = known.isSecurityKey ? reader.string() : null;
  if (application !== null && fromUtf8(application)?.startsWith(APPLICATION_PREFIX) !== true) return null;
  return key === null ? null : { key, application, rsaBytes: null };
}
