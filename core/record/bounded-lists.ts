import { toHex, utf8 } from '../evidence/bytes.ts';
import type { Sha256 } from '../evidence/bytes.ts';
import type { Because } from '../gate/decision.ts';
import { canonicalJson } from '../gate/request-digest.ts';
import { quote } from './fields.ts';
import { firstThatFit } from './first-that-fit.ts';

/**
 * Lists that the requesting side or the policy can make long, as records hold them: how many there are, the first ones by
 * name, and a digest of all where there are no facts beside the record to hold them.
 */

const JOBS_BYTES = 300;
const SEATS_BYTES = 500;
const REASONS_BYTES = 700;

interface NamedJob {
  readonly id: number;
  readonly name: string;
}

/** `jobsDigest`: SHA-256 of the canonical JSON of all jobs as `{id, name}`, sorted by id. */
export function jobFields(jobs: readonly NamedJob[], sha256: Sha256) {
  const all = sortedJobs(jobs);
  return {
    jobs: firstThatFit(all, JOBS_BYTES),
    jobCount: all.length,
    jobsDigest: toHex(sha256(utf8(canonicalJson(all)))),
  };
}

export function sortedJobs(jobs: readonly NamedJob[]): NamedJob[] {
  return jobs.map(({ id, name }) => ({ id, name })).toSorted((left, right) => left.id - right.id);
}

/** Beside a request, which holds the digest of the names. */
export function jobNameFields(names: readonly string[]) {
  return { jobNames: firstThatFit(names.toSorted(), JOBS_BYTES), jobCount: names.length };
}

export function openSeatFields(seats: readonly { readonly id: string; readonly group: string }[]) {
  return {
    seats: firstThatFit(
      seats.map(({ id, group }) => ({ id, group })),
      SEATS_BYTES,
    ),
    seatCount: seats.length,
  };
}

/** Reasons with their parameters as records and facts files quote them. */
export function quoteReasons(reasons: readonly Because[]) {
  return reasons.map(({ code, params }) => ({
    code,
    params: Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, typeof value === 'string' ? quote(value) : value]),
    ),
  }));
}

/** The first reason is the one that decides, and it is always there. */
export function reasonFields(reasons: readonly Because[]) {
  const because = firstThatFit(quoteReasons(reasons), REASONS_BYTES);
  const moreReasons = reasons.length - because.length;
  return moreReasons === 0 ? { because } : { because, moreReasons };
}
