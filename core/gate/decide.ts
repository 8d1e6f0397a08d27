import type { Classification } from '../authorship/classification.ts';
import type { Parties } from '../parties/party.ts';
import { policyRegistry } from '../policy/policy-registry.ts';
import type { PolicyState, Requirement, Seat } from '../policy/requirement.ts';
import type { Request } from '../request.ts';
import type { Because, Decision } from './decision.ts';
import { describeChange } from './describe-change.ts';
import { judgeReviews } from './judge-reviews.ts';
import type { GivenReview } from './judge-reviews.ts';
import { because } from './reasons.ts';
import { areSeatsConsistent } from './seats-consistent.ts';

/** Everything that a decision is made from; the same input gives the same decision at any time and place. */
export interface GateInput {
  readonly request: Request;
  /** `requestDigest(request, …)`: what answers by button, command or page must bind. */
  readonly requestDigest: string;
  readonly policy: PolicyState;
  /** null when no policy is in force, and then nothing can be released. */
  readonly requirement: Requirement | null;
  readonly classification: Classification;
  readonly parties: Parties;
  readonly reviews: readonly GivenReview[];
  /** Facts that forbid a release now: native review pending, something could not be read, a newer attempt, … */
  readonly blocks: readonly Because[];
  /** Seats beyond the policy's: `baseline`, `unattributed-commit`. */
  readonly extraSeats: readonly Seat[];
}

/**
 * Release, hold or reject. Pure, total and fail closed: `release` is reached only when nothing forbids it, no eligible
 * person rejected, the policy gave at least one seat, and every seat is filled by a human of its own (invariants 2, 3,
 * 4, 6, 7). Whatever is not understood ends in a hold.
 *
 * What forbids a release goes before a rejection, so that nobody's rejection is final while the policy or the facts that
 * would make them eligible are in doubt.
 */
export function decide(input: GateInput): Decision {
  const { policy, requirement } = input;
  const inForce = policy.kind === 'in-force' ? requirement : null;
  const wanted = inForce === null ? [] : [...inForce.seats, ...input.extraSeats];
  const { seats, reviews } = judgeReviews(input.reviews, {
    request: input.request,
    requestDigest: input.requestDigest,
    parties: input.parties,
    sighted: input.classification,
    seats: wanted,
    reasonMinLength: inForce?.reasonMinLength ?? 0,
    machines: policyRegistry(policy.kind === 'in-force' ? policy.policy : null),
  });
  const described = describeChange(input.request, input.classification, input.parties);
  const conclude = (kind: Decision['kind'], first: Because, rest: readonly Because[] = []): Decision => ({
    kind,
    reason: first.code,
    because: [first, ...rest, ...described],
    seats,
    reviews,
  });

  const [forbids, ...more] = findForbidding(input);
  if (forbids !== undefined) return conclude('hold', forbids, more);
  if (inForce === null || inForce.seats.length === 0) return conclude('hold', because('no-seats', {}));

  const rejection = reviews.find(({ review, counts }) => review.verdict === 'reject' && counts);
  if (rejection !== undefined) {
    const { channel, reviewer } = rejection.review;
    // It speaks about merging too, and is taken back there: reason to wait, not to end a run for good.
    if (input.request.kind === 'deployment' && channel === 'pull-request-review')
      return conclude('hold', because('changes-requested', { login: reviewer.login }));
    return conclude('reject', because('rejected-by-reviewer', { login: rejection.review.reviewer.login }));
  }

  const filled = seats.flatMap(({ filledBy }) => (filledBy === null ? [] : [filledBy]));
  if (!areSeatsConsistent(wanted, seats, reviews, input.parties.people, input.reviews))
    return conclude('hold', because('seats-inconsistent', {}));
  if (filled.length < wanted.length) {
    const open = seats.filter((state) => state.filledBy === null).map(({ seat }) => seatName(seat));
    return conclude(
      'hold',
      because('waiting-for-seats', { filled: filled.length, total: wanted.length, open: open.join(', ') }),
    );
  }
  const reviewers = filled.map(({ reviewer }) => `@${reviewer.login}`).join(', ');
  return conclude('release', because('all-seats-filled', { reviewers }));
}

/** In order of what has to be mended first: the policy, its denials, then the facts. */
function findForbidding({ request, policy, requirement, parties, blocks }: GateInput): readonly Because[] {
  const denials = (requirement?.denials ?? []).map(({ rule, text }) => because('denied-by-rule', { rule, text }));
  return [
    ...findPolicyTrouble(policy, request),
    ...denials,
    ...findUnresolved(parties),
    ...blocks,
    ...findForbiddenRange(request),
  ];
}

/** Whose account it is that the policy means, nobody knows: anyone who approves may be that person a second time (C15, C18). */
function findUnresolved({ people: { unresolved } }: Parties): readonly Because[] {
  const [login] = unresolved;
  return login === undefined ? [] : [because('declared-account-unresolved', { login, count: unresolved.length })];
}

const MOST_ISSUES_TOLD = 10;
const NO_DETAILS = { line: 0, column: 0, message: 'no details' };

function findPolicyTrouble(policy: PolicyState, request: Request): readonly Because[] {
  if (policy.kind === 'unreadable') return [because('policy-unreadable', { detail: policy.detail })];
  if (policy.kind === 'invalid') {
    const [first = NO_DETAILS, ...more] = policy.issues.slice(0, MOST_ISSUES_TOLD);
    return [first, ...more].map(({ line, column, message }) => because('policy-invalid', { line, column, message }));
  }
  // The policy moved on between the making of the request and now: its people saw another one (invariant 4).
  return policy.digest === request.policyDigest ? [] : [because('request-superseded', { what: 'the policy' })];
}

function findForbiddenRange(request: Request): readonly Because[] {
  if (request.kind !== 'deployment') return [];
  if (request.range.kind === 'fork') return [because('range-fork', {})];
  return request.range.kind === 'unknown' ? [because('range-unknown', {})] : [];
}

function seatName(seat: Seat): string {
  return `${seat.source.group} (${seat.rules.join(', ')})`;
}
