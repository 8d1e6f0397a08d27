import { because } from '../core/gate/reasons.ts';
import { closeRun } from '../flow/close-run.ts';
import type { JobResult } from '../flow/close-run.ts';
import { ActionFailure } from './failure.ts';
import { inputRefused, required } from './inputs.ts';
import { withStandalone } from './standalone.ts';
import type { ActionContext, Verdict } from './verdict.ts';

const RESULTS: readonly JobResult[] = ['success', 'failure', 'cancelled', 'skipped'];

/**
 * Mode `close`, for those who work without the App: the job after the protected one writes down how it ended.
 * @throws {ActionFailure} `gate-not-released`, `outcome-unconfirmed`, `outcome-differs`, and whatever stops `decide`
 */
export async function runClose(context: ActionContext): Promise<Verdict> {
  const { runner, inputs } = context;
  const environment = required(inputs, 'environment');
  const said = required(inputs, 'job-result');
  const result = RESULTS.find((known) => known === said);
  if (result === undefined) throw inputRefused('job-result', `is none of ${RESULTS.join(', ')}`);
  return withStandalone(context, async ({ ports, ref, locate }) => {
    const run = await ports.forge.run(ref, runner.runId);
    if (run.attempt !== runner.attempt) {
      throw new ActionFailure(because('run-attempt-changed', { attempt: runner.attempt, current: run.attempt }));
    }
    const closed = await closeRun(ports, ref, run, { environment, result, job: inputs['protected-job'] || null });
    if (closed.kind === 'refused') throw new ActionFailure(closed.because);
    const code = closed.kind === 'closed' ? 'outcome-recorded' : 'outcome-recorded-before';
    const why = because(code, { environment, conclusion: result });
    return { decision: 'release', because: [why], ...(await locate(closed.record)) };
  });
}
