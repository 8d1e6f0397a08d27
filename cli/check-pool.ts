import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { ChunkReport, ChunkTask } from '../core/evidence/verify/check-chunk.ts';
import type { ChunkChecker } from '../core/evidence/verify/check-records.ts';
import type { Register } from '../core/evidence/verify/register.ts';
import { startCheckWorker } from './check-worker.ts';
import type { CheckAnswer, CheckRequest, SourcePlace } from './check-worker.ts';
import { UnreadableError } from './usage-error.ts';

/** Chunks that a thread has beside the one that it checks: what it reads next. */
const AHEAD = 1;

interface Waiting {
  readonly resolve: (report: ChunkReport) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  register: Register | null;
}

/** Checks chunks in as many threads as there are cores. They start with the first chunk. */
export interface CheckPool extends ChunkChecker {
  close(): Promise<void>;
}

/**
 * Two threads that verify for themselves check more signatures a second than one thread that hands them to Node's own pool
 * (34,300 against 30,200 on two cores), and they share the parsing too.
 *
 * Whatever goes wrong with one thread is an error of every chunk that is not answered yet: a log passes only when every
 * chunk of it was checked.
 */
export function openCheckPool(place: SourcePlace, start = startCheckWorker, count = availableParallelism()): CheckPool {
  const threads: Thread[] = [];
  let number = 0;
  let failure: Error | null = null;

  function fail(error: Error): void {
    failure ??= error;
    for (const { waiting } of threads) {
      for (const { reject } of waiting.values()) reject(failure);
      waiting.clear();
    }
  }

  function startThread(): void {
    const thread: Thread = { worker: start(place), waiting: new Map(), register: null };
    threads.push(thread);
    const { worker, waiting } = thread;
    worker.on('message', (answer: CheckAnswer) => {
      const asked = waiting.get(answer.number);
      waiting.delete(answer.number);
      if ('report' in answer) asked?.resolve(answer.report);
      else if (answer.isUnreadable) asked?.reject(new UnreadableError(answer.failure));
      else asked?.reject(new Error(answer.failure));
    });
    worker.on('messageerror', fail);
    worker.on('error', (error) => fail(new UnreadableError(`a thread that checks failed: ${String(error)}`)));
    worker.on('exit', () => fail(new UnreadableError('a thread that checks ended')));
  }

  return {
    width: count * (1 + AHEAD),
    check: (task: ChunkTask, register: Register) => {
      while (threads.length < count) startThread();
      const [idlest] = threads.toSorted((left, right) => left.waiting.size - right.waiting.size);
      if (failure !== null || idlest === undefined)
        return Promise.reject(failure ?? new TypeError('there are no threads'));
      number += 1;
      const request: CheckRequest = { number, task, register: idlest.register === register ? null : register };
      idlest.register = register;
      const answered = new Promise<ChunkReport>((resolve, reject) => {
        idlest.waiting.set(request.number, { resolve, reject });
      });
      idlest.worker.postMessage(request, []);
      return answered;
    },
    close: async () => {
      failure ??= new UnreadableError('the check was ended');
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}
