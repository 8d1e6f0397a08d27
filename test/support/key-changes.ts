import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { keySigner } from '../../adapters/signing/key-signer.ts';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { keyChangeText } from '../../core/evidence/notes/key-schedule.ts';
import type { KeyChange } from '../../core/evidence/notes/key-schedule.ts';
import { recordPath } from '../../core/evidence/layout.ts';
import type { LocatedRecord } from '../../core/evidence/records/located-record.ts';
import { recordKeyName } from '../../core/evidence/records/log-origin.ts';
import { parseRecord } from '../../core/evidence/records/parse-record.ts';
import { formatVerifierKey, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { Signer } from '../../core/ports.ts';
import { fixedKey, recordBytes, sampleOrigin } from './evidence-log.ts';

/** A key with its private half, named for a role in a log. */
export interface NamedSigner {
  readonly key: VerifierKey;
  readonly signer: Signer;
}

/** An Ed25519 key that is the same in every run. */
export function ed25519Signer(role: KeyChange['role'], fill: number, origin = sampleOrigin): NamedSigner {
  return named(role, fixedKey(fill).privateKey, origin);
}

/** A new P-256 key. */
export function p256Signer(role: KeyChange['role'], origin = sampleOrigin): NamedSigner {
  return named(role, generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey, origin);
}

function named(role: KeyChange['role'], privateKey: KeyObject, origin: string): NamedSigner {
  const signer = keySigner(privateKey);
  const name = role === 'record' ? recordKeyName(origin) : origin;
  return { signer, key: toVerifierKey(name, signer.publicKey, sha256) };
}

export interface ChangeOptions {
  readonly role: KeyChange['role'];
  readonly before: NamedSigner;
  readonly after: NamedSigner;
  readonly revokedFrom?: number;
  /** What the two keys sign, where it is not what the record says. */
  readonly text?: string;
  /** Fields of the record, in place of the right ones. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The fields of a `key-changed` record that both keys have signed. */
export async function keyChanged(options: ChangeOptions): Promise<Readonly<Record<string, unknown>>> {
  const { role, before, after, revokedFrom } = options;
  const vkeys = { before: formatVerifierKey(before.key), after: formatVerifierKey(after.key) };
  const origin = role === 'record' ? before.key.name.replace(/\/record$/, '') : before.key.name;
  const text = utf8(options.text ?? keyChangeText({ origin, role, ...vkeys, revokedFrom }));
  const signatures = {
    before: toBase64(await before.signer.sign(text)),
    after: toBase64(await after.signer.sign(text)),
  };
  return { role, ...vkeys, ...(revokedFrom === undefined ? {} : { revokedFrom }), signatures, ...options.fields };
}

/** The same as a record with its place. */
export async function keyChangedAt(index: number, options: ChangeOptions): Promise<LocatedRecord> {
  const bytes = recordBytes('key-changed', await keyChanged(options), index);
  const record = parseRecord(bytes);
  if (!record.ok) throw new TypeError(record.issue);
  return { index, path: recordPath(index, 'key-changed', record.value.at), bytes, record: record.value };
}
