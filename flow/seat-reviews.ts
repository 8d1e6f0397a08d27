import type { RepositoryRef } from '../core/facts.ts';
import type { Ports } from '../core/ports.ts';
import type { Review } from '../core/review.ts';
import type { Evaluation } from './evaluate.ts';
import { digestReviews, isAnswer, isApproval } from './reviews.ts';

/**
 * Whether every answer that fills a seat still stands, read again right before GitHub is answered (attack C36): a review
 * may have been dismissed or turned into a rejection, a comment edited, while the authorisation was being written.
 */
export async function seatReviewsStand(ports: Ports, ref: RepositoryRef, evaluation: Evaluation): Promise<boolean> {
  const filled = new Set(evaluation.seatReviews);
  const reviews = evaluation.decision.reviews.map(({ review }) => review);
  // A click or command that this decision has not seen is judged by the next one. Answers that do not stand any more are
  // none here either: whoever may not reject could hold it for ever by taking a rejection back.
  const answers = await digestReviews(ports, ref, evaluation.digest);
  if (answers.some(({ review }) => review.verdict === 'reject' && !reviews.some(({ id }) => id === review.id)))
    return false;
  for (const review of reviews) {
    if (filled.has(review.id) && !(await stands(ports, ref, review, evaluation.code))) return false;
  }
  return true;
}

async function stands(ports: Ports, ref: RepositoryRef, review: Review, code: string): Promise<boolean> {
  switch (review.channel) {
    case 'pull-request-review': {
      if (review.bound.pullRequest === undefined) return false;
      const now = await ports.forge.pullReviews(ref, review.bound.pullRequest);
      const latest = now.findLast((each) => each.reviewer?.id === review.reviewer.id && isAnswer(each, code));
      return latest !== undefined && `review:${latest.id}` === review.id && isApproval(latest);
    }
    case 'command': {
      const comment = await ports.forge.comment(ref, Number(review.id.slice('comment:'.length)));
      return comment !== null && !comment.edited && comment.author?.id === review.reviewer.id;
    }
    // Neither a click nor an answer at the deployment prompt can be taken back on GitHub.
    case 'check-button':
    case 'deployment-prompt':
      return true;
  }
}
