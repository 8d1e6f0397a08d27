import { z } from 'zod';
import { SigstoreError } from './ask-service.ts';
import type { SigstoreService } from './ask-service.ts';

/*
 * What the services answer, of which only these fields are used. They go into the bundle as they are: whoever verifies it
 * believes none of them.
 */

const base64 = z.base64().max(200_000);
const hex = z.string().regex(/^(?:[0-9a-f]{2}){1,64}$/);
const whole = z.int().nonnegative();
const digits = z.string().regex(/^\d{1,20}$/);

const chain = z.object({
  chain: z.object({ certificates: z.array(z.string().max(20_000)).min(1) }),
});

/** Fulcio, `POST /api/v2/signingCert`. */
export const signingCertificate = z
  .union([z.object({ signedCertificateEmbeddedSct: chain }), z.object({ signedCertificateDetachedSct: chain })])
  .transform((answer) => {
    const found =
      'signedCertificateEmbeddedSct' in answer
        ? answer.signedCertificateEmbeddedSct
        : answer.signedCertificateDetachedSct;
    return found.chain.certificates[0] ?? '';
  });

const entry = z.object({
  body: base64,
  integratedTime: whole,
  logID: hex,
  logIndex: whole,
  verification: z.object({
    signedEntryTimestamp: base64,
    inclusionProof: z.object({
      checkpoint: z.string().max(10_000),
      hashes: z.array(hex).max(64),
      logIndex: whole,
      rootHash: hex,
      treeSize: whole,
    }),
  }),
});

/** Rekor, `POST /api/v1/log/entries`: one entry under its id. */
export const rekorEntry = z
  .record(z.string(), entry)
  .transform((entries) => Object.values(entries))
  .pipe(z.tuple([entry]))
  .transform(([only]) => only);

/** Rekor, `POST /api/v2/log/entries`: the entry in the very form that a bundle has. */
export const rekorEntryV2 = z.object({
  logIndex: digits,
  logId: z.object({ keyId: base64 }),
  kindVersion: z.object({ kind: z.literal('dsse'), version: z.string().max(20) }),
  inclusionProof: z.object({
    logIndex: digits,
    rootHash: base64,
    treeSize: digits,
    hashes: z.array(base64).max(64),
    checkpoint: z.object({ envelope: z.string().max(10_000) }),
  }),
  canonicalizedBody: base64,
});

/** @throws {SigstoreError} for what is no JSON of this form */
export function parseAnswer<T>(service: SigstoreService, schema: z.ZodType<T>, bytes: Uint8Array): T {
  const parsed = schema.safeParse(parseJson(bytes));
  if (!parsed.success) throw new SigstoreError(service, 'its answer has a form that is not known');
  return parsed.data;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
