import { z } from 'zod';
import { account, base64, because, commit, count, digest, gate, head, id, instant, text } from './fields.ts';

/** Records about the log itself, its keys, the policy and the access to the repository. */

const origin = z.string().regex(/^[a-z0-9.-]+(?::\d{1,5})?\/[1-9]\d*\/[1-9]\d*\/[1-9]\d*$/);
const verifierKey = text(500);

export const logSchemas = {
  'log-opened': z.strictObject({
    ...head('log-opened'),
    log: z.strictObject({
      format: z.literal(1),
      origin,
      generation: id,
      keys: z.strictObject({ record: verifierKey, checkpoint: verifierKey }),
      /** The last checkpoint of the log that this one continues, after its branch was rewritten. */
      previous: z.strictObject({ origin, size: count, root: base64 }).optional(),
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
  /** Signed by the old and by the new key, each over the other's vkey. */
  'key-changed': z.strictObject({
    ...head('key-changed'),
    role: z.enum(['record', 'checkpoint']),
    before: verifierKey,
    after: verifierKey,
    signatures: z.strictObject({ before: base64, after: base64 }),
  }),
  'credential-enrolled': z.strictObject({
    ...head('credential-enrolled'),
    reviewer: account,
    format: z.enum(['webauthn', 'sshsig']),
    credentialDigest: digest,
    enrolledBy: account,
    validFrom: instant,
  }),
  drift: z.strictObject({
    ...head('drift'),
    what: z.enum(['evidence-branch', 'settings', 'installation']),
    expectedHead: commit.optional(),
    foundHead: commit.optional(),
    by: account.optional(),
    because,
  }),
  repaired: z.strictObject({
    ...head('repaired'),
    expectedHead: commit,
    /** Missing when the branch was deleted. */
    foundHead: commit.optional(),
    by: account.optional(),
    because,
  }),
  reconciled: z.strictObject({
    ...head('reconciled'),
    requestDigest: digest.optional(),
    gate: gate.optional(),
    because,
  }),
  heartbeat: z.strictObject({
    ...head('heartbeat'),
    openRequests: count,
    /** Answers of people who could not matter since the last heartbeat: counted, never recorded one by one (invariant 9). */
    strangersAnswers: count,
  }),
};
