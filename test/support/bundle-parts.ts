import { z } from 'zod';

const bundleSchema = z.looseObject({
  verificationMaterial: z.looseObject({ tlogEntries: z.array(z.looseObject({})) }),
  dsseEnvelope: z.looseObject({ payload: z.string(), signatures: z.tuple([z.looseObject({ sig: z.string() })]) }),
});

const statementSchema = z.looseObject({
  subject: z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })),
  predicateType: z.string(),
  predicate: z.looseObject({ record: z.looseObject({ index: z.int(), sha256: z.string() }) }),
});

export type BundleParts = z.output<typeof bundleSchema>;

export function bundleParts(bundle: string): BundleParts {
  return bundleSchema.parse(JSON.parse(bundle));
}

/** The statement in a bundle, read without the product. */
export function statementIn(bundle: string): z.output<typeof statementSchema> {
  const payload = Buffer.from(bundleParts(bundle).dsseEnvelope.payload, 'base64').toString('utf8');
  return statementSchema.parse(JSON.parse(payload));
}

/** The same statement with something else in its predicate, as bytes to sign. */
export function changedStatement(bundle: string, change: Readonly<Record<string, unknown>>): Uint8Array {
  const statement = statementIn(bundle);
  return Buffer.from(JSON.stringify({ ...statement, predicate: { ...statement.predicate, ...change } }));
}
