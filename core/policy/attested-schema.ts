import { z } from 'zod';

/** `https` alone, except on this machine: an OIDC token goes there. Without a path and without a slash at the end. */
const service = z
  .string()
  .max(300)
  .regex(
    /^(?:https:\/\/[a-z0-9.-]+|http:\/\/(?:127\.0\.0\.1|localhost))(?::\d{1,5})?$/,
    'A Sigstore service is https://host without a path.',
  );

/** A Sigstore of one's own, for those who attest by it. */
export const sigstoreSchema = z
  .strictObject({
    'fulcio-url': service,
    'rekor-url': service.optional(),
    /** Entries of version 2 carry no time, so it needs a timestamp authority beside it. */
    'rekor-version': z.literal([1, 2], { error: 'rekor-version is 1 or 2.' }).optional(),
    'tsa-url': service.optional(),
  })
  .refine(
    (value) => value['tsa-url'] !== undefined || (value['rekor-url'] !== undefined && value['rekor-version'] !== 2),
    'Nothing here says when a signature was made: name tsa-url, or rekor-url of version 1.',
  )
  .refine(
    (value) => value['rekor-version'] === undefined || value['rekor-url'] !== undefined,
    'rekor-version says nothing without rekor-url.',
  );

/**
 * Which code must have signed a decision beside the log's key, and whose certificates say so. Everything is compared as it
 * stands here, never as a pattern.
 */
export const attestedSchema = z.strictObject({
  /** Of the deciding job, at the full commit at which the callers name it. */
  workflow: z
    .string()
    .max(400)
    .regex(
      /^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+\/\.github\/workflows\/[A-Za-z0-9_.-]+\.ya?ml@[0-9a-f]{40}$/,
      'workflow is owner/name/.github/workflows/file.yml@<full commit SHA>.',
    ),
  /** Below `.github/`, where the rules that guard the policy guard it too. */
  root: z
    .string()
    .max(200)
    .regex(
      /^\.github\/(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*$/,
      'root is the path of a file below .github/.',
    ),
  runners: z
    .enum(['github-hosted', 'self-hosted'], { error: 'runners is "github-hosted" or "self-hosted".' })
    .optional(),
});

export type Attested = z.output<typeof attestedSchema>;
export type DeclaredSigstore = z.output<typeof sigstoreSchema>;
