import { GateError } from '../core/errors.ts';

/**
 * An error as fields of a log line. Messages of our own errors are written for the log; those of all others may quote
 * anything (a payload, a token), so only their kind and place are told.
 */
export function describeError(error: unknown): { readonly code: string; readonly detail: string } {
  if (error instanceof GateError) return { code: error.code, detail: error.message };
  if (!(error instanceof Error)) return { code: 'unexpected', detail: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const place = /^\s+at .*$/m.exec(error.stack ?? '')?.[0].trim() ?? '';
  return { code, detail: place };
}
