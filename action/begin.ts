import { systemClock } from '../adapters/clock.ts';
import { GateError } from '../core/errors.ts';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure, forgeFailure } from './failure.ts';
import { readInputs, secretInputs } from './inputs.ts';
import { keep, kept, mask, print, warn } from './report.ts';
import { readRunnerContext } from './runner-context.ts';
import { useProxy } from './use-proxy.ts';
import type { ActionContext, Verdict } from './verdict.ts';

/**
 * Runs one step to its end. Secrets are hidden before anything is judged or printed.
 *
 * @param fail told of whatever is thrown; a step that cannot even tell that fails too (a full disk, a closed pipe)
 */
export async function begin(
  step: (readContext: () => ActionContext) => Promise<void>,
  fail: (verdict: Verdict) => Promise<void> | void,
): Promise<void> {
  try {
    try {
      await step(readContext);
    } catch (error) {
      await fail(toVerdict(error));
    }
  } catch {
    process.exitCode = 1;
  }
}

/** @throws {ActionFailure} for what the runner or the workflow did not set as it has to be */
function readContext(): ActionContext {
  const { env } = process;
  for (const secret of [...secretInputs(env), env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '']) mask(secret);
  useProxy(env);
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
