import { COMMON_ACTIONS } from './common-actions.ts';
import { fill, fillAll, holds, type Scope, type Status } from './expression.ts';
import { JobMachine, type JobOptions } from './job-machine.ts';
import type { ActionRun } from './run-action.ts';
import type { StepRun } from './run-step.ts';
import type { WorkflowStep } from './workflow-file.ts';
import type { Ending } from './workflow-plan.ts';

export interface StepResult {
  readonly id: string | null;
  /** Its name, else what it uses or runs. */
  readonly name: string;
  readonly outcome: Status;
  /** As the job sees it: `continue-on-error` makes a success of a failure. */
  readonly conclusion: Status;
  readonly outputs: Readonly<Record<string, string>>;
  /** What was run; null: nothing had to be. */
  readonly run: StepRun | null;
  /** Why a step that runs no process failed. */
  readonly problem: string | null;
  post: ActionRun | null;
}

export interface JobResult extends Ending {
  readonly name: string;
  readonly steps: readonly StepResult[];
}

/** Our Action under any name and version, or from the checkout. */
const OWN_ACTION = /^(?:\.\/?|countersign\/[\w-]+(?:@.*)?)$/;

/** Runs the steps of a job that the sandbox let begin, then the post steps, last one first. */
export async function runJob(options: JobOptions): Promise<JobResult> {
  const { planned } = options;
  const machine = new JobMachine(options);
  const results: StepResult[] = [];
  const posts: (() => Promise<void>)[] = [];
  let status: Status = 'success';
  const current = (): Status => (options.cancel.aborted ? 'cancelled' : status);
  for (const step of planned.job.steps) {
    const scope = machine.scope(results, current());
    const name = step.name ?? step.uses ?? step.run?.split('\n')[0] ?? '';
    const result = await oneStep(machine, step, { name: fill(name, scope), scope });
    results.push(result);
    if (result.conclusion === 'failure') status = 'failure';
    const { run } = result;
    if (run !== null && step.uses !== undefined && OWN_ACTION.test(step.uses)) {
      posts.unshift(async () => {
        result.post = await machine.own(step, machine.scope(results, current()), run);
        if (result.post.exitCode !== 0) status = 'failure';
      });
    }
  }
  for (const post of posts) await post();
  const outputs = fillAll(planned.job.outputs ?? {}, machine.scope(results, current()));
  // What holds a secret does not leave the job.
  const clean = Object.entries(outputs).filter(([, value]) => !machine.isSecret(value));
  return { name: planned.name, result: current(), steps: results, outputs: Object.fromEntries(clean) };
}

async function oneStep(
  machine: JobMachine,
  step: WorkflowStep,
  { name, scope }: { readonly name: string; readonly scope: Scope },
): Promise<StepResult> {
  const base = { id: step.id ?? null, name, outputs: {}, run: null, problem: null, post: null };
  if (!holds(step.if, scope)) return { ...base, outcome: 'skipped', conclusion: 'skipped' };
  const forgiven = step['continue-on-error'] !== undefined && fill(step['continue-on-error'], scope) === 'true';
  const failed = { outcome: 'failure', conclusion: forgiven ? 'success' : 'failure' } as const;
  const passed = { outcome: 'success', conclusion: 'success' } as const;
  const common = COMMON_ACTIONS[step.uses?.split('@')[0] ?? ''];
  if (common !== undefined) {
    try {
      return { ...base, ...passed, outputs: await common(machine.commonStep(step, scope)) };
    } catch (error) {
      return { ...base, ...failed, problem: error instanceof Error ? error.message : String(error) };
    }
  }
  // Tools are on the machine already.
  if (step.uses !== undefined && !OWN_ACTION.test(step.uses)) return { ...base, ...passed };
  const run = step.uses === undefined ? await machine.script(step, scope) : await machine.own(step, scope);
  machine.keep(run);
  return { ...base, ...(run.exitCode === 0 ? passed : failed), outputs: run.outputs, run };
}
