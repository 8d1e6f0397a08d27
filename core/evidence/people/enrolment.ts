import { fromBase64, toHex } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import type { LocatedRecord } from '../records/located-record.ts';
import { personKey, toAlgorithm } from './person-key.ts';
import type { PublicKey } from '../public-key.ts';
import { parseSshKey } from './ssh-key.ts';
import type { SshKey } from './ssh-key.ts';
import { isObject } from '../strict-json.ts';

interface EnrolmentBase {
  /** SHA-256 of the bytes of its `credential-enrolled` record, hex: what a human signature names. */
  readonly digest: string;
  /** Leaf of that record; only later ones may use it. */
  readonly index: number;
  readonly reviewerId: number;
  readonly key: PublicKey;
  /** Leaf of the first `credential-revoked` of this key, or of the change that revokes the log's key which enrolled it. */
  readonly revokedAt: number | null;
}

/** A key that signs for one person from a leaf on. Plain data: it is sent to worker threads. */
export type Enrolment =
  | (EnrolmentBase & { readonly format: 'webauthn'; readonly rpId: string; readonly origins: readonly string[] })
  | (EnrolmentBase & { readonly format: 'sshsig'; readonly ssh: SshKey });

const MAX_ORIGINS = 10;

/** Parses a `credential-enrolled` record. The record key vouches for it; whose key it really is, it cannot show. */
export function parseEnrolment({ index, bytes, record }: LocatedRecord, sha256: Sha256): Parsed<Enrolment> {
  const { reviewer, format, webauthn, sshsig } = record.predicate;
  const reviewerId = isObject(reviewer) ? reviewer['id'] : undefined;
  if (typeof reviewerId !== 'number' || !Number.isSafeInteger(reviewerId) || reviewerId < 1) {
    return { ok: false, issue: 'it names no reviewer' };
  }
  const base = { digest: toHex(sha256(bytes)), index, reviewerId, revokedAt: null };
  if (format === 'webauthn' && sshsig === undefined) {
    const parts = toPasskey(webauthn);
    return parts.ok ? { ok: true, value: { ...base, format, ...parts.value } } : parts;
  }
  if (format === 'sshsig' && webauthn === undefined) {
    const ssh = toSshKey(sshsig);
    return ssh.ok ? { ok: true, value: { ...base, format, key: ssh.value.key, ssh: ssh.value } } : ssh;
  }
  return { ok: false, issue: 'it holds not exactly the credential of its format' };
}

function toPasskey(
  value: unknown,
): Parsed<{ readonly key: PublicKey; readonly rpId: string; readonly origins: readonly string[] }> {
  if (!isObject(value)) return { ok: false, issue: 'it holds no passkey' };
  const { publicKey, rpId, origins } = value;
  const algorithm = toAlgorithm(value['algorithm']);
  const spki = typeof publicKey === 'string' ? fromBase64(publicKey) : null;
  const key = algorithm === null || spki === null ? null : personKey(algorithm, spki);
  if (key === null) return { ok: false, issue: 'its public key is not one of its algorithm, in its one form' };
  if (typeof rpId !== 'string' || rpId === '') return { ok: false, issue: 'it names no relying party' };
  if (!isOrigins(origins)) return { ok: false, issue: `it does not name one to ${MAX_ORIGINS} origins` };
  return { ok: true, value: { key, rpId, origins } };
}

function isOrigins(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_ORIGINS) return false;
  return value.every((origin) => typeof origin === 'string' && origin !== '');
}

function toSshKey(value: unknown): Parsed<SshKey> {
  const text = isObject(value) ? value['publicKey'] : undefined;
  const wire = typeof text === 'string' ? fromBase64(text) : null;
  return wire === null ? { ok: false, issue: 'it holds no SSH key' } : parseSshKey(wire);
}
