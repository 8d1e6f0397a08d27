import { because } from '../core/gate/reasons.ts';
import { begin } from './begin.ts';
import type { Mode } from './io.ts';
import { keep, report, warn } from './report.ts';
import type { RunMode } from './verdict.ts';

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

await begin(
  async (readContext) => {
    const context = readContext();
    keep('mode', context.inputs.mode);
    keep('startedAtMs', String(context.clock.now()));
    const { actionRef } = context.runner;
    // It cannot stop the job: whoever may change our code has it in their hand already. It is said so that a reviewer sees it.
    if (actionRef !== null && !FULL_SHA.test(actionRef)) warn(because('action-not-pinned', { ref: actionRef }));
    const run = await RUN[context.inputs.mode]();
    await report(await run(context), true);
  },
  (verdict) => report(verdict, false),
);
