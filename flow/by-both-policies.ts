import type { Because, Decision, ReviewJudgement } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import type { Evaluation } from './evaluate.ts';

/**
 * One deployment judged by the policy in force and by the one from before it: let go only by both. Shown is the one that
 * holds; the records name the policy in force, as the request does.
 */
export function byBothPolicies(now: Evaluation, before: Evaluation): Evaluation {
  const isBefore = holdsFirst(now.decision, before.decision) === before.decision;
  const shown = isBefore ? before : now;
  const { decision } = shown;
  const [first, ...rest] = decision.because;
  const why = first === undefined || !isBefore ? decision.because : [first, judgedBy(before), ...rest];
  const byBefore = before.decision.reviews.map(unproven);
  const reviews = isBefore
    ? byBefore
    : now.decision.kind === 'release'
      ? now.decision.reviews.map((each) => (each.counts ? each : (countedIn(byBefore, each) ?? each)))
      : now.decision.reviews;
  return {
    ...now,
    gathered: shown.gathered,
    requirement: shown.requirement,
    memberships: shown.memberships,
    authorities: shown.authorities,
    judgedBy: shown.judgedBy,
    shownSigners: shown.shownSigners,
    decision: { ...decision, because: why, reviews },
    seatReviews: [...new Set([...now.seatReviews, ...before.seatReviews])],
  };
}

/** In the order of `decide`: what has to be mended, then a rejection, then seats that are open. */
function holdsFirst(now: Decision, before: Decision): Decision {
  const both = [now, before];
  return (
    both.find(({ kind, reason }) => kind === 'hold' && reason !== 'waiting-for-seats') ??
    both.find(({ kind }) => kind === 'reject') ??
    both.find(({ kind }) => kind === 'hold') ??
    now
  );
}

function judgedBy({ judgedBy: { state } }: Evaluation): Because {
  const isRead = state.kind === 'in-force' && state.source === 'repository';
  const which = isRead ? `of commit ${state.commitSha.slice(0, 12)}` : 'the built-in one, for want of another';
  return because('policy-before-it', { which });
}

function countedIn(reviews: readonly ReviewJudgement[], { review }: ReviewJudgement): ReviewJudgement | undefined {
  return reviews.find((each) => each.counts && each.review.id === review.id);
}

/** The log knows the keys of the policy in force; an answer that another one counts is recorded as what GitHub attests. */
function unproven({ review, ...judged }: ReviewJudgement): ReviewJudgement {
  const { proof, ...plain } = review;
  return { ...judged, review: proof === undefined ? review : { ...plain, assurance: 'platform-attested' } };
}
