import { z } from 'zod';
import {
  account,
  because,
  commit,
  commitment,
  decision,
  digest,
  filledSeats,
  gate,
  head,
  id,
  instant,
  openSeat,
  repository,
  text,
} from './fields.ts';
import { humanSigned } from './human-schemas.ts';

/** Records of what was asked and what people answered. */

/** `unreadable` stands where no policy could be read, so that the request still has a digest of its own. */
const boundPolicy = z.union([digest, z.literal('unreadable')]);

/** Exactly what the request's digest is made of, so that a reader can compute it again. */
const request = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('deployment'),
    repository,
    headSha: commit,
    policyDigest: boundPolicy,
    gate,
    range: z.strictObject({
      kind: z.enum(['range', 'baseline', 'rollback', 'diverged', 'truncated', 'fork', 'unknown']),
      baseSha: commit.nullable(),
    }),
    jobs: z.array(text(1_000)),
  }),
  z.strictObject({
    kind: z.literal('pull-request'),
    repository,
    headSha: commit,
    policyDigest: boundPolicy,
    number: id,
    baseRef: text(500),
  }),
]);

/** Class and agents by registry id; what was seen is the requesting side's words and stays out, but for its digest. */
const classification = z.strictObject({
  class: z.enum(['agent', 'suspected', 'automation', 'unattributed']),
  agents: z.array(text(100)),
  signalsDigest: digest,
});

/** Which policy judged; `invalid` and `unreadable` hold, and nothing is released on them. */
const policy = {
  policyDigest: digest.nullable(),
  policyCommit: commit.nullable(),
  policySource: z.enum(['repository', 'built-in', 'invalid', 'unreadable']),
};

const code = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{8}$/);

const judged = { requestDigest: digest, code, request, classification, ...policy, factsDigest: digest };

const bound = z.strictObject({
  pullRequest: id.optional(),
  headSha: commit.optional(),
  baseRef: text(500).optional(),
  runId: id.optional(),
  attempt: id.optional(),
  environment: text(255).optional(),
  opening: id.optional(),
  requestDigest: digest.optional(),
});

/** The reason in clear stays outside the log; whoever is given its salt and text can hold them against the commitment. */
const answer = {
  reviewId: text(500),
  channel: z.enum(['pull-request-review', 'deployment-prompt', 'check-button', 'command']),
  verdict: z.enum(['approve', 'reject']),
  reviewer: account,
  bound,
  givenAt: instant,
  reasonCommitment: commitment.optional(),
};

/** What the platform or we attest: it does not verify from the leaf, so it never claims a signature. */
const attested = z.enum(['signed-in', 'platform-attested', 'declared']);

const ofRequest = { requestDigest: digest, headSha: commit };

const ended = { requestDigest: digest, headSha: commit, because };

export const requestSchemas = {
  requested: z.strictObject({ ...head('requested'), ...judged, seats: z.array(openSeat), decision }),
  /** Out of scope: never called released. */
  passed: z.strictObject({ ...head('passed'), ...judged, because }),
  /** The first deployment of an environment: from what the change is counted. */
  baseline: z.strictObject({
    ...head('baseline'),
    requestDigest: digest,
    gate,
    headSha: commit,
    source: z.enum(['first-deployment', 'policy']),
    baseSha: commit.nullable(),
    because,
  }),
  reviewed: z.discriminatedUnion('assurance', [
    z.strictObject({ ...head('reviewed'), ...ofRequest, ...answer, assurance: attested, counts: z.boolean(), because }),
    z.strictObject({ ...head('reviewed'), ...ofRequest, ...answer, ...humanSigned, counts: z.boolean(), because }),
  ]),
  /** An answer by somebody who could matter that does not count; `requestDigest` is missing when it named no request. */
  refused: z.discriminatedUnion('assurance', [
    z.strictObject({
      ...head('refused'),
      requestDigest: digest.optional(),
      headSha: commit.optional(),
      ...answer,
      assurance: attested,
      because,
    }),
    z.strictObject({ ...head('refused'), ...ofRequest, ...answer, ...humanSigned, because }),
  ]),
  rejected: z.strictObject({ ...head('rejected'), ...ended, reviewer: account, reviewId: text(500) }),
  withdrawn: z.strictObject({ ...head('withdrawn'), ...ended }),
  superseded: z.strictObject({ ...head('superseded'), ...ended, by: digest.optional() }),
  expired: z.strictObject({ ...head('expired'), ...ended }),
};

/** A pull request's release needs no authorisation before it, because a check can be put back (docs/design.md 4.4). */
export const releasedPullRequest = z.strictObject({
  ...head('released'),
  how: z.literal('check'),
  requestDigest: digest,
  number: id,
  headSha: commit,
  seats: filledSeats,
  policyDigest: digest,
  factsDigest: digest,
  observedAt: instant,
});
