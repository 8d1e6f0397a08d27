import type { Account } from '../actors/account.ts';
import type { Seat } from '../policy/requirement.ts';
import type { Review } from '../review.ts';
import type { ReasonCode } from './reasons.ts';

/** A reason with its parameters; the sentence is made last, from the closed registry in reasons.ts. */
export interface Because {
  readonly code: ReasonCode;
  readonly params: Readonly<Record<string, string | number>>;
}

export interface SeatState {
  readonly seat: Seat;
  /** null: still open. */
  readonly filledBy: { readonly reviewer: Account; readonly reviewId: string } | null;
}

/** Why one review counts or does not. */
export interface ReviewJudgement {
  readonly review: Review;
  readonly counts: boolean;
  /** `review-counts`, or why not: `reviewer-is-party`, `reviewer-not-human`, `review-of-other-head`, … */
  readonly because: Because;
}

/**
 * `release`: every seat is filled by a distinct eligible human. `hold`: not yet, or never until something is mended.
 * `reject`: an eligible person said no. `reason` is the first of `because`.
 */
export interface Decision {
  readonly kind: 'release' | 'hold' | 'reject';
  readonly reason: ReasonCode;
  readonly because: readonly Because[];
  readonly seats: readonly SeatState[];
  readonly reviews: readonly ReviewJudgement[];
}
