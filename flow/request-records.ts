import type { RepositoryRef } from '../core/facts.ts';
import type { ReviewJudgement } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import type { RecordPorts, SealedInput } from '../core/ports.ts';
import type { Assurance, HumanProof } from '../core/review.ts';
import { openSeatFields, reasonFields } from '../core/record/bounded-lists.ts';
import { person } from '../core/record/record-frame.ts';
import { signedReviewRecord } from '../core/record/signed-review-record.ts';
import { enrolledDigest } from './credentials.ts';
import { reasonCommitment } from './disclosure.ts';
import type { Evaluation } from './evaluate.ts';
import { factsFile } from './facts-file.ts';
import { factsFiles, head, now, policyFields, policyFiles, requestRecord, sealing, subjects } from './record-parts.ts';
import type { Sealing } from './seal.ts';

/** Records of what was asked and what people answered. */

export function requestedSealing(ports: RecordPorts, ref: RepositoryRef, evaluation: Evaluation): Sealing {
  return sealing(`requested/${evaluation.digest}`, async () => {
    const facts = await factsFile(ports, ref, evaluation);
    const { decision, gathered, request, policy, digest } = evaluation;
    return {
      predicate: {
        kind: 'requested',
        ...head(ports, ref),
        requestDigest: digest,
        code: evaluation.code,
        ...requestRecord(ports, request),
        classification: {
          class: gathered.classification.class,
          agents: [...gathered.classification.agents],
          registry: gathered.classification.registry,
        },
        ...policyFields(policy),
        factsDigest: facts.digest,
        ...openSeatFields(decision.seats.map(({ seat }) => ({ id: seat.id, group: seat.source.group }))),
        decision: { kind: decision.kind, reason: decision.reason, ...reasonFields(decision.because) },
      },
      subject: subjects(digest, request.headSha),
      attachments: [...policyFiles(policy), ...factsFiles(facts)],
    };
  });
}

async function answerFields(
  ports: RecordPorts,
  ref: RepositoryRef,
  requestDigest: string,
  { review, because: why }: ReviewJudgement,
) {
  const reason = await reasonCommitment(ports, ref, requestDigest, review);
  return {
    reviewId: review.id,
    channel: review.channel,
    verdict: review.verdict,
    reviewer: person(review.reviewer),
    assurance: attested(review.assurance),
    bound: { ...review.bound },
    givenAt: instant(ports, review.at),
    ...(reason === undefined ? {} : { reasonCommitment: reason }),
    ...reasonFields([why]),
  };
}

/** What GitHub attests of an answer; a refused one is recorded without its signature, which then proves nothing. */
function attested(assurance: Assurance): Exclude<Assurance, 'human-signed'> {
  return assurance === 'human-signed' ? 'platform-attested' : assurance;
}

/** GitHub's time in the form that records have; it decides nothing, so one that cannot be read is the time of sealing. */
function instant(ports: RecordPorts, at: string): string {
  const time = Date.parse(at);
  return Number.isNaN(time) ? now(ports) : new Date(time).toISOString();
}

export function reviewedSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  evaluation: Evaluation,
  judgement: ReviewJudgement,
): Sealing {
  const { digest, request } = evaluation;
  const event = `reviewed/${digest}/${judgement.review.id}`;
  const { proof } = judgement.review;
  if (proof !== undefined) {
    return { event, build: () => signedReview(ports, ref, evaluation, judgement, proof) };
  }
  return sealing(event, async () => ({
    predicate: {
      kind: 'reviewed',
      ...head(ports, ref),
      requestDigest: digest,
      headSha: request.headSha,
      ...(await answerFields(ports, ref, digest, judgement)),
      counts: judgement.counts,
    },
    subject: subjects(digest, request.headSha),
  }));
}

/** The words beside a signature were not signed, so the record of it holds no commitment to them. */
async function signedReview(
  ports: RecordPorts,
  repository: RepositoryRef,
  { digest, request }: Evaluation,
  { review, counts, because: why }: ReviewJudgement,
  proof: HumanProof,
): Promise<SealedInput> {
  const frame = { nowMs: ports.clock.now(), repository, sha256: ports.sha256 };
  const bytes = signedReviewRecord(frame, {
    requestDigest: digest,
    headSha: request.headSha,
    reviewId: review.id,
    channel: review.channel,
    verdict: review.verdict,
    reviewer: review.reviewer,
    bound: review.bound,
    givenAt: instant(ports, review.at),
    reasonCommitment: null,
    human: {
      format: 'sshsig',
      enrolledDigest: await enrolledDigest(ports, repository, { reviewer: review.reviewer, proof }),
      statement: proof.statement,
      signature: proof.signature,
    },
    counts,
    because: [why],
  });
  return { bytes, attachments: [] };
}

export function refusedSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  { digest, request }: Evaluation,
  judgement: ReviewJudgement,
): Sealing {
  return sealing(`refused/${digest}/${judgement.review.id}/${judgement.because.code}`, async () => ({
    predicate: {
      kind: 'refused',
      ...head(ports, ref),
      requestDigest: digest,
      headSha: request.headSha,
      ...(await answerFields(ports, ref, digest, judgement)),
    },
    subject: subjects(digest, request.headSha),
  }));
}

export function supersededSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  before: { readonly digest: string; readonly headSha: string },
  by: string,
): Sealing {
  return sealing(`superseded/${before.digest}/${by}`, () => ({
    predicate: {
      kind: 'superseded',
      ...head(ports, ref),
      requestDigest: before.digest,
      headSha: before.headSha,
      by,
      ...reasonFields([because('request-superseded', { what: 'the head, the base, the jobs or the policy' })]),
    },
    subject: subjects(before.digest, before.headSha),
  }));
}

export function withdrawnSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  requestDigest: string,
  what: string,
  headSha: string,
): Sealing {
  return sealing(`withdrawn/${requestDigest}/${what}`, () => ({
    predicate: {
      kind: 'withdrawn',
      ...head(ports, ref),
      requestDigest,
      headSha,
      ...reasonFields([because('request-withdrawn', { what })]),
    },
    subject: subjects(requestDigest, headSha),
  }));
}

export function rejectedSealing(ports: RecordPorts, ref: RepositoryRef, evaluation: Evaluation): Sealing {
  const { digest, request, decision } = evaluation;
  const judged = decision.reviews.find(({ review, counts }) => review.verdict === 'reject' && counts);
  if (judged === undefined) throw new TypeError('a rejection without a review that counts');
  return sealing(`rejected/${digest}/${judged.review.id}`, async () => {
    const facts = await factsFile(ports, ref, evaluation);
    return {
      predicate: {
        kind: 'rejected',
        ...head(ports, ref),
        requestDigest: digest,
        headSha: request.headSha,
        ...reasonFields(decision.because),
        reviewer: person(judged.review.reviewer),
        reviewId: judged.review.id,
        factsDigest: facts.digest,
      },
      subject: subjects(digest, request.headSha),
      attachments: factsFiles(facts),
    };
  });
}
