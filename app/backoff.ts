import { GateError } from '../core/errors.ts';

const FIRST_MS = 1_000;
const LONGEST_MS = 5 * 60_000;
/** GitHub's primary limit resets within the hour; what asks for more is not believed. */
const LONGEST_ASKED_MS = 60 * 60_000;

/**
 * How long to wait before the next try: doubles from one second to five minutes, spread over its upper half so that jobs
 * which failed together do not come back together. Where the other side said how long, never less than that.
 *
 * @param tries tries so far, from 1
 * @param random from 0 to below 1
 * @returns milliseconds
 */
export function backoffMs(tries: number, error: unknown, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1));
  const own = Math.round(full / 2 + (full / 2) * random);
  const asked = error instanceof GateError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  return Math.max(own, Math.min(LONGEST_ASKED_MS, asked));
}
