import { toHex } from '../bytes.ts';
import type { Sha256 } from '../bytes.ts';
import type { RecordKind } from '../kinds.ts';
import type { Refusal } from '../records/located-record.ts';
import type { EvidenceRecord } from '../records/parse-record.ts';
import type { ProblemCode } from '../problem.ts';
import { isObject } from '../strict-json.ts';
import { WORKFLOW_INSTALLATION } from '../records/log-origin.ts';

/** What the rules between records need to know of one record. Plain data: it comes from worker threads. */
export interface RecordNote {
  readonly index: number;
  readonly kind: RecordKind;
  /** SHA-256 of the record, hex: of an `authorised`, which later records name by it. */
  readonly digest?: string;
  /** One opening of one environment for one run, as one comparable text; null where the field has another shape. */
  readonly gate?: string | null;
  /** The authorisation that it names; null where it names none. */
  readonly authorisedDigest?: string | null;
  /** A release without authorisation, as a workflow makes it: whether the log is one that workflows write. */
  readonly isOfWorkflowLog?: boolean;
  /** Of a human signature. */
  readonly nonce?: string;
  /** Paths of policies and facts. */
  readonly attachments?: readonly string[];
}

/** Kinds that open a gate or conclude an authorisation: the rules below reach back through them and no others. */
export const gateKinds: ReadonlySet<RecordKind> = new Set(['authorised', 'released', 'void', 'misapplied']);

/** The note of a record, or null where no rule needs one. */
export function noteOf(
  record: EvidenceRecord,
  at: { readonly index: number; readonly bytes: Uint8Array; readonly nonce?: string | undefined },
  sha256: Sha256,
): RecordNote | null {
  const { kind, attachments } = record;
  const { index, bytes, nonce } = at;
  const isGateKind = gateKinds.has(kind);
  const isOpening = kind === 'log-opened' || index === 0;
  if (!isGateKind && !isOpening && nonce === undefined && attachments.length === 0) return null;
  return {
    index,
    kind,
    ...(kind === 'authorised' && { digest: toHex(sha256(bytes)) }),
    ...(isGateKind && { gate: gateOf(record) }),
    ...(isByWorkflow(record)
      ? { isOfWorkflowLog: record.repository.installationId === WORKFLOW_INSTALLATION }
      : isGateKind && kind !== 'authorised' && !isPullRequest(record) && { authorisedDigest: authorisationIn(record) }),
    ...(nonce !== undefined && { nonce }),
    ...(attachments.length > 0 && { attachments }),
  };
}

/** Records that a revoked key signed after somebody else may have had it: index `from` up to, not including, `at`. */
export interface DistrustedRange {
  readonly from: number;
  /** Index of the record that revokes the key. */
  readonly at: number;
}

/** Follows a log note by note. */
export interface LogSemantics {
  /** What the next record may not say after those before it. */
  follow(note: RecordNote): Refusal | null;
  /** The same for a record that was checked before: it is remembered and nothing is asked of it. */
  remember(note: RecordNote): void;
}

/**
 * The rules between records (invariant 1). Signatures and hashes prove who wrote what and in which order; these prove
 * that a deployment was released only on an authorisation that stood in the log before it:
 *
 * - `log-opened` is the first record and no other;
 * - `released`, `void` and `misapplied` of a gate name (`authorisedDigest`) an earlier `authorised` of the same gate;
 * - one authorisation is released at most once;
 * - a gate is not authorised again while an authorisation for it is neither void nor used;
 * - an authorisation that a revoked key signed after it was stolen releases nothing once the key is revoked, and does not
 *   stand in the way of another one;
 * - a person's signature counts once: its nonce does not come back.
 *
 * A pull request's check can be put back, so its `released` needs no `authorised` and has no gate. Workflows that decide alone
 * answer nobody: in a log that they write, and only there, one record `released` with `how: 'workflow'` is both, once a gate.
 */
export function followLog(distrusted: readonly DistrustedRange[] = []): LogSemantics {
  /** Digest of an `authorised` record → its gate and index. */
  const authorised = new Map<string, { readonly gate: string | null; readonly index: number }>();
  /** Gate → the authorisation in force. */
  const inForce = new Map<string, { readonly digest: string; readonly index: number }>();
  const released = new Set<string>();
  /** Gates that workflows released. */
  const releasedGates = new Set<string>();
  const nonces = new Set<string>();

  const isDistrusted = (authorisation: number, index: number): boolean =>
    distrusted.some(({ from, at }) => from <= authorisation && authorisation < at && at <= index);

  function authorise({ index, gate = null }: RecordNote): Refusal | null {
    if (gate === null) return refusal('authorised-without-gate', 'an authorisation names the gate that it opens');
    const other = inForce.get(gate);
    if (other !== undefined && !isDistrusted(other.index, index)) {
      return refusal('gate-already-authorised', `record ${other.index} authorises this gate and is in force`);
    }
    return null;
  }

  function conclude({ index, kind, gate, authorisedDigest: digest }: RecordNote): Refusal | null {
    if (digest === undefined) return null;
    const authorisation = digest === null ? undefined : authorised.get(digest);
    if (digest === null || authorisation === undefined) {
      return refusal('not-authorised', `"${kind}" names no earlier authorisation`);
    }
    if (authorisation.gate !== gate) {
      return refusal('authorised-for-another-gate', `"${kind}" names the authorisation of another gate`);
    }
    if (kind !== 'released') return null;
    if (released.has(digest)) return refusal('released-twice', 'the authorisation was released already');
    if (!isDistrusted(authorisation.index, index)) return null;
    return refusal(
      'authorised-by-revoked-key',
      `record ${authorisation.index} was signed by a key that is revoked since`,
    );
  }

  function releaseByWorkflow(gate: string | null, isOfWorkflowLog: boolean): Refusal | null {
    if (!isOfWorkflowLog || gate === null) {
      return refusal(
        'not-authorised',
        'only a log that workflows write holds a release of a gate without authorisation',
      );
    }
    return releasedGates.has(gate) ? refusal('released-twice', 'the gate was released already') : null;
  }

  function remember({ index, kind, gate = null, digest, authorisedDigest, isOfWorkflowLog, nonce }: RecordNote): void {
    if (nonce !== undefined) nonces.add(nonce);
    if (isOfWorkflowLog === true && gate !== null) releasedGates.add(gate);
    if (kind === 'authorised' && digest !== undefined) {
      authorised.set(digest, { gate, index });
      if (gate !== null) inForce.set(gate, { digest, index });
    } else if (typeof authorisedDigest === 'string') {
      if (kind === 'released') released.add(authorisedDigest);
      if (gate !== null && inForce.get(gate)?.digest === authorisedDigest) inForce.delete(gate);
    }
  }

  function refuse(note: RecordNote): Refusal | null {
    const { index, kind, nonce, gate = null, isOfWorkflowLog } = note;
    if ((kind === 'log-opened') !== (index === 0)) {
      return refusal('log-opened-misplaced', 'log-opened is the first record and no other');
    }
    if (nonce !== undefined && nonces.has(nonce)) {
      return refusal('nonce-repeated', 'the same answer of a person, by its nonce, stands earlier in the log');
    }
    if (isOfWorkflowLog !== undefined) return releaseByWorkflow(gate, isOfWorkflowLog);
    return kind === 'authorised' ? authorise(note) : conclude(note);
  }

  return {
    remember,
    follow: (note) => {
      const refused = refuse(note);
      if (refused === null) remember(note);
      return refused;
    },
  };
}

function isPullRequest({ kind, predicate }: EvidenceRecord): boolean {
  return kind === 'released' && !('gate' in predicate) && predicate['authorisedDigest'] === undefined;
}

function isByWorkflow({ kind, predicate }: EvidenceRecord): boolean {
  return kind === 'released' && predicate['how'] === 'workflow' && predicate['authorisedDigest'] === undefined;
}

function authorisationIn({ predicate }: EvidenceRecord): string | null {
  const digest = predicate['authorisedDigest'];
  return typeof digest === 'string' ? digest : null;
}

function gateOf(record: EvidenceRecord): string | null {
  const gate = record.predicate['gate'];
  if (!isObject(gate)) return null;
  const { runId, attempt, environment, opening } = gate;
  const isGate = [runId, attempt, opening].every(Number.isSafeInteger) && typeof environment === 'string';
  return isGate ? JSON.stringify([runId, attempt, environment, opening]) : null;
}

function refusal(code: ProblemCode, message: string): Refusal {
  return { code, message };
}
