import { z } from 'zod';
import { base64, digest } from './fields.ts';

/**
 * A person's own signature over the review statement. Only its shape is held here; that it verifies, with a key that was
 * enrolled earlier in the same log, is what a verifier checks (docs/evidence-format.md, "Human signatures").
 */
const human = z.discriminatedUnion('format', [
  z.strictObject({
    format: z.literal('webauthn'),
    /** SHA-256 of the bytes of the `credential-enrolled` record. */
    enrolledDigest: digest,
    /** The exact bytes of the review statement: their SHA-256 is the challenge. */
    statement: base64(1_400),
    signature: base64(700),
    authenticatorData: base64(700),
    clientDataJSON: base64(1_400),
  }),
  z.strictObject({
    format: z.literal('sshsig'),
    enrolledDigest: digest,
    statement: base64(1_400),
    /** The SSHSIG blob without its armour. */
    signature: base64(2_000),
  }),
]);

/** The two fields go together: no other assurance has a signature, and none claims to be `human-signed` without one. */
export const humanSigned = { assurance: z.literal('human-signed'), human };
