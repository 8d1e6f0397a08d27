import type { GateError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { toGateError } from './forge-error.ts';

/** A read is tried this often; a write once, because a second one could take effect twice. */
const READ_TRIES = 3;

/** A longer wait is the job's, not the call's: the worker asks again later. */
const MAX_WAIT_MS = 5_000;

export interface TryOptions {
  readonly clock: Clock;
  /** Waits between two tries of a read. */
  readonly sleep?: ((ms: number) => Promise<void>) | undefined;
  /** 0 ≤ n < 1; spreads the tries. */
  readonly random?: (() => number) | undefined;
}

/** Sends one call, a read more than once where that may help. @throws {GateError} ERR_FORGE_* */
export type Send = <T>(what: string, mutates: boolean, once: () => Promise<T>) => Promise<T>;

export function createSend({ clock, sleep = wait, random = Math.random }: TryOptions): Send {
  return async (what, mutates, once) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await once();
      } catch (error) {
        const failure = toGateError(error, { what, mutates, now: clock.now() });
        const waitMs = mutates || tries === READ_TRIES ? null : waitBefore(failure, tries, random());
        if (waitMs === null) throw failure;
        await sleep(waitMs);
      }
    }
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** How long to wait before this read is tried again, or null when that would not help. */
function waitBefore(failure: GateError, tries: number, random: number): number | null {
  const asked = (failure.retryAfterSeconds ?? 0) * 1000;
  const waitMs = asked + Math.round(200 * 2 ** tries * (0.5 + random));
  const passes = failure.code === 'ERR_FORGE_UNAVAILABLE' || failure.code === 'ERR_FORGE_RATE_LIMITED';
  return passes && waitMs <= MAX_WAIT_MS ? waitMs : null;
}
