import { z } from 'zod';
import { account, base64, commit, count, digest, head, reasons, verifierKey } from './fields.ts';

/** Records about the keys of the log and of people. */

const enrolment = { ...head('credential-enrolled'), reviewer: account };

/** How it was known that the key is the reviewer's: somebody said so. */
const byPerson = { enrolledBy: account, source: z.enum(['signed-in', 'github-signing-key', 'administrator']) };

/** The policy on the default branch names the key; who changed it is in the history of that branch. */
const byPolicy = { source: z.literal('policy'), policyDigest: digest, policyCommit: commit };

const sshKey = {
  format: z.literal('sshsig'),
  /** The public key as on the wire (RFC 4253 section 6.6), without comment: that would be a mail address. */
  sshsig: z.strictObject({ publicKey: base64(1_400) }),
};

/** Scheme, host and port, as a browser writes them into `clientDataJSON`. */
const webOrigin = z
  .string()
  .max(300)
  .regex(/^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/);

export const keySchemas = {
  /** Both sign the same text, which names both keys: whoever stole one of them cannot change it alone. */
  'key-changed': z.strictObject({
    ...head('key-changed'),
    role: z.enum(['record', 'checkpoint']),
    before: verifierKey,
    after: verifierKey,
    /** The key before was no longer alone ours from this index on. */
    revokedFrom: count.optional(),
    signatures: z.strictObject({ before: base64(200), after: base64(200) }),
  }),
  /** A person's key that may sign reviews from the next record on, named by the SHA-256 of this record. */
  'credential-enrolled': z.discriminatedUnion('format', [
    z.strictObject({
      ...enrolment,
      ...byPerson,
      format: z.literal('webauthn'),
      webauthn: z.strictObject({
        /** SHA-256 of the credential id. */
        credentialIdDigest: digest,
        algorithm: z.enum(['ed25519', 'ed448', 'p256', 'p384', 'p521', 'rs256', 'rs512']),
        /** SubjectPublicKeyInfo, DER. */
        publicKey: base64(1_400),
        rpId: z
          .string()
          .max(253)
          .regex(/^[a-z0-9.-]+$/),
        origins: z.array(webOrigin).min(1).max(10),
      }),
    }),
    z.discriminatedUnion('source', [
      z.strictObject({ ...enrolment, ...byPerson, ...sshKey }),
      z.strictObject({ ...enrolment, ...byPolicy, ...sshKey }),
    ]),
  ]),
  /** What this enrolment signs from here on counts for nothing. */
  'credential-revoked': z.strictObject({
    ...head('credential-revoked'),
    enrolledDigest: digest,
    by: account.optional(),
    ...reasons,
  }),
};
