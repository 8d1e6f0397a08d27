import type { Classification } from '../authorship/classification.ts';
import type { Because, Decision, ReviewJudgement } from '../gate/decision.ts';
import { because } from '../gate/reasons.ts';
import { canonicalJson, requestCode, requestFields } from '../gate/request-digest.ts';
import type { PolicyState } from '../policy/requirement.ts';
import type { DeploymentRequest, Request } from '../request.ts';
import type { Review } from '../review.ts';
import { GateError } from '../errors.ts';
import { buildStatement } from './build-statement.ts';
import {
  accountFields,
  becauseFields,
  commitSubject,
  digestOf,
  headFields,
  policyFields,
  requestSubjects,
  toInstant,
} from './record-frame.ts';
import type { RecordFrame } from './record-frame.ts';

/** A request with its digest, as `requestDigest()` made it. */
export interface DigestedRequest {
  readonly request: Request;
  readonly requestDigest: string;
}

export interface JudgedRequest extends DigestedRequest {
  readonly classification: Classification;
  readonly policy: PolicyState;
  /** SHA-256 of the facts file that lies beside the record. */
  readonly factsDigest: string;
}

/** Something is held: what it is, who judged it by what, and who has to agree. */
export function requestedRecord(
  frame: RecordFrame,
  judged: JudgedRequest & { readonly decision: Decision },
): Uint8Array {
  const { decision } = judged;
  return buildStatement(
    {
      ...headFields('requested', frame),
      ...judgedFields(frame, judged),
      seats: decision.seats.map(({ seat }) => ({ id: seat.id, group: seat.source.group, rules: [...seat.rules] })),
      decision: { kind: decision.kind, reason: decision.reason, because: becauseFields(decision.because) },
    },
    subjectsOf(judged),
  );
}

/** Out of the policy's scope: it went on without anybody's agreement, and the log says so. */
export function passedRecord(frame: RecordFrame, judged: JudgedRequest): Uint8Array {
  return buildStatement(
    {
      ...headFields('passed', frame),
      ...judgedFields(frame, judged),
      because: becauseFields([because('out-of-scope', {})]),
    },
    subjectsOf(judged),
  );
}

/** An environment's first deployment; `baseSha` is the base that the policy declares, null when it declares none. */
export function baselineRecord(
  frame: RecordFrame,
  given: { readonly request: DeploymentRequest; readonly requestDigest: string; readonly baseSha: string | null },
): Uint8Array {
  const { request, requestDigest, baseSha } = given;
  const { environment } = request.gate;
  const reason =
    baseSha === null
      ? because('range-baseline', { environment })
      : because('base-declared', { environment, sha: baseSha });
  return buildStatement(
    {
      ...headFields('baseline', frame),
      requestDigest,
      gate: request.gate,
      headSha: request.headSha,
      source: baseSha === null ? 'first-deployment' : 'policy',
      baseSha,
      because: becauseFields([reason]),
    },
    subjectsOf(given),
  );
}

/** An answer that the decision weighed, whether or not it counts. */
export function reviewedRecord(
  frame: RecordFrame,
  given: DigestedRequest & { readonly judgement: ReviewJudgement },
): Uint8Array {
  const { review, counts, because: why } = given.judgement;
  return buildStatement(
    {
      ...headFields('reviewed', frame),
      requestDigest: given.requestDigest,
      headSha: given.request.headSha,
      ...answerFields(frame, review),
      counts,
      because: becauseFields([why]),
    },
    subjectsOf(given),
  );
}

/**
 * An answer by somebody who could matter that does not count. A command with an unknown code names no request: then
 * `headSha` is the head of the pull request or run under which it was given.
 */
export function refusedRecord(
  frame: RecordFrame,
  given: {
    readonly requestDigest: string | null;
    readonly headSha: string;
    readonly review: Review;
    readonly because: readonly Because[];
  },
): Uint8Array {
  const { requestDigest, headSha, review } = given;
  return buildStatement(
    {
      ...headFields('refused', frame),
      requestDigest: requestDigest ?? undefined,
      headSha,
      ...answerFields(frame, review),
      because: becauseFields(given.because),
    },
    requestDigest === null ? [commitSubject(headSha)] : requestSubjects(requestDigest, headSha),
  );
}

/** An eligible person said no. @throws {TypeError} when the decision is no rejection */
export function rejectedRecord(
  frame: RecordFrame,
  given: DigestedRequest & { readonly decision: Decision },
): Uint8Array {
  const { decision, requestDigest, request } = given;
  const rejection = decision.reviews.find(({ review, counts }) => review.verdict === 'reject' && counts);
  if (decision.kind !== 'reject' || rejection === undefined) throw new TypeError('the decision is no rejection');
  return buildStatement(
    {
      ...headFields('rejected', frame),
      requestDigest,
      headSha: request.headSha,
      because: becauseFields(decision.because),
      reviewer: accountFields(rejection.review.reviewer),
      reviewId: rejection.review.id,
    },
    subjectsOf(given),
  );
}

/** The request ended without a decision. `by` is the digest of the request that replaces a superseded one. */
export function endedRecord(
  frame: RecordFrame,
  given: DigestedRequest & { readonly because: readonly Because[] } & (
      | { readonly kind: 'withdrawn' | 'expired' }
      | { readonly kind: 'superseded'; readonly by?: string }
    ),
): Uint8Array {
  const ended = {
    requestDigest: given.requestDigest,
    headSha: given.request.headSha,
    because: becauseFields(given.because),
  };
  const predicate =
    given.kind === 'superseded'
      ? { ...headFields(given.kind, frame), ...ended, by: given.by }
      : { ...headFields(given.kind, frame), ...ended };
  return buildStatement(predicate, subjectsOf(given));
}

function subjectsOf({ request, requestDigest }: DigestedRequest) {
  return requestSubjects(requestDigest, request.headSha);
}

function judgedFields(frame: RecordFrame, { request, requestDigest, ...judged }: JudgedRequest) {
  const { class: found, agents, signals } = judged.classification;
  return {
    requestDigest,
    code: requestCode(requestDigest),
    request: toMutable(requestFields(request)),
    classification: { class: found, agents: [...agents], signalsDigest: digestOf(canonicalJson(signals), frame) },
    ...policyFields(judged.policy),
    factsDigest: judged.factsDigest,
  };
}

function toMutable(request: Request) {
  return request.kind === 'deployment' ? { ...request, jobs: [...request.jobs] } : request;
}

function answerFields(frame: RecordFrame, review: Review) {
  const { assurance } = review;
  if (assurance === 'human-signed') {
    throw new GateError('ERR_INPUT', 'a signed review needs its signature in the record, which is not written yet');
  }
  return {
    reviewId: review.id,
    channel: review.channel,
    verdict: review.verdict,
    reviewer: accountFields(review.reviewer),
    assurance,
    bound: review.bound,
    givenAt: toInstant(Date.parse(review.at)),
    reasonDigest: review.reason === '' ? undefined : digestOf(review.reason, frame),
  };
}
