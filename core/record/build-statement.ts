import { z } from 'zod';
import { GateError } from '../errors.ts';
import { MAX_RECORD_BYTES, PREDICATE_TYPE, STATEMENT_TYPE } from '../evidence/kinds.ts';
import { commit, digest } from './fields.ts';
import { recordSchemas } from './schemas.ts';
import type { Predicate } from './schemas.ts';

const subjectSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal(['request', 'repository']), digest: z.strictObject({ sha256: digest }) }),
  z.strictObject({ name: z.literal('commit'), digest: z.strictObject({ gitCommit: commit }) }),
]);

/** A record around its predicate, which `recordSchemas` checks. */
export const frameSchema = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(subjectSchema).min(1).describe('What the record is about, by digest.'),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.looseObject({}),
});

/** What a record is about, by digest (in-toto `subject`). */
export type Subject = z.infer<typeof subjectSchema>;

/**
 * Makes the exact bytes that are signed and become the leaf: an in-toto Statement v1, pretty-printed, in the order of the
 * schema. Reading them and printing them again gives the same bytes.
 *
 * @throws {GateError} ERR_INPUT when the predicate does not fit its schema or the record would exceed 65,535 bytes; its
 *   message names fields, never their values
 * @see docs/evidence-format.md
 */
export function buildStatement(predicate: Predicate, subject: readonly Subject[]): Uint8Array {
  const statement = {
    _type: STATEMENT_TYPE,
    subject: parse(z.array(subjectSchema).min(1), subject, 'a subject'),
    predicateType: PREDICATE_TYPE,
    predicate: parse(recordSchemas[predicate.kind], predicate, `a record of kind ${predicate.kind}`),
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(statement, null, 2)}\n`);
  if (bytes.length > MAX_RECORD_BYTES) {
    throw new GateError('ERR_INPUT', `a record of kind ${predicate.kind} is too long: ${bytes.length} bytes`);
  }
  return bytes;
}

function parse(schema: z.ZodType, value: unknown, what: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')} (${issue.code})`);
  throw new GateError('ERR_INPUT', `not ${what}: ${issues.join(', ')}`);
}
