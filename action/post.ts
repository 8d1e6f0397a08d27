import { z } from 'zod';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import { sendOutcome } from './app-client.ts';
import type { Outcome } from './app-client.ts';
import { ActionFailure } from './failure.ts';
import { mayAskForIdToken, requestIdToken } from './id-token.ts';
import type { ActionContext, KeptGate } from './verdict.ts';

/** Of `KeptGate`, what is needed here. Written by our own main step, but every step of the job can write to that file. */
const keptGate = z.object({
  environment: z.string().min(1),
  recordDigest: z.string().regex(/^[0-9a-f]{64}$/),
  appUrl: z.string().nullable(),
} satisfies Partial<Record<keyof KeptGate, z.ZodType>>);

const status = z.enum(['success', 'failure', 'cancelled']);

/** It needs nothing of the repository or the run: the App takes those from the token. */
type PostContext = Omit<ActionContext, 'runner' | 'keep'>;

/**
 * After the job: tells the App how it ended, where a gate let it go and the App is used. The App writes down what GitHub says
 * in any case; this adds the runner's own word. So it never fails a job: what goes wrong is a warning.
 */
export async function runPost(context: PostContext): Promise<void> {
  const { kept, print, warn } = context;
  const gate = keptGate.safeParse(parseJson(kept('gate'))).data;
  if (gate === undefined || gate.appUrl === null) return;
  const result = status.safeParse(context.inputs['job-status']).data;
  if (result === undefined) return print('The runner does not say how the job ended; the App reads it from GitHub.');
  if (!mayAskForIdToken(context)) {
    return print('Without `permissions: id-token: write` the App reads from GitHub alone how the job ended.');
  }
  const outcome = { environment: gate.environment, result, seconds: secondsOf(context), released: gate.recordDigest };
  const refused = await tell(context, gate.appUrl, outcome);
  if (refused !== null) warn(refused);
}

async function tell(context: PostContext, appUrl: string, outcome: Outcome): Promise<Because | null> {
  try {
    return await sendOutcome(appUrl, () => requestIdToken(context, appUrl), outcome);
  } catch (error) {
    if (error instanceof ActionFailure) return error.because;
    return because('action-failed', { what: error instanceof Error ? error.constructor.name : typeof error });
  }
}

function secondsOf({ clock, kept }: PostContext): number {
  const started = Number(kept('startedAtMs'));
  const seconds = Math.round((clock.now() - started) / 1000);
  return Number.isSafeInteger(seconds) && started > 0 && seconds > 0 ? seconds : 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
