import { z } from 'zod';
import { account, base64, commit, count, digest, gate, head, id, reasons, verifierKey } from './fields.ts';

/** Records about the log itself, the policy and the access to the repository. */

const origin = z.string().regex(/^[a-z0-9.-]+(?::\d{1,5})?\/[1-9]\d*\/[1-9]\d*\/[1-9]\d*$/);

export const logSchemas = {
  'log-opened': z.strictObject({
    ...head('log-opened'),
    log: z.strictObject({
      format: z.literal(1),
      origin,
      generation: id,
      keys: z.strictObject({ record: verifierKey, checkpoint: verifierKey }),
      /** Written by jobs of workflows and not by the App; the origin's installation id is 1 then, and only then. */
      sealedBy: z.literal('workflow').optional(),
      /** The last checkpoint of the log that this one continues, after its branch was rewritten. */
      previous: z.strictObject({ origin, size: count, root: base64(44) }).optional(),
    }),
  }),
  /** The former text is named as `beforeDigest`: an earlier record of this log need not hold it. */
  'policy-changed': z.strictObject({
    ...head('policy-changed'),
    policyDigest: digest.nullable(),
    policyCommit: commit.nullable(),
    policySource: z.enum(['repository', 'built-in', 'invalid', 'unreadable']),
    beforeDigest: digest.nullable(),
    beforeCommit: commit.nullable(),
    by: account.optional(),
  }),
  drift: z.strictObject({
    ...head('drift'),
    what: z.enum(['evidence-branch', 'settings', 'installation']),
    expectedHead: commit.optional(),
    foundHead: commit.optional(),
    by: account.optional(),
    ...reasons,
  }),
  repaired: z.strictObject({
    ...head('repaired'),
    expectedHead: commit,
    /** Missing when the branch was deleted. */
    foundHead: commit.optional(),
    by: account.optional(),
    ...reasons,
  }),
  /**
   * From this record on `facts/<expungedDigest>.json` is not on the branch, whoever names it. Record bytes are never
   * expunged: they hold numeric ids and logins only. Two people: who asked, and who agreed.
   */
  expunged: z
    .strictObject({ ...head('expunged'), expungedDigest: digest, by: account, approvedBy: account, ...reasons })
    .refine(({ by, approvedBy }) => by.id !== approvedBy.id, {
      path: ['approvedBy'],
      error: 'the same person as by',
    }),
  reconciled: z.strictObject({
    ...head('reconciled'),
    requestDigest: digest.optional(),
    gate: gate.optional(),
    ...reasons,
  }),
  heartbeat: z.strictObject({
    ...head('heartbeat'),
    openRequests: count,
    /** Answers of people who could not matter since the last heartbeat: counted, never recorded one by one (invariant 9). */
    strangersAnswers: count,
  }),
};
