import type { Account } from '../actors/account.ts';
import type { Because, Decision } from '../gate/decision.ts';
import type { DeploymentRequest, GateKey, PullRequestRequest } from '../request.ts';
import { buildStatement } from './build-statement.ts';
import { accountFields, becauseFields, commitSubject, headFields, requestSubjects, toInstant } from './record-frame.ts';
import type { RecordFrame } from './record-frame.ts';
import type { DigestedRequest } from './request-records.ts';

interface NamedJob {
  readonly id: number;
  readonly name: string;
}

interface DigestedDeployment {
  readonly request: DeploymentRequest;
  readonly requestDigest: string;
}

/** Names one authorisation by the SHA-256 of its record's bytes (`Sealed.digest`). */
interface OfAuthorisation extends DigestedDeployment {
  readonly authorisedDigest: string;
}

/**
 * May be sealed before the call that opens a gate, and only for a decision to release (invariant 1).
 *
 * @param given `jobs`: those that wait now; `notAfterMs`: at most ten minutes from now
 * @throws {TypeError} when the decision does not release
 */
export function authorisedRecord(
  frame: RecordFrame,
  given: DigestedDeployment & {
    readonly jobs: readonly NamedJob[];
    readonly notAfterMs: number;
    readonly decision: Decision;
    readonly factsDigest: string;
  },
): Uint8Array {
  const { request, requestDigest } = given;
  return buildStatement(
    {
      ...headFields('authorised', frame),
      requestDigest,
      gate: request.gate,
      jobs: toJobs(given.jobs),
      headSha: request.headSha,
      notAfter: toInstant(given.notAfterMs),
      seats: toFilledSeats(given.decision),
      policyDigest: request.policyDigest,
      factsDigest: given.factsDigest,
    },
    requestSubjects(requestDigest, request.headSha),
  );
}

/** The gate opened through us. `observed`: the reply was lost, and it was seen to have taken effect. */
export function releasedDeploymentRecord(
  frame: RecordFrame,
  given: OfAuthorisation & { readonly how: 'answered' | 'observed'; readonly observedAtMs: number },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('released', frame),
      how: given.how,
      ...authorisationFields(given),
      headSha: given.request.headSha,
      observedAt: toInstant(given.observedAtMs),
    },
    requestSubjects(given.requestDigest, given.request.headSha),
  );
}

/** Sealed before the check turns green. @throws {TypeError} when the decision does not release */
export function releasedPullRequestRecord(
  frame: RecordFrame,
  given: {
    readonly request: PullRequestRequest;
    readonly requestDigest: string;
    readonly decision: Decision;
    readonly factsDigest: string;
  },
): Uint8Array {
  const { request, requestDigest } = given;
  return buildStatement(
    {
      ...headFields('released', frame),
      how: 'check',
      requestDigest,
      number: request.number,
      headSha: request.headSha,
      seats: toFilledSeats(given.decision),
      policyDigest: request.policyDigest,
      factsDigest: given.factsDigest,
      observedAt: toInstant(frame.nowMs),
    },
    requestSubjects(requestDigest, request.headSha),
  );
}

/** The authorisation was not used and never will be. */
export function voidRecord(
  frame: RecordFrame,
  given: OfAuthorisation & { readonly because: readonly Because[] },
): Uint8Array {
  return buildStatement(
    { ...headFields('void', frame), ...authorisationFields(given), because: becauseFields(given.because) },
    requestSubjects(given.requestDigest, given.request.headSha),
  );
}

/** The release took effect on an attempt that nobody countersigned. */
export function misappliedRecord(
  frame: RecordFrame,
  given: OfAuthorisation & { readonly observedAttempt: number; readonly because: readonly Because[] },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('misapplied', frame),
      ...authorisationFields(given),
      observedAttempt: given.observedAttempt,
      because: becauseFields(given.because),
    },
    requestSubjects(given.requestDigest, given.request.headSha),
  );
}

/** The gate was opened without us. `requestDigest` is null when it was never held here. */
export function bypassedRecord(
  frame: RecordFrame,
  given: {
    readonly requestDigest: string | null;
    readonly gate: GateKey;
    readonly headSha: string;
    readonly jobs: readonly NamedJob[];
    readonly by: Account | null;
    readonly because: readonly Because[];
  },
): Uint8Array {
  const { requestDigest, headSha, by } = given;
  return buildStatement(
    {
      ...headFields('bypassed', frame),
      requestDigest: requestDigest ?? undefined,
      gate: given.gate,
      jobs: toJobs(given.jobs),
      headSha,
      by: by === null ? undefined : accountFields(by),
      because: becauseFields(given.because),
    },
    requestDigest === null ? [commitSubject(headSha)] : requestSubjects(requestDigest, headSha),
  );
}

/** How the released jobs ended: from here the next range's base comes. `conclusion` as GitHub says it. */
export function outcomeRecord(
  frame: RecordFrame,
  given: DigestedDeployment & {
    readonly jobs: readonly NamedJob[];
    readonly conclusion: string;
    readonly releasedDigest: string;
  },
): Uint8Array {
  const { request, requestDigest } = given;
  return buildStatement(
    {
      ...headFields('outcome', frame),
      requestDigest,
      gate: request.gate,
      jobs: toJobs(given.jobs),
      conclusion: given.conclusion,
      headSha: request.headSha,
      releasedDigest: given.releasedDigest,
    },
    requestSubjects(requestDigest, request.headSha),
  );
}

/** An approval was withdrawn after the release: the older record stays as it is (C49). */
export function revokedRecord(
  frame: RecordFrame,
  given: DigestedRequest & {
    readonly releasedDigest: string;
    readonly by: Account;
    readonly because: readonly Because[];
  },
): Uint8Array {
  const { request, requestDigest, releasedDigest, by } = given;
  return buildStatement(
    {
      ...headFields('revoked', frame),
      requestDigest,
      headSha: request.headSha,
      releasedDigest,
      by: accountFields(by),
      because: becauseFields(given.because),
    },
    requestSubjects(requestDigest, request.headSha),
  );
}

function authorisationFields({ requestDigest, authorisedDigest, request }: OfAuthorisation) {
  return { requestDigest, authorisedDigest, gate: request.gate };
}

function toJobs(jobs: readonly NamedJob[]) {
  return jobs.map(({ id, name }) => ({ id, name }));
}

function toFilledSeats(decision: Decision) {
  if (decision.kind !== 'release') throw new TypeError(`a decision to ${decision.kind} releases nothing`);
  return decision.seats.map(({ seat, filledBy }) => {
    if (filledBy === null) throw new TypeError('a decision to release has an open seat');
    return { id: seat.id, reviewer: accountFields(filledBy.reviewer), reviewId: filledBy.reviewId };
  });
}
