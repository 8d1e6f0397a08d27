import type { RepositoryFacts, RepositoryRef, RunFacts, WaitingJob } from '../core/facts.ts';
import type { Ports } from '../core/ports.ts';
import type { Gates } from './gates.ts';
import { boundedJobName } from './job-name.ts';
import type { Report } from './report.ts';
import type { GateState } from './state.ts';

/** One look at one run: everything that its steps need. */
export interface RunLook {
  readonly ports: Ports;
  readonly report: Report;
  readonly ref: RepositoryRef;
  readonly repository: RepositoryFacts;
  readonly run: RunFacts;
  /** Jobs of the run's current attempt that wait, at whatever environment. */
  readonly waiting: readonly WaitingJob[];
  readonly gates: Gates;
}

/** Jobs of the gate's attempt that wait at it now. */
export function waitingAt(look: RunLook, gate: GateState): readonly WaitingJob[] {
  return look.run.attempt === gate.attempt ? waitingIn(look, gate.environment) : [];
}

/**
 * Jobs that wait in an environment and that no answer of ours has let go. One that we have let go can still wait, for the
 * rule of another App or because GitHub is slow to say so: it is not asked for again.
 */
export function waitingIn(look: RunLook, environment: string): readonly WaitingJob[] {
  const letGo = new Set(look.gates.all().flatMap((gate) => gate.released?.jobs.map((job) => job.id) ?? []));
  return look.waiting.filter((job) => job.environment.toLowerCase() === environment && !letGo.has(job.id));
}

/** The waiting jobs of a run, none once it is completed; with their names as records hold them. */
export async function readWaiting(ports: Ports, ref: RepositoryRef, run: RunFacts): Promise<readonly WaitingJob[]> {
  if (run.status === 'completed') return [];
  const waiting = await ports.forge.waitingJobs(ref, run);
  return waiting.map((job) => ({ ...job, name: boundedJobName(ports, job.name) }));
}
