import type { z } from 'zod';
import type { Account } from '../actors/account.ts';
import type { Because } from '../gate/decision.ts';
import type { Bound, Channel, Verdict } from '../review.ts';
import { reasonFields } from './bounded-lists.ts';
import { buildStatement } from './build-statement.ts';
import type { humanSigned } from './human-schemas.ts';
import { headFields, person } from './record-frame.ts';
import type { RecordFrame } from './record-frame.ts';

/** A person's signature over the review statement, as the record carries it; bytes in base64. */
export type HumanSignature = z.input<typeof humanSigned.human>;

export interface SignedReview {
  readonly requestDigest: string;
  readonly headSha: string;
  readonly reviewId: string;
  readonly channel: Channel;
  readonly verdict: Verdict;
  readonly reviewer: Account;
  readonly bound: Bound;
  /** RFC 3339, UTC, milliseconds. */
  readonly givenAt: string;
  readonly reasonCommitment: string | null;
  readonly human: HumanSignature;
  /** Whether it fills a seat; when not, `because` says why. */
  readonly counts: boolean;
  readonly because: readonly Because[];
}

/**
 * A `reviewed` record of assurance `human-signed`. Built from what was signed, it is not verified here: a verifier of the
 * log refuses one whose signature does not verify, so the caller verifies before.
 */
export function signedReviewRecord(frame: RecordFrame, given: SignedReview): Uint8Array {
  const { requestDigest, headSha, reviewId, channel, verdict, bound, givenAt, reasonCommitment, human, counts } = given;
  return buildStatement(
    {
      ...headFields('reviewed', frame),
      requestDigest,
      headSha,
      reviewId,
      channel,
      verdict,
      reviewer: person(given.reviewer),
      bound: { ...bound },
      givenAt,
      ...(reasonCommitment === null ? {} : { reasonCommitment }),
      assurance: 'human-signed',
      human,
      counts,
      ...reasonFields(given.because),
    },
    [
      { name: 'request', digest: { sha256: requestDigest } },
      { name: 'commit', digest: { gitCommit: headSha } },
    ],
  );
}
