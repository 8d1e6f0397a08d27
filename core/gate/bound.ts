import type { Request } from '../request.ts';
import type { Bound, Channel, Review } from '../review.ts';
import type { Because } from './decision.ts';
import { because } from './reasons.ts';

/** What a channel must bind at least; more may be bound and then has to match too. */
const REQUIRED = {
  'pull-request-review': ['pullRequest', 'headSha', 'baseRef'],
  'deployment-prompt': ['runId', 'attempt', 'environment'],
  'check-button': ['requestDigest'],
  command: ['requestDigest'],
} as const satisfies Record<Channel, readonly (keyof Bound)[]>;

/** Compared in this order: the first that differs is the one that is told. */
const FIELDS = [
  'pullRequest',
  'runId',
  'attempt',
  'environment',
  'opening',
  'baseRef',
  'headSha',
  'requestDigest',
] as const satisfies readonly (keyof Bound)[];

/**
 * Does the review answer exactly this request? Invariant 4: what the channel must bind has to be there, and every bound
 * field has to equal the request's. Times are never compared (C32, C33).
 *
 * @returns null when it does, otherwise the first difference
 */
export function findUnbound(review: Review, request: Request, requestDigest: string): Because | null {
  const { login } = review.reviewer;
  const missing = REQUIRED[review.channel].find((field) => review.bound[field] === undefined);
  if (missing !== undefined) return because('review-unbound', { login, field: missing });

  const seen = foldCase(review.bound);
  const wanted = wantedBounds(request, requestDigest, review);
  const field = FIELDS.find((name) => seen[name] !== undefined && seen[name] !== wanted[name]);
  if (field === undefined) return null;
  if (field === 'baseRef') return because('review-of-other-base', { login });
  if (field === 'headSha') {
    return because('review-of-other-head', { login, seen: seen.headSha ?? '', wanted: request.headSha });
  }
  return because('review-of-other-request', { login, field });
}

/** GitHub's environment names are case-insensitive, and a gate key holds them in lower case. */
function foldCase(bound: Bound): Bound {
  return bound.environment === undefined ? bound : { ...bound, environment: bound.environment.toLowerCase() };
}

function wantedBounds(
  request: Request,
  requestDigest: string,
  { channel, bound }: Review,
): Readonly<Record<string, unknown>> {
  const { headSha } = request;
  if (request.kind === 'pull-request') {
    return { requestDigest, headSha, pullRequest: request.number, baseRef: request.baseRef };
  }
  // A deployment request names no pull request: the caller passes only reviews of the one whose head is deployed.
  const derived = channel === 'pull-request-review' ? { pullRequest: bound.pullRequest, baseRef: bound.baseRef } : {};
  const { runId, attempt, environment, opening } = request.gate;
  return { ...derived, requestDigest, headSha, runId, attempt, environment, opening };
}
