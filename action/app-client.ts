import { z } from 'zod';
import type { Because } from '../core/gate/decision.ts';
import { API_REASONS } from '../core/gate/api-reasons.ts';
import { because } from '../core/gate/reasons.ts';
import type { Proposal } from '../core/proposal.ts';
import { readAnswer } from './read-answer.ts';

/** What the last step of a job says of how it ended; `seconds` from the first step of ours to the last. */
export interface Outcome {
  /** Lower case. */
  readonly environment: string;
  readonly result: 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly seconds: number;
  /** SHA-256 of the record by which the job was let go, lower-case hex. */
  readonly released?: string;
}

/** How patient a request is. */
export interface Patience {
  readonly tries: number;
  /** Of one try, to the end of the answer. */
  readonly timeoutMs: number;
  readonly wait: (ms: number) => Promise<void>;
}

/** At most 45 seconds in all, beside the tokens (id-token.ts). */
const PATIENT: Patience = { tries: 4, timeoutMs: 10_000, wait };
/** The job is over and waits for us to end. */
const HASTY: Patience = { tries: 3, timeoutMs: 4_000, wait };
const FIRST_PAUSE_MS = 500;

/**
 * Tells the App what would run.
 *
 * @param appUrl of the policy on the default branch, never of the workflow: whoever gets the token is the job there
 * @param idToken a fresh one whenever it is asked, for `appUrl` as audience: each is good for one try
 * @returns null once the App has taken it, otherwise why not
 */
export function sendProposal(
  appUrl: string,
  idToken: () => Promise<string>,
  proposal: Proposal,
  patience = PATIENT,
): Promise<Because | null> {
  return send(`${appUrl}/api/v1/proposals`, idToken, proposal, patience);
}

/** Tells the App how the job ended; the same otherwise. */
export function sendOutcome(
  appUrl: string,
  idToken: () => Promise<string>,
  outcome: Outcome,
  patience = HASTY,
): Promise<Because | null> {
  return send(`${appUrl}/api/v1/outcomes`, idToken, outcome, patience);
}

type Tried =
  | { readonly kind: 'taken' }
  /** Asking again may help. */
  | { readonly kind: 'again'; readonly because: Because }
  | { readonly kind: 'refused'; readonly because: Because };

/** The same body every time: the App takes the same content twice as once, so a lost answer does no harm. */
async function send(
  url: string,
  idToken: () => Promise<string>,
  body: object,
  { tries, timeoutMs, wait: pause }: Patience,
): Promise<Because | null> {
  for (let tried = 1; ; tried += 1) {
    const result = await once(url, await idToken(), JSON.stringify(body), timeoutMs);
    if (result.kind === 'taken') return null;
    if (result.kind === 'refused' || tried >= tries) return result.because;
    await pause(FIRST_PAUSE_MS * 2 ** (tried - 1));
  }
}

async function once(url: string, token: string, body: string, timeoutMs: number): Promise<Tried> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      // The token is for this address and for no other that it might name.
      redirect: 'manual',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    return judge(response.status, await readAnswer(response));
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    return { kind: 'again', because: late ? because('app-slow', {}) : because('app-unreachable', {}) };
  }
}

const taken = z.object({ status: z.literal('taken') });
const problem = z.object({ code: z.string() });

function judge(status: number, answer: unknown): Tried {
  if (status === 200 && taken.safeParse(answer).success) return { kind: 'taken' };
  const code = problem.safeParse(answer).data?.code;
  const known = code !== undefined && isApiCode(code) ? because(code, {}) : null;
  if (status >= 500) {
    const reason = known ?? because('app-unreachable', {});
    // Only its operator can mend that.
    return { kind: reason.code === 'api-off' ? 'refused' : 'again', because: reason };
  }
  return { kind: 'refused', because: known ?? because('app-answer-unknown', {}) };
}

function isApiCode(code: string): code is keyof typeof API_REASONS {
  return Object.hasOwn(API_REASONS, code);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
