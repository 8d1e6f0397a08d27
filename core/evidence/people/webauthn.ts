import { concatBytes, equalBytes, toBase64, utf8 } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import type { PublicKey, Verify } from '../public-key.ts';
import { isObject, parseStrictJson } from '../strict-json.ts';

/*
 * An assertion of Web Authentication (W3C WebAuthn Level 3, 7.2), checked long after it was made and by somebody who was
 * not there. authenticatorData (6.1):
 *
 *   0..31  SHA-256 of the relying party's id
 *   32     flags: bit 0 UP, 2 UV, 3 BE, 4 BS, 6 AT, 7 ED
 *   33..36 signature counter, big-endian
 *   37..   extension data (CBOR), exactly where ED is set
 *
 * The counter is not used: passkeys that are kept in several devices always say zero, so it would refuse honest people and
 * show nothing about clones. A statement that was signed twice is found by its nonce.
 */

const FLAGS_AT = 32;
const HEADER_BYTES = 37;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKED_UP = 0x10;
const ATTESTED_CREDENTIAL = 0x40;
const EXTENSIONS = 0x80;

/** As the browser gave it; anybody's bytes. */
export interface Assertion {
  readonly authenticatorData: Uint8Array;
  readonly clientDataJSON: Uint8Array;
  readonly signature: Uint8Array;
}

export interface ExpectedAssertion {
  readonly challenge: Uint8Array;
  readonly rpId: string;
  /** Each as a browser writes it: `https://countersign.example`. */
  readonly origins: readonly string[];
  readonly key: PublicKey;
}

/**
 * What is wrong with an assertion, in words for a person, or null: this key's holder was there, was verified, and signed
 * this challenge on one of these origins. The signature comes first, so that a reason after it is about what was really
 * signed.
 */
export async function checkAssertion(
  { authenticatorData, clientDataJSON, signature }: Assertion,
  expected: ExpectedAssertion,
  { sha256, verify }: { readonly sha256: Sha256; readonly verify: Verify },
): Promise<string | null> {
  const flags = readFlags(authenticatorData);
  if (!flags.ok) return flags.issue;
  const client = parseClientData(clientDataJSON);
  if (!client.ok) return client.issue;
  const message = concatBytes(authenticatorData, sha256(clientDataJSON));
  if (!(await verify(expected.key, message, signature))) return "the passkey's signature does not verify";
  if (client.value.challenge !== toBase64Url(expected.challenge)) return 'it was made for another challenge';
  if (!equalBytes(authenticatorData.slice(0, FLAGS_AT), sha256(utf8(expected.rpId)))) {
    return `it was made for another relying party than ${expected.rpId}`;
  }
  if (!expected.origins.includes(client.value.origin)) return 'it was made on an origin that is not enrolled';
  if (client.value.isFramed) return "it was made inside another site's page";
  if ((flags.value & USER_PRESENT) === 0) return 'nobody was present';
  if ((flags.value & USER_VERIFIED) === 0) return 'the authenticator did not verify who was there';
  return null;
}

function readFlags(data: Uint8Array): Parsed<number> {
  const flags = data[FLAGS_AT];
  if (flags === undefined || data.length < HEADER_BYTES) return { ok: false, issue: 'authenticatorData is cut off' };
  if ((flags & ATTESTED_CREDENTIAL) !== 0) return { ok: false, issue: 'authenticatorData is one of a registration' };
  if (((flags & EXTENSIONS) !== 0) !== data.length > HEADER_BYTES) {
    return { ok: false, issue: 'authenticatorData does not end where its flags say' };
  }
  if ((flags & BACKED_UP) !== 0 && (flags & BACKUP_ELIGIBLE) === 0) {
    return { ok: false, issue: 'authenticatorData says that a key is backed up that cannot be' };
  }
  return { ok: true, value: flags };
}

interface ClientData {
  /** Base64url without padding; compared as text, because one challenge has one such text. */
  readonly challenge: string;
  readonly origin: string;
  readonly isFramed: boolean;
}

/** Members that are not known are allowed (5.8.1: "may be extended"), so bytes are never compared with a template. */
function parseClientData(bytes: Uint8Array): Parsed<ClientData> {
  const parsed = parseStrictJson(bytes);
  if (!parsed.ok) return { ok: false, issue: `clientDataJSON: ${parsed.issue}` };
  if (!isObject(parsed.value)) return { ok: false, issue: 'clientDataJSON is not an object' };
  const { type, challenge, origin, crossOrigin, topOrigin } = parsed.value;
  if (type !== 'webauthn.get') return { ok: false, issue: 'clientDataJSON is not one of an assertion (webauthn.get)' };
  if (typeof challenge !== 'string' || typeof origin !== 'string') {
    return { ok: false, issue: 'clientDataJSON has no challenge or no origin' };
  }
  if (crossOrigin !== undefined && typeof crossOrigin !== 'boolean') {
    return { ok: false, issue: 'clientDataJSON: crossOrigin is neither true nor false' };
  }
  return { ok: true, value: { challenge, origin, isFramed: crossOrigin === true || topOrigin !== undefined } };
}

/** RFC 4648 section 5, without padding. */
function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
