import type { Account } from '../actors/account.ts';
import { personOf } from '../actors/declared-people.ts';
import { fillSeats } from '../policy/seats.ts';
import type { Request } from '../request.ts';
import type { Authority, Review } from '../review.ts';
import { findUnbound } from './bound.ts';
import type { Because, ReviewJudgement, SeatState } from './decision.ts';
import { eligibility } from './eligibility.ts';
import type { EligibilityContext } from './eligibility.ts';
import { because } from './reasons.ts';

/** A review with what was read about it when the decision was made. */
export interface GivenReview {
  readonly review: Review;
  /** null: it could not be read. */
  readonly authority: Authority | null;
  /** Facts that void the review although its bounds match, e.g. `review-before-force-push` (C34). */
  readonly voided?: Because;
}

export interface JudgingContext extends EligibilityContext {
  readonly request: Request;
  readonly requestDigest: string;
  readonly reasonMinLength: number;
}

export interface JudgedReviews {
  readonly seats: readonly SeatState[];
  readonly reviews: readonly ReviewJudgement[];
}

type Candidate = Parameters<typeof fillSeats>[1][number];

/** Judges every review by itself, then seats the valid approvals: one person, one seat (invariant 7). */
export function judgeReviews(given: readonly GivenReview[], context: JudgingContext): JudgedReviews {
  const { people } = context.parties;
  const refusals = given.map((entry) => findRefusal(entry, context));
  const approvals = given.filter(({ review }, index) => review.verdict === 'approve' && refusals[index] === null);
  // All of a person's approvals go in: the seats take each person once, by whichever of them fits (C16).
  const seats = fillSeats(context.seats, approvals.flatMap(toCandidate), people);

  const reviews = given.map(({ review }, index): ReviewJudgement => {
    const refusal = refusals[index] ?? null;
    if (refusal !== null) return { review, counts: false, because: refusal };
    const { login } = review.reviewer;
    if (review.verdict === 'reject') return { review, counts: true, because: because('rejection-counts', { login }) };
    const seat = seats.find((state) => state.filledBy?.reviewId === review.id)?.seat.id;
    if (seat !== undefined) return { review, counts: true, because: because('review-counts', { login, seat }) };
    const isSame = ({ id }: Account): boolean => personOf(people, id) === personOf(people, review.reviewer.id);
    const seated = seats.flatMap(({ filledBy }) => filledBy?.reviewer ?? []).find(isSame);
    const first = approvals.find((approval) => isSame(approval.review.reviewer))?.review;
    if (seated === undefined && first === review) {
      return { review, counts: true, because: because('review-in-reserve', { login }) };
    }
    return { review, counts: false, because: becauseSecond(review.reviewer, seated ?? first?.reviewer) };
  });
  return { seats, reviews };
}

/** @param other the account by which this person has answered before */
function becauseSecond({ id, login }: Account, other: Account | undefined): Because {
  return other === undefined || other.id === id
    ? because('second-seat-same-person', { login })
    : because('second-account-same-person', { login, other: other.login });
}

/** The first reason why the review does not count, or null. Only an approval needs a reason text and an assurance. */
function findRefusal({ review, authority, voided }: GivenReview, context: JudgingContext): Because | null {
  const { login } = review.reviewer;
  const refusal = voided ?? findUnbound(review, context.request, context.requestDigest);
  if (refusal !== null) return refusal;
  if (review.viaApp !== null) return because('review-via-app', { login, app: review.viaApp });
  if (review.edited) return because('review-edited', { login });
  const ineligible = eligibility(review.reviewer, authority, context);
  if (ineligible !== null || review.verdict === 'reject') return ineligible;

  const characters = Array.from(review.reason.trim()).length;
  if (characters < context.reasonMinLength) {
    return because('review-reason-missing', { login, minimum: context.reasonMinLength, given: characters });
  }
  const alone = toCandidate({ review, authority });
  const fillsOne = context.seats.some((seat) =>
    fillSeats([seat], alone, context.parties.people).some((state) => state.filledBy !== null),
  );
  return fillsOne ? null : because('assurance-too-low', { login, assurance: review.assurance });
}

function toCandidate({ review, authority }: GivenReview): Candidate[] {
  if (authority === null) return [];
  return [{ reviewer: review.reviewer, reviewId: review.id, authority, assurance: review.assurance }];
}
