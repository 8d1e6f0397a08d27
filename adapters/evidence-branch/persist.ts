import { GateError } from '../../core/errors.ts';

/** Waiting and chance, handed in. */
export interface Patience {
  /** Resolves after so many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  /** From 0 to below 1: spreads those who failed together. */
  readonly random: () => number;
}

export type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** Go on at once. */
  | { readonly kind: 'moved' }
  /** Go on after a pause that is nobody's fault. */
  | { readonly kind: 'pause' }
  /** Somebody else was faster, or the reply was a no that only reading again explains. */
  | { readonly kind: 'retry' };

/** About as long as a commit takes: what another process is sending has usually arrived by then. */
const PAUSE_MS = 1_000;
const FIRST_MS = 100;
const LONGEST_MS = 5_000;
/** In a row, without any progress: about 20 seconds. Whoever waits for the log tries again by itself later. */
const MAX_TRIES = 10;

/**
 * Repeats an attempt until it is done, with pauses that double and are spread by chance.
 *
 * @param reached what has been achieved so far, by whomever: as long as it changes, the tries are counted afresh, so that
 *   a process that keeps losing races to others who get on does not give up
 * @throws {GateError} what the attempt throws, where trying again at once cannot help; after the last try that try's
 *   error, or ERR_LOG_BUSY
 */
export async function persist<T>(
  patience: Patience,
  attempt: () => Promise<Attempt<T>>,
  reached: () => string = () => '',
): Promise<T> {
  const busy = new GateError('ERR_LOG_BUSY', 'the evidence branch kept changing', { effect: 'unknown' });
  let last = busy;
  let before = reached();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    let outcome: Attempt<T>;
    try {
      outcome = await attempt();
      last = busy;
    } catch (error) {
      if (!isPassing(error)) throw error;
      last = error.code === 'ERR_STORE_CONFLICT' ? busy : error;
      outcome = { kind: 'retry' };
    }
    if (outcome.kind === 'done') return outcome.value;
    if (reached() !== before) {
      before = reached();
      tries = 0;
    }
    if (outcome.kind === 'pause') await patience.wait(spread(PAUSE_MS, patience.random()));
    if (outcome.kind === 'retry') {
      await patience.wait(spread(Math.min(LONGEST_MS, FIRST_MS * 2 ** tries), patience.random()));
    }
  }
  throw last;
}

/** Lost replies, 5xx and lost races pass; a limit, a missing permission or drift does not pass within seconds. */
function isPassing(error: unknown): error is GateError {
  return error instanceof GateError && (error.code === 'ERR_FORGE_UNAVAILABLE' || error.code === 'ERR_STORE_CONFLICT');
}

function spread(ms: number, chance: number): number {
  return Math.round(ms / 2 + (ms / 2) * chance);
}
