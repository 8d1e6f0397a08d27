import { z } from 'zod';
import {
  account,
  commit,
  commitment,
  decision,
  digest,
  filledSeats,
  gate,
  head,
  id,
  instant,
  jobNameList,
  openSeats,
  reasons,
  repository,
  text,
} from './fields.ts';
import { humanSigned } from './human-schemas.ts';

/** Records of what was asked and what people answered. */

/** `unreadable` stands where no policy could be read, so that the request still has a digest of its own. */
const boundPolicy = z.union([digest, z.literal('unreadable')]);

/** Exactly what the request's digest is made of (SHA-256 of its canonical JSON), so that a reader can compute it again. */
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
    /** SHA-256 of the canonical JSON (RFC 8785) of the sorted names of the jobs that wait. */
    jobNamesDigest: digest,
    /** Of what jobs of the run said they would run; null when nobody said anything. All of it stands in the facts file. */
    proposalsDigest: digest.nullable(),
    /** SHA-256 of the canonical JSON of the workflow's `path` and of the reusable workflows that it calls (`called`). */
    workflowDigest: digest,
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

/** Class and agents by registry id; the facts file has the kinds of what was seen, and commitments to the words. */
const classification = z.strictObject({
  class: z.enum(['agent', 'suspected', 'automation', 'unattributed']),
  agents: z.array(text(100)).max(100),
  /** Version of the built-in registry that was asked; what a policy adds to it stands in that policy. */
  registry: text(50),
});

/** Which policy judged; `invalid` and `unreadable` hold, and nothing is released on them. */
const policy = {
  policyDigest: digest.nullable(),
  policyCommit: commit.nullable(),
  policySource: z.enum(['repository', 'built-in', 'invalid', 'unreadable']),
};

const code = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{8}$/);

const judged = {
  requestDigest: digest,
  code,
  request,
  /** Of a deployment; a pull request has no jobs. */
  jobNames: jobNameList.jobNames.optional(),
  jobCount: jobNameList.jobCount.optional(),
  classification,
  ...policy,
  factsDigest: digest,
};

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

const ended = { requestDigest: digest, headSha: commit, ...reasons };

export const requestSchemas = {
  requested: z.strictObject({ ...head('requested'), ...judged, ...openSeats, decision }),
  /** Out of scope: never called released. */
  passed: z.strictObject({ ...head('passed'), ...judged, ...reasons }),
  /** The first deployment of an environment: from what the change is counted. */
  baseline: z.strictObject({
    ...head('baseline'),
    requestDigest: digest,
    gate,
    headSha: commit,
    source: z.enum(['first-deployment', 'policy']),
    baseSha: commit.nullable(),
    ...reasons,
  }),
  reviewed: z.discriminatedUnion('assurance', [
    z.strictObject({
      ...head('reviewed'),
      ...ofRequest,
      ...answer,
      assurance: attested,
      counts: z.boolean(),
      ...reasons,
    }),
    z.strictObject({ ...head('reviewed'), ...ofRequest, ...answer, ...humanSigned, counts: z.boolean(), ...reasons }),
  ]),
  /** An answer by somebody who could matter that does not count; `requestDigest` is missing when it named no request. */
  refused: z.discriminatedUnion('assurance', [
    z.strictObject({
      ...head('refused'),
      requestDigest: digest.optional(),
      headSha: commit.optional(),
      ...answer,
      assurance: attested,
      ...reasons,
    }),
    z.strictObject({ ...head('refused'), ...ofRequest, ...answer, ...humanSigned, ...reasons }),
  ]),
  rejected: z.strictObject({
    ...head('rejected'),
    ...ended,
    reviewer: account,
    reviewId: text(500),
    factsDigest: digest,
  }),
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
