import { GateError } from '../core/errors.ts';
import type { Clock, Job, JobQueue } from '../core/ports.ts';
import type { Report } from '../flow/report.ts';
import { backoffMs } from './backoff.ts';
import { describeError } from './describe-error.ts';
import type { Timer } from './timer.ts';

export interface WorkerOptions {
  readonly queue: Pick<JobQueue, 'claim' | 'renew' | 'complete' | 'retry' | 'bury' | 'nextDue'>;
  /** Does one job; whatever it throws leads to a retry, except ERR_INPUT: what cannot be read now never will be. */
  readonly handle: (job: Job) => Promise<void>;
  /** Random for each process: only the owner of a lease may end its job. */
  readonly owner: string;
  readonly clock: Clock;
  readonly timer: Timer;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly report: Report;
  /** Subjects worked on side by side. */
  readonly concurrency: number;
  /** How long a job of a killed process stays untouched; renewed at a third of it while its job runs. */
  readonly leaseMs: number;
}

export interface Worker {
  /** Something was queued: look now. */
  wake(): void;
  /** Resolves when no job is due and none is running. */
  idle(): Promise<void>;
  /** Takes no more jobs and waits for the running ones, `graceMs` at most; `false` when some had to be left. */
  close(graceMs: number): Promise<boolean>;
}

/** Another process may queue a job without telling this one. */
const LONGEST_SLEEP_MS = 1_000;

/** After about half an hour; what GitHub shows is found again by the sweep. */
const MAX_TRIES = 12;

/**
 * Claims jobs and runs them under a lease. A job that outlives its process is claimed again by the next one, so every
 * handler must bear being run twice; that two run at once is prevented by the lease, never assumed by the flow.
 */
export function startWorker(options: WorkerOptions): Worker {
  const { queue, owner, clock, timer, report, leaseMs } = options;
  const running = new Set<Promise<void>>();
  const bySubject = new Map<string, Promise<void>>();
  let idlers: (() => void)[] = [];
  let cancelSleep = (): void => {};
  let pumping: Promise<void> | null = null;
  const state = { closed: false, abandoned: false, pumpAgain: false };

  function wake(): void {
    if (state.closed) return;
    state.pumpAgain = true;
    pumping ??= pump().finally(() => {
      pumping = null;
      if (state.pumpAgain) wake();
    });
  }

  async function pump(): Promise<void> {
    cancelSleep();
    let sleepMs = LONGEST_SLEEP_MS;
    while (state.pumpAgain && !state.closed) {
      state.pumpAgain = false;
      try {
        await claimAll();
        sleepMs = await sleepTime();
      } catch (error) {
        report({ level: 'error', message: 'job queue cannot be read', fields: describeError(error) });
        state.pumpAgain = false;
        sleepMs = LONGEST_SLEEP_MS;
      }
    }
    if (!state.closed) cancelSleep = timer.after(sleepMs, wake);
  }

  async function claimAll(): Promise<void> {
    while (running.size < options.concurrency && !state.closed) {
      const job = await queue.claim(owner, clock.now(), leaseMs);
      if (job === null) {
        if (running.size === 0 && !state.pumpAgain) settleIdlers();
        return;
      }
      const run = work(job, bySubject.get(job.subject)).finally(() => {
        running.delete(run);
        if (bySubject.get(job.subject) === run) bySubject.delete(job.subject);
        wake();
      });
      bySubject.set(job.subject, run);
      running.add(run);
    }
  }

  /** A due job that could not be claimed waits for its subject; looking again at once would spin. */
  async function sleepTime(): Promise<number> {
    const now = clock.now();
    const due = await queue.nextDue(now);
    return due === null || due <= now ? LONGEST_SLEEP_MS : Math.min(LONGEST_SLEEP_MS, due - now);
  }

  function settleIdlers(): void {
    const settled = idlers;
    idlers = [];
    for (const settle of settled) settle();
  }

  /** @param before this process's own run of the subject: still going when the machine slept through its lease */
  async function work(job: Job, before: Promise<void> | undefined): Promise<void> {
    const stopRenewing = keepLease(job);
    try {
      await before;
      await options.handle(job);
      stopRenewing();
      if (!(await queue.complete(job, owner))) lost(job);
    } catch (error) {
      stopRenewing();
      await failed(job, error).catch((storeError: unknown) => {
        // The lease runs out and the job is claimed again: nothing is lost.
        report({ level: 'error', message: 'job not put back', fields: { ...name(job), ...describeError(storeError) } });
      });
    }
  }

  async function failed(job: Job, error: unknown): Promise<void> {
    const fields = { ...name(job), ...describeError(error), tries: job.attempts };
    const hopeless = error instanceof GateError && error.code === 'ERR_INPUT';
    if (hopeless || job.attempts >= MAX_TRIES) {
      if (!(await queue.bury(job, owner, fields.code))) return lost(job);
      report({ level: 'error', message: `job given up; ${wayOut(job)}`, fields });
      return;
    }
    const waitMs = backoffMs(job.attempts, error, options.random());
    if (!(await queue.retry(job, owner, clock.now() + waitMs, fields.code))) return lost(job);
    report({ level: 'warn', message: 'job failed; it is tried again', fields: { ...fields, waitMs } });
  }

  function lost(job: Job): void {
    report({ level: 'warn', message: 'lease lost; another process has the job', fields: name(job) });
  }

  function keepLease(job: Job): () => void {
    let stopped = false;
    let cancel = (): void => {};
    const next = (): void => {
      cancel = timer.after(leaseMs / 3, () => {
        queue
          .renew(job, owner, clock.now(), leaseMs)
          .then((kept) => (kept ? undefined : lost(job)))
          .catch((error: unknown) => {
            report({ level: 'warn', message: 'lease not renewed', fields: { ...name(job), ...describeError(error) } });
          })
          .finally(() => {
            if (!stopped && !state.abandoned) next();
          });
      });
    };
    next();
    return () => {
      stopped = true;
      cancel();
    };
  }

  wake();
  return {
    wake,
    idle: () =>
      new Promise((resolve) => {
        if (state.closed) return resolve();
        idlers.push(resolve);
        wake();
      }),
    async close(graceMs) {
      state.closed = true;
      cancelSleep();
      await pumping;
      let cancelGrace = (): void => {};
      const graceOver = new Promise<false>((resolve) => {
        cancelGrace = timer.after(graceMs, () => resolve(false));
      });
      const allDone = Promise.all(running).then(() => true);
      const finished = await Promise.race([allDone, graceOver]);
      cancelGrace();
      // What is left must be free for the next process when its lease ends.
      state.abandoned = !finished;
      settleIdlers();
      return finished;
    },
  };
}

function name(job: Job): { readonly job: number; readonly kind: string; readonly subject: string } {
  return { job: job.id, kind: job.kind, subject: job.subject };
}

/** Clicks and commands exist only in their delivery; everything else is found again by looking at GitHub. */
function wayOut(job: Job): string {
  if (/\/(button|comment)\//.test(job.subject)) return 'the person has to press or comment again';
  if (job.subject.startsWith('delivery/')) return 'mend the cause and redeliver it from the App settings';
  return 'the next sweep looks again';
}
