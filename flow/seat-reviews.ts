import type { RepositoryRef } from '../core/facts.ts';
import type { Ports } from '../core/ports.ts';
import type { Review } from '../core/review.ts';
import type { Evaluation } from './evaluate.ts';
import { load } from './state.ts';

/**
 * Whether every answer that fills a seat still stands, read again right before GitHub is answered (attack C36): a review
 * may have been dismissed or turned into a rejection, a comment edited, while the authorisation was being written.
 */
export async function seatReviewsStand(ports: Ports, ref: RepositoryRef, evaluation: Evaluation): Promise<boolean> {
  const filled = new Set(
    evaluation.decision.seats.flatMap(({ filledBy }) => (filledBy === null ? [] : [filledBy.reviewId])),
  );
  const reviews = evaluation.decision.reviews.map(({ review }) => review);
  const answers = (await load(ports.documents, ref, 'answers', evaluation.digest))?.body ?? [];
  // A click that this decision has not seen is judged by the next one.
  if (answers.some((answer) => answer.verdict === 'reject' && !reviews.some((review) => review.id === answer.id)))
    return false;
  for (const review of reviews) {
    if (filled.has(review.id) && !(await stands(ports, ref, review))) return false;
  }
  return true;
}

async function stands(ports: Ports, ref: RepositoryRef, review: Review): Promise<boolean> {
  switch (review.channel) {
    case 'pull-request-review': {
      if (review.bound.pullRequest === undefined) return false;
      const now = await ports.forge.pullReviews(ref, review.bound.pullRequest);
      const latest = now.findLast(
        (each) =>
          each.reviewer?.id === review.reviewer.id &&
          ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'].includes(each.state),
      );
      return latest !== undefined && `review:${latest.id}` === review.id && latest.state === 'APPROVED';
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
