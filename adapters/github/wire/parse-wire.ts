import type { z } from 'zod';
import { GateError } from '../../../core/errors.ts';
import type { Effect } from '../../../core/errors.ts';

/**
 * What GitHub answered, as far as it is used; further fields are dropped. The message names the fields that do not fit,
 * never their values.
 * @throws {GateError} ERR_FORGE_SHAPE
 */
export function parseWire<T>(schema: z.ZodType<T>, data: unknown, what: string, effect: Effect = 'none'): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.map(String).join('.') || '(whole)'))];
  const shown = fields.slice(0, 5).join(', ');
  throw new GateError('ERR_FORGE_SHAPE', `${what} answered in an unknown shape at ${shown}`, { effect });
}
