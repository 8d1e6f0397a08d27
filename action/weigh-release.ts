import { toHex } from '../core/evidence/bytes.ts';
import type { RecordKind } from '../core/evidence/kinds.ts';
import type { LocatedRecord } from '../core/evidence/records/located-record.ts';
import { WORKFLOW_INSTALLATION } from '../core/evidence/records/log-origin.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import { sha256 } from '../adapters/signing/node-crypto.ts';
import { ActionFailure } from './failure.ts';
import type { Search, WantedGate } from './find-release.ts';
import { toLater, toRequested } from './release-shapes.ts';
import type { Anchor, LaterFields, Requested } from './release-shapes.ts';

/** A later record of such a kind that is about the same gate, request or authorisation takes the release back. */
const UNDOES: ReadonlySet<RecordKind> = new Set([
  'void',
  'misapplied',
  'revoked',
  'rejected',
  'withdrawn',
  'superseded',
  'expired',
  'bypassed',
]);

/**
 * Alone nobody takes a release back whose review was dismissed, or whose reviewer has gone: it ends by itself. Long enough for
 * a night in which the protected job waits for a runner or for a prompt of GitHub's own.
 */
const ALONE_VALID_MS = 24 * 3_600_000;

/**
 * Does what was found let the job go now? Pure: the records are proven, the time is handed in.
 *
 * @param expectedSha the commit that this job is of
 * @param installationId of the log's origin: who writes it decides which kind of release it can hold
 * @throws {ActionFailure} `release-*`
 */
export function weighRelease(
  { anchor, later }: { readonly anchor: Anchor; readonly later: readonly LocatedRecord[] },
  at: { readonly expectedSha: string; readonly installationId: number; readonly nowMs: number },
): void {
  const { fields, digest, located } = anchor;
  const record = located.index;
  const isWorkflowLog = at.installationId === WORKFLOW_INSTALLATION;
  if ((fields.kind === 'released') !== isWorkflowLog) {
    const [kind, writer] = isWorkflowLog ? ['authorised', 'workflow'] : ['released by a workflow', 'App'];
    throw new ActionFailure(because('release-of-wrong-writer', { record, kind, writer }));
  }
  if (fields.headSha !== at.expectedSha) {
    const params = { record, found: fields.headSha, expected: at.expectedSha };
    throw new ActionFailure(because('release-of-other-commit', params));
  }
  const known = later.map((each) => ({ each, says: toLater(each) }));
  // Digests of the records by which this release is known to those that come later.
  const released = new Set(fields.kind === 'released' ? [digest] : []);
  for (const { each, says } of known) {
    if (says.kind === 'released' && says.authorisedDigest === digest) released.add(toHex(sha256(each.bytes)));
  }
  for (const { each, says } of known) {
    if (says.kind === 'key-changed' && says.role === 'record' && (says.revokedFrom ?? Infinity) <= record) {
      throw new ActionFailure(because('release-by-revoked-key', { record, later: each.index }));
    }
    if (!UNDOES.has(says.kind) || !isAbout(says, anchor, released)) continue;
    throw new ActionFailure(because('release-undone', { record, later: each.index, kind: says.kind }), {
      decision: says.kind === 'rejected' ? 'reject' : 'hold',
    });
  }
  const until =
    fields.kind === 'authorised' ? Date.parse(fields.notAfter) : Date.parse(located.record.at) + ALONE_VALID_MS;
  const isTaken = fields.kind === 'authorised' && released.size > 0;
  if (!isTaken && until <= at.nowMs) {
    throw new ActionFailure(because('release-expired', { record, until: new Date(until).toISOString() }));
  }
}

function isAbout(says: LaterFields, { digest, fields }: Anchor, released: ReadonlySet<string>): boolean {
  return (
    says.authorisedDigest === digest ||
    says.requestDigest === fields.requestDigest ||
    (says.releasedDigest !== undefined && released.has(says.releasedDigest)) ||
    (says.gate !== undefined && isSameGate(says.gate, fields.gate))
  );
}

/** Whatever its opening: a job behind a gate that was passed without us is not told from one that was let go before. */
function isSameGate(one: WantedGate, other: WantedGate): boolean {
  return one.runId === other.runId && one.attempt === other.attempt && one.environment === other.environment;
}

/** Why nothing lets the job go, and whether waiting may help. */
export interface NotReleased {
  readonly because: Because;
  /** Something was recorded that no waiting mends. */
  readonly isFinal: boolean;
  readonly decision: 'hold' | 'reject';
  /** The request that waits, if it was seen; what was ended or passed by waits no more. */
  readonly requested: Requested | null;
}

/** What there is instead of a release of this gate. */
export function explainNotReleased(
  { later, others }: Omit<Search, 'anchor'>,
  wanted: WantedGate,
  at: { readonly expectedSha: string; readonly size: number },
): NotReleased {
  const { runId: run, attempt, environment } = wanted;
  const requested =
    later.flatMap((each) => toRequested(each) ?? []).findLast(({ request }) => isSameGate(request.gate, wanted)) ??
    null;
  for (const each of later.toReversed()) {
    const says = toLater(each);
    const record = each.index;
    if (says.kind === 'bypassed' && says.gate !== undefined && isSameGate(says.gate, wanted)) {
      const params = { record, run, attempt, environment };
      return { because: because('gate-was-bypassed', params), isFinal: true, decision: 'hold', requested: null };
    }
    const isEnd = ['rejected', 'withdrawn', 'expired'].includes(says.kind);
    if (isEnd && requested !== null && says.requestDigest === requested.requestDigest) {
      const why = because('gate-was-ended', { record, kind: says.kind, run, attempt, environment });
      return { because: why, isFinal: true, decision: says.kind === 'rejected' ? 'reject' : 'hold', requested: null };
    }
  }
  return { because: nearest(others, wanted, at), isFinal: false, decision: 'hold', requested };
}

/** The release that somebody may have taken for this one, nearest first. */
function nearest(
  others: readonly Anchor[],
  { runId: run, attempt, environment }: WantedGate,
  { expectedSha, size }: { readonly expectedSha: string; readonly size: number },
): Because {
  const gates = others.map(({ fields }) => ({ ...fields.gate, headSha: fields.headSha }));
  const ofRun = gates.filter((gate) => gate.runId === run);
  const otherAttempt = ofRun.find((gate) => gate.environment === environment);
  if (otherAttempt !== undefined) {
    return because('release-of-other-attempt', { found: otherAttempt.attempt, run, attempt, environment });
  }
  const otherEnvironment = ofRun.find((gate) => gate.attempt === attempt);
  if (otherEnvironment !== undefined) {
    return because('release-of-other-environment', { found: otherEnvironment.environment, run, attempt, environment });
  }
  const otherRun = gates.find((gate) => gate.environment === environment && gate.headSha === expectedSha);
  if (otherRun !== undefined) return because('release-of-other-run', { found: otherRun.runId, run, environment });
  return because('release-not-recorded', { size, run, attempt, environment });
}
