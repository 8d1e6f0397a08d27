import { systemClock } from '../adapters/clock.ts';
import { GateError } from '../core/errors.ts';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure, forgeFailure } from './failure.ts';
import { readInputs, secretInputs } from './inputs.ts';
import type { Mode } from './io.ts';
import { keep, kept, mask, print, report, warn } from './report.ts';
import { readRunnerContext } from './runner-context.ts';
import type { ActionContext, RunMode, Verdict } from './verdict.ts';

/** Read only when asked for: `gate` stands before every deployment and is not to wait for the others. */
const RUN: Readonly<Record<Mode, () => Promise<RunMode>>> = {
  gate: async () => (await import('./gate.ts')).runGate,
  run: async () => (await import('./run.ts')).runCommand,
  propose: async () => (await import('./propose.ts')).runPropose,
  decide: async () => (await import('./decide.ts')).runDecide,
  close: async () => (await import('./close.ts')).runClose,
  verify: async () => (await import('./verify.ts')).runVerify,
};

const FULL_SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The step and, when the step before it in this job was its own main step, the post step. Never throws. */
async function main(): Promise<void> {
  try {
    if (kept('isPost') === 'true') {
      // A main step that did not get as far as its mode has nothing to close.
      if (kept('mode') !== '') await (await import('./post.ts')).runPost(contextOf());
      return;
    }
    keep('isPost', 'true');
    const context = contextOf();
    keep('mode', context.inputs.mode);
    keep('startedAtMs', String(context.clock.now()));
    const { actionRef } = context.runner;
    // It cannot stop the job: whoever may change our code has it in their hand already. It is said so that a reviewer sees it.
    if (actionRef !== null && !FULL_SHA.test(actionRef)) warn(because('action-not-pinned', { ref: actionRef }));
    const run = await RUN[context.inputs.mode]();
    await report(await run(context), true);
  } catch (error) {
    await report(toVerdict(error), false);
  }
}

/** Secrets are hidden before anything is judged or printed. */
function contextOf(): ActionContext {
  const { env } = process;
  for (const secret of [...secretInputs(env), env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '']) mask(secret);
  const runner = readRunnerContext(env);
  return { runner, inputs: readInputs(env), env, clock: systemClock, print, warn, mask, keep, kept };
}

/** Messages of errors that are not ours may quote anything (a token, a payload): only their class and code are told. */
function toVerdict(error: unknown): Verdict {
  if (error instanceof ActionFailure) return error.verdict;
  if (error instanceof GateError) return forgeFailure(error, 'a call that this mode needs').verdict;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  const what = `${error instanceof Error ? error.constructor.name : typeof error}${code}`;
  return { decision: 'hold', because: [because('action-failed', { what })] };
}

await main().catch(() => {
  // Not even telling worked: a full disk, a closed pipe.
  process.exitCode = 1;
});
