import { z } from 'zod';
import {
  account,
  anyJobs,
  commit,
  commitment,
  count,
  digest,
  filledSeats,
  gate,
  head,
  id,
  instant,
  someJobs,
  reasons,
  text,
} from './fields.ts';
import { releasedPullRequest } from './request-schemas.ts';

/** Records of the release protocol (docs/design.md 4.2) and of what happened outside it. */

/** How a job may end, in the words of `needs.<job>.result`. */
export const RESULTS = ['success', 'failure', 'cancelled', 'skipped'] as const;

const MOST_AUTHORISED_MS = 10 * 60 * 1_000;

/** Names one authorisation and its gate; a verifier holds both against the `authorised` record. */
const ofAuthorisation = { requestDigest: digest, authorisedDigest: digest, gate };

const releasedDeployment = z.strictObject({
  ...head('released'),
  /** `answered`: GitHub accepted our call; `observed`: its reply was lost, and it was seen to have taken effect. */
  how: z.enum(['answered', 'observed']),
  ...ofAuthorisation,
  headSha: commit,
  observedAt: instant,
});

/** Of a log that a workflow writes: nobody is answered, so the decision itself lets the job go that needs the deciding one. */
const releasedByWorkflow = z.strictObject({
  ...head('released'),
  how: z.literal('workflow'),
  sealedBy: z.literal('workflow'),
  requestDigest: digest,
  gate,
  headSha: commit,
  seats: filledSeats,
  policyDigest: digest,
  factsDigest: digest,
  observedAt: instant,
});

export const releaseSchemas = {
  authorised: z
    .strictObject({
      ...head('authorised'),
      requestDigest: digest,
      gate,
      ...someJobs,
      headSha: commit,
      notAfter: instant,
      seats: filledSeats,
      policyDigest: digest,
      factsDigest: digest,
    })
    .refine(
      ({ at, notAfter }) => {
        const validMs = Date.parse(notAfter) - Date.parse(at);
        return validMs > 0 && validMs <= MOST_AUTHORISED_MS;
      },
      { path: ['notAfter'], error: 'not within ten minutes' },
    ),
  released: z.discriminatedUnion('how', [releasedDeployment, releasedPullRequest, releasedByWorkflow]),
  void: z.strictObject({ ...head('void'), ...ofAuthorisation, ...reasons }),
  misapplied: z.strictObject({ ...head('misapplied'), ...ofAuthorisation, observedAttempt: id, ...reasons }),
  revoked: z.strictObject({
    ...head('revoked'),
    requestDigest: digest,
    headSha: commit,
    releasedDigest: digest,
    /** Missing where GitHub does not say who withdrew what the release rested on. */
    by: account.optional(),
    ...reasons,
    /** What was judged when it was withdrawn. */
    factsDigest: digest,
  }),
  bypassed: z
    .strictObject({
      ...head('bypassed'),
      requestDigest: digest.optional(),
      /** A deployment's gate, or the number of a pull request that was merged while it was held. */
      gate: gate.optional(),
      pullRequest: id.optional(),
      ...anyJobs,
      headSha: commit,
      by: account.optional(),
      ...reasons,
      /** The whole list of jobs, where it did not fit. */
      factsDigest: digest.optional(),
    })
    .refine(({ gate: passed, pullRequest }) => (passed === undefined) !== (pullRequest === undefined), {
      error: 'exactly one of gate and pullRequest',
    }),
  'break-glass': z.strictObject({
    ...head('break-glass'),
    requestDigest: digest,
    gate,
    headSha: commit,
    by: account,
    rule: text(200),
    reasonCommitment: commitment,
    reviewBefore: instant,
  }),
  outcome: z
    .strictObject({
      ...head('outcome'),
      requestDigest: digest,
      gate,
      jobs: someJobs.jobs.optional(),
      jobCount: someJobs.jobCount.optional(),
      jobsDigest: someJobs.jobsDigest.optional(),
      /** As GitHub says it: `success`, `failure`, `cancelled`, … */
      conclusion: z.string().regex(/^[a-z_]{1,40}$/),
      headSha: commit,
      releasedDigest: digest,
      /** What the runner said, when it said anything; `conclusion` is GitHub's word and decides. */
      reported: z.strictObject({ result: z.enum(RESULTS), seconds: count }).optional(),
      /** A closing job of a workflow is told how the released job ended, and not which it was. */
      sealedBy: z.literal('workflow').optional(),
    })
    .refine(
      ({ jobs, jobCount, jobsDigest, sealedBy }) =>
        [jobs, jobCount, jobsDigest].every((field) => (field === undefined) === (sealedBy === 'workflow')),
      { error: 'either the jobs or sealedBy' },
    ),
};
