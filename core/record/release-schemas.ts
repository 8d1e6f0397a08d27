import { z } from 'zod';
import {
  account,
  because,
  commit,
  commitment,
  digest,
  filledSeats,
  gate,
  head,
  id,
  instant,
  job,
  text,
} from './fields.ts';
import { releasedPullRequest } from './request-schemas.ts';

/** Records of the release protocol (docs/design.md 4.2) and of what happened outside it. */

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

export const releaseSchemas = {
  authorised: z
    .strictObject({
      ...head('authorised'),
      requestDigest: digest,
      gate,
      jobs: z.array(job).min(1),
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
  released: z.discriminatedUnion('how', [releasedDeployment, releasedPullRequest]),
  void: z.strictObject({ ...head('void'), ...ofAuthorisation, because }),
  misapplied: z.strictObject({ ...head('misapplied'), ...ofAuthorisation, observedAttempt: id, because }),
  revoked: z.strictObject({
    ...head('revoked'),
    requestDigest: digest,
    headSha: commit,
    releasedDigest: digest,
    /** Missing where GitHub does not say who withdrew what the release rested on. */
    by: account.optional(),
    because,
  }),
  bypassed: z
    .strictObject({
      ...head('bypassed'),
      requestDigest: digest.optional(),
      /** A deployment's gate, or the number of a pull request that was merged while it was held. */
      gate: gate.optional(),
      pullRequest: id.optional(),
      jobs: z.array(job),
      headSha: commit,
      by: account.optional(),
      because,
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
  outcome: z.strictObject({
    ...head('outcome'),
    requestDigest: digest,
    gate,
    jobs: z.array(job).min(1),
    /** As GitHub says it: `success`, `failure`, `cancelled`, … */
    conclusion: z.string().regex(/^[a-z_]{1,40}$/),
    headSha: commit,
    releasedDigest: digest,
  }),
};
