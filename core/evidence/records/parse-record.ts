import type { Parsed } from '../bytes.ts';
import { MAX_RECORD_BYTES, PREDICATE_TYPE, STATEMENT_TYPE, toRecordKind } from '../kinds.ts';
import type { RecordKind } from '../kinds.ts';
import { factsPath, policyPath } from '../layout.ts';
import { isObject, parseCanonicalJson } from '../strict-json.ts';

/** What the log needs to know of a record. Everything else in it is for its readers. */
export interface EvidenceRecord {
  readonly kind: RecordKind;
  /** RFC 3339, UTC, milliseconds. A claim of the writer: order comes from the tree. */
  readonly at: string;
  readonly repository: { readonly host: string; readonly installationId: number; readonly id: number };
  readonly predicate: Readonly<Record<string, unknown>>;
  /** Paths of the policy texts and facts that the record names by digest, each once. */
  readonly attachments: readonly string[];
}

/**
 * Parses a record's bytes: an in-toto Statement v1 in canonical form. It is a consumer in the sense of in-toto: fields
 * that it does not know are allowed; what it needs must be there and have its shape.
 */
export function parseRecord(bytes: Uint8Array): Parsed<EvidenceRecord> {
  if (bytes.length > MAX_RECORD_BYTES) return { ok: false, issue: `longer than ${MAX_RECORD_BYTES} bytes` };
  const parsed = parseCanonicalJson(bytes);
  if (!parsed.ok) return parsed;
  const statement = parsed.value;
  if (!isObject(statement)) return { ok: false, issue: 'not a statement' };
  if (statement['_type'] !== STATEMENT_TYPE) return { ok: false, issue: `_type is not ${STATEMENT_TYPE}` };
  if (statement['predicateType'] !== PREDICATE_TYPE)
    return { ok: false, issue: `predicateType is not ${PREDICATE_TYPE}` };
  const subjects = statement['subject'];
  if (!Array.isArray(subjects) || subjects.length === 0) return { ok: false, issue: 'no subject' };
  if (!subjects.every(isSubject)) return { ok: false, issue: 'a subject without a digest' };
  const predicate = statement['predicate'];
  if (!isObject(predicate)) return { ok: false, issue: 'no predicate' };
  const kind = toRecordKind(predicate['kind']);
  if (kind === null) return { ok: false, issue: 'an unknown kind of record' };
  const at = predicate['at'];
  if (!isInstant(at)) return { ok: false, issue: '"at" is not a UTC time with milliseconds' };
  const repository = toRepository(predicate['repository']);
  if (repository === null) return { ok: false, issue: '"repository" does not name host, installation and id' };
  const attachments = new Set<string>();
  collectAttachments(predicate, attachments);
  return { ok: true, value: { kind, at, repository, predicate, attachments: [...attachments] } };
}

function isSubject(subject: unknown): boolean {
  if (!isObject(subject) || typeof subject['name'] !== 'string' || !isObject(subject['digest'])) return false;
  const digests = Object.entries(subject['digest']);
  return digests.length > 0 && digests.every(([algorithm, hex]) => isDigest(algorithm, hex));
}

function isDigest(algorithm: string, hex: unknown): boolean {
  if (typeof hex !== 'string') return false;
  if (algorithm === 'sha256') return /^[0-9a-f]{64}$/.test(hex);
  return algorithm === 'gitCommit' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hex);
}

function isInstant(at: unknown): at is string {
  if (typeof at !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at)) return false;
  // 31 February parses to 3 March: only a day that comes back as itself exists.
  const time = new Date(at);
  return time.getUTCDate() === Number(at.slice(8, 10)) && time.getUTCHours() === Number(at.slice(11, 13));
}

function toRepository(value: unknown): EvidenceRecord['repository'] | null {
  if (!isObject(value)) return null;
  const { host, installationId, id } = value;
  if (typeof host !== 'string' || typeof installationId !== 'number' || typeof id !== 'number') return null;
  return { host, installationId, id };
}

function collectAttachments(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'object') collectAttachments(member, found);
    else if (typeof member !== 'string') continue;
    else if (key === 'policyDigest' && /^[0-9a-f]{64}$/.test(member)) found.add(policyPath(member));
    else if (key === 'factsDigest' && /^[0-9a-f]{64}$/.test(member)) found.add(factsPath(member));
  }
}
