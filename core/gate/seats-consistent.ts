import { personOf } from '../actors/declared-people.ts';
import type { DeclaredPeople } from '../actors/declared-people.ts';
import type { Seat } from '../policy/requirement.ts';
import { provesEnough } from '../policy/seats.ts';
import type { ReviewJudgement, SeatState } from './decision.ts';
import type { GivenReview } from './judge-reviews.ts';

/**
 * The last look before a release, on purpose without trust in the matching: the seats are exactly those asked for, and
 * each filled one is filled by a different person (C16, C17, C18) through an approval of theirs that was judged to count and is
 * proven as strongly as the seat asks (C25).
 */
export function areSeatsConsistent(
  wanted: readonly Seat[],
  states: readonly SeatState[],
  reviews: readonly ReviewJudgement[],
  people: DeclaredPeople,
  given: readonly GivenReview[] = [],
): boolean {
  const permissionOf = (id: string) => given.find(({ review }) => review.id === id)?.authority?.permission;
  const filled = states.flatMap(({ seat, filledBy }) => (filledBy === null ? [] : [{ seat, ...filledBy }]));
  return (
    states.length === wanted.length &&
    wanted.every((seat) => states.some((state) => state.seat === seat)) &&
    new Set(filled.map(({ reviewer }) => personOf(people, reviewer.id))).size === filled.length &&
    filled.every(({ seat, reviewId, reviewer }) =>
      reviews.some(
        ({ review, counts }) =>
          review.id === reviewId &&
          review.reviewer.id === reviewer.id &&
          review.verdict === 'approve' &&
          counts &&
          provesEnough(seat, review.assurance, permissionOf(review.id)),
      ),
    )
  );
}
