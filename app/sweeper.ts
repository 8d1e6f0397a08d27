import type { RepositoryRef } from '../core/facts.ts';
import type { JobQueue, NewJob } from '../core/ports.ts';
import { enqueueTask } from '../flow/enqueue-task.ts';
import type { Report } from '../flow/report.ts';
import { describeError } from './describe-error.ts';
import type { Timer } from './timer.ts';

/** Where this App is installed, as GitHub says now. @throws {GateError} ERR_FORGE_* */
export interface Installations {
  repositories(): Promise<readonly RepositoryRef[]>;
}

export const SWEEP_JOB = 'sweep-all';

export interface Sweeper {
  sweepNow(): Promise<void>;
  /** Resolves when the latest regular sweep is in the queue. */
  queued(): Promise<void>;
  close(): void;
}

const EVERY_MS = 5 * 60_000;

const sweepJob: NewJob = { kind: SWEEP_JOB, subject: SWEEP_JOB, payload: '{}', collapse: true };

/**
 * Deliveries get lost: while we were down, or on the way (C62). At the start and every five minutes everything that we are
 * installed on is looked at. It goes through the queue, so that a GitHub that cannot be reached is tried again.
 */
export function startSweeper(options: {
  readonly queue: JobQueue;
  readonly timer: Timer;
  readonly report: Report;
}): Sweeper {
  const { queue, timer, report } = options;
  let cancel = (): void => {};
  let queued = Promise.resolve();
  const sweepNow = (): Promise<void> => queue.enqueue(sweepJob);
  const tick = (): void => {
    queued = sweepNow().catch((error: unknown) => {
      report({ level: 'error', message: 'sweep not queued', fields: describeError(error) });
    });
    cancel = timer.after(EVERY_MS, tick);
  };
  tick();
  return { sweepNow, queued: () => queued, close: () => cancel() };
}

/** Queues a look at every repository and its evidence branch. */
export async function sweepAll(installations: Installations, queue: JobQueue, report: Report): Promise<void> {
  const repositories = await installations.repositories();
  for (const repository of repositories) {
    await enqueueTask({ queue }, { kind: 'evidence', repository });
    await enqueueTask({ queue }, { kind: 'sweep', repository });
  }
  report({ level: 'info', message: 'sweep queued', fields: { repositories: repositories.length } });
}
