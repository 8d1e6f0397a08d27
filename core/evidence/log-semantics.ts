import { toHex } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import type { EvidenceRecord } from './parse-record.ts';
import type { Problem, ProblemCode } from './problem.ts';
import { isObject } from './strict-json.ts';

type Refusal = Pick<Problem, 'code' | 'message'>;

/** Follows a log record by record; answers what the next record may not say after those before it. */
export type LogSemantics = (record: EvidenceRecord, bytes: Uint8Array, index: number) => Refusal | null;

/**
 * The rules between records (invariant 1). Signatures and hashes prove who wrote what and in which order; these prove
 * that a deployment was released only on an authorisation that stood in the log before it:
 *
 * - `log-opened` is the first record and no other;
 * - `released`, `void` and `misapplied` of a gate name (`authorisedDigest`) an earlier `authorised` of the same gate;
 * - one authorisation is released at most once;
 * - a gate is not authorised again while an authorisation for it is neither void nor used.
 *
 * A pull request's check can be put back, so its `released` needs no `authorised` and has no gate.
 */
export function followLog(sha256: Sha256): LogSemantics {
  /** Digest of an `authorised` record → its gate. */
  const authorised = new Map<string, string>();
  /** Gate → digest of the authorisation in force. */
  const inForce = new Map<string, string>();
  const released = new Set<string>();

  function authorise(record: EvidenceRecord, bytes: Uint8Array): Refusal | null {
    const gate = gateOf(record);
    if (gate === null) return refusal('authorised-without-gate', 'an authorisation names the gate that it opens');
    if (inForce.has(gate)) return refusal('gate-already-authorised', 'another authorisation for this gate is in force');
    const digest = toHex(sha256(bytes));
    authorised.set(digest, gate);
    inForce.set(gate, digest);
    return null;
  }

  function conclude(record: EvidenceRecord): Refusal | null {
    const gate = gateOf(record);
    const digest = record.predicate['authorisedDigest'];
    const isPullRequest = record.kind === 'released' && !('gate' in record.predicate) && digest === undefined;
    if (isPullRequest) return null;
    const authorisedGate = typeof digest === 'string' ? authorised.get(digest) : undefined;
    if (typeof digest !== 'string' || authorisedGate === undefined) {
      return refusal('not-authorised', `"${record.kind}" names no earlier authorisation`);
    }
    if (authorisedGate !== gate) {
      return refusal('authorised-for-another-gate', `"${record.kind}" names the authorisation of another gate`);
    }
    if (record.kind === 'released') {
      if (released.has(digest)) return refusal('released-twice', 'the authorisation was released already');
      released.add(digest);
    }
    if (inForce.get(gate) === digest) inForce.delete(gate);
    return null;
  }

  return (record, bytes, index) => {
    if ((record.kind === 'log-opened') !== (index === 0)) {
      return refusal('log-opened-misplaced', 'log-opened is the first record and no other');
    }
    if (record.kind === 'authorised') return authorise(record, bytes);
    if (record.kind === 'released' || record.kind === 'void' || record.kind === 'misapplied') return conclude(record);
    return null;
  };
}

/** One opening of one environment for one run, as one comparable text; null where the field has another shape. */
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
