import { equalBytes, fromBase64 } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import { WORKFLOW_INSTALLATION, parseOrigin, recordKeyName } from './log-origin.ts';
import type { LogOrigin } from './log-origin.ts';
import type { EvidenceRecord } from './parse-record.ts';
import { parseVerifierKey } from '../notes/signed-note.ts';
import type { VerifierKey } from '../notes/signed-note.ts';
import { isObject } from '../strict-json.ts';

/** The version of this format (docs/evidence-format.md). */
export const LOG_FORMAT = 1;

/** What the first leaf says about the whole log. */
export interface LogOpened {
  readonly origin: string;
  readonly ids: LogOrigin;
  /** Signs records; learnt from here, and so from the checkpoint, whose key is the one that a person pins. */
  readonly recordKey: VerifierKey;
  readonly checkpointKey: VerifierKey;
}

/** Parses `predicate.log` of a `log-opened` record. */
export function parseLogOpened(record: EvidenceRecord, sha256: Sha256): Parsed<LogOpened> {
  const log = record.predicate['log'];
  if (record.kind !== 'log-opened' || !isObject(log)) return { ok: false, issue: 'the first record is not log-opened' };
  if (log['format'] !== LOG_FORMAT) return { ok: false, issue: `the log is not of format ${LOG_FORMAT}` };
  const origin = typeof log['origin'] === 'string' ? log['origin'] : '';
  const ids = parseOrigin(origin);
  if (!ids.ok) return ids;
  if (log['generation'] !== ids.value.generation) return { ok: false, issue: 'generation and origin differ' };
  const keys = isObject(log['keys']) ? log['keys'] : {};
  const recordKey = parseNamedKey(keys['record'], recordKeyName(origin), sha256);
  if (!recordKey.ok) return recordKey;
  const checkpointKey = parseNamedKey(keys['checkpoint'], origin, sha256);
  if (!checkpointKey.ok) return checkpointKey;
  if (equalBytes(recordKey.value.key.spki, checkpointKey.value.key.spki)) {
    return { ok: false, issue: 'one key signs both records and checkpoints' };
  }
  const sealedBy = ids.value.installationId === WORKFLOW_INSTALLATION ? 'workflow' : undefined;
  if (log['sealedBy'] !== sealedBy) {
    return { ok: false, issue: '"sealedBy" and the installation id of the origin do not agree on who writes the log' };
  }
  if (log['previous'] !== undefined && !isPrevious(log['previous'])) {
    return { ok: false, issue: '"previous" does not name a checkpoint' };
  }
  return {
    ok: true,
    value: { origin, ids: ids.value, recordKey: recordKey.value, checkpointKey: checkpointKey.value },
  };
}

/** Does the record's `repository` field name the log that it stands in? */
export function belongsTo(record: EvidenceRecord, ids: LogOrigin): boolean {
  const { host, installationId, id } = record.repository;
  return host === ids.host && installationId === ids.installationId && id === ids.repositoryId;
}

function parseNamedKey(vkey: unknown, name: string, sha256: Sha256): Parsed<VerifierKey> {
  const key: Parsed<VerifierKey> =
    typeof vkey === 'string' ? parseVerifierKey(vkey, sha256) : { ok: false, issue: 'missing' };
  if (!key.ok) return { ok: false, issue: `key ${name}: ${key.issue}` };
  return key.value.name === name ? key : { ok: false, issue: `a key is named ${key.value.name} and not ${name}` };
}

function isPrevious(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { origin, size, root } = value;
  if (typeof origin !== 'string' || !parseOrigin(origin).ok || typeof root !== 'string') return false;
  return Number.isSafeInteger(size) && fromBase64(root)?.length === 32;
}
