import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../../adapters/store/open-store.ts';
import { backoffMs } from '../../../app/backoff.ts';
import { startWorker } from '../../../app/worker.ts';
import type { Worker, WorkerOptions } from '../../../app/worker.ts';
import { GateError } from '../../../core/errors.ts';
import type { Job, Store } from '../../../core/ports.ts';
import type { ReportLine } from '../../../flow/report.ts';
import { ManualTime } from './manual-time.ts';

const LEASE_MS = 60_000;

let store: Store;
let time: ManualTime;
let lines: ReportLine[];
let workers: Worker[];

beforeEach(() => {
  store = openStore(':memory:');
  time = new ManualTime();
  lines = [];
  workers = [];
});
afterEach(async () => {
  for (const worker of workers) await worker.close(0);
  await store.close();
});

function start(handle: (job: Job) => Promise<void>, options: Partial<WorkerOptions> = {}): Worker {
  const worker = startWorker({
    queue: store.queue,
    handle,
    owner: `worker-${workers.length}`,
    clock: time,
    timer: time,
    random: () => 0,
    report: (line) => void lines.push(line),
    concurrency: 4,
    leaseMs: LEASE_MS,
    ...options,
  });
  workers.push(worker);
  return worker;
}

function enqueue(subject: string): Promise<void> {
  return store.queue.enqueue({ kind: 'task', subject, payload: '{}' });
}

/** A handler that stays in its job until told. */
function gate(): { readonly handle: () => Promise<void>; readonly entered: Promise<void>; readonly leave: () => void } {
  const inside = Promise.withResolvers<void>();
  const exit = Promise.withResolvers<void>();
  const handle = (): Promise<void> => {
    inside.resolve();
    return exit.promise;
  };
  return { handle, entered: inside.promise, leave: () => exit.resolve() };
}

describe('a job', () => {
  test('is done once and is gone', async () => {
    const done: string[] = [];
    const worker = start(async (job) => void done.push(job.subject));
    await enqueue('a');
    await worker.idle();
    await worker.idle();
    expect(done).toEqual(['a']);
    expect(await store.queue.counts()).toEqual({ waiting: 0, leased: 0, dead: 0 });
  });

  test('runs beside three of other subjects; the fifth and the second of a subject wait', async () => {
    const inside: string[] = [];
    const exit = Promise.withResolvers<void>();
    const worker = start(({ subject }) => {
      inside.push(subject);
      return exit.promise;
    });
    for (const subject of ['a', 'a', 'b', 'c', 'd', 'e']) await enqueue(subject);
    worker.wake();
    await expect.poll(() => inside.length).toBe(4);
    expect(await store.queue.counts()).toEqual({ waiting: 2, leased: 4, dead: 0 });
    expect(inside).toEqual(['a', 'b', 'c', 'd']);
    exit.resolve();
    await worker.idle();
    expect(inside.toSorted()).toEqual(['a', 'a', 'b', 'c', 'd', 'e']);
  });

  test('that another process queued is found within a second, without a wake-up', async () => {
    const done = Promise.withResolvers<string>();
    const worker = start(async (job) => done.resolve(job.subject));
    await worker.idle();
    await enqueue('from elsewhere');
    await expect.poll(() => time.next()).toBeLessThanOrEqual(1_000);
    time.advance(1_000);
    expect(await done.promise).toBe('from elsewhere');
  });
});

describe('a job that fails', () => {
  const unavailable = new GateError('ERR_FORGE_UNAVAILABLE', 'no reply');

  test.each([
    ['the first time waits a second at most', 1, 0, unavailable, 500],
    ['again waits twice as long', 2, 0, unavailable, 1_000],
    ['is spread over the upper half of its wait', 2, 0.999_999, unavailable, 2_000],
    ['never waits longer than five minutes', 12, 0.999_999, unavailable, 300_000],
    ['waits as long as the other side asked', 1, 0, limited(90), 90_000],
    ['does not believe that somebody asks for more than an hour', 1, 0, limited(99_999), 3_600_000],
    ['with an unknown error waits like any other', 1, 0, new Error('boom'), 500],
  ] as const)('%s', (_title, tries, random, error, expected) => {
    expect(backoffMs(tries, error, random)).toBe(expected);
  });

  test('is tried again when its time has come, and not before', async () => {
    let tries = 0;
    const worker = start(async () => {
      tries += 1;
      if (tries === 1) throw unavailable;
    });
    await enqueue('a');
    await worker.idle();
    expect(tries).toBe(1);
    expect(lines).toMatchObject([
      { level: 'warn', fields: { code: 'ERR_FORGE_UNAVAILABLE', detail: 'no reply', waitMs: 500 } },
    ]);
    time.advance(499);
    await worker.idle();
    expect(tries).toBe(1);
    time.advance(1);
    await worker.idle();
    expect(tries).toBe(2);
    expect(await store.queue.counts()).toEqual({ waiting: 0, leased: 0, dead: 0 });
  });

  test('twelve times becomes a dead letter with one line that says the way out', async () => {
    let tries = 0;
    const worker = start(async () => {
      tries += 1;
      throw unavailable;
    });
    await enqueue('github.com/1/2/comment/3');
    for (let round = 0; round < 15; round += 1) {
      await worker.idle();
      time.advance(300_000);
    }
    await worker.idle();
    expect(tries).toBe(12);
    expect(await store.queue.counts()).toEqual({ waiting: 0, leased: 0, dead: 1 });
    expect(lines.filter((line) => line.level === 'error')).toMatchObject([
      { message: 'job given up; the person has to press or comment again', fields: { tries: 12 } },
    ]);
  });

  test('because it cannot be read is given up at once', async () => {
    const worker = start(() => Promise.reject(new GateError('ERR_INPUT', 'the payload of a job cannot be read')));
    await enqueue('a');
    await worker.idle();
    expect((await store.queue.counts()).dead).toBe(1);
  });

  test('does not put the message of a foreign error into the log', async () => {
    const worker = start(() => Promise.reject(new Error('token ghs_secret')));
    await enqueue('a');
    await worker.idle();
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('ghs_secret');
    expect(lines[0]?.fields['detail']).toContain('worker.test.ts');
  });

  test('does not stop others', async () => {
    const done: string[] = [];
    const worker = start(async ({ subject }) => {
      if (subject === 'bad') throw unavailable;
      done.push(subject);
    });
    await enqueue('bad');
    await enqueue('good');
    await worker.idle();
    expect(done).toEqual(['good']);
  });
});

describe('a lease', () => {
  test('is renewed while the job runs, so that nobody else gets it', async () => {
    const { handle, entered, leave } = gate();
    const worker = start(handle);
    await enqueue('a');
    worker.wake();
    await entered;
    for (let third = 0; third < 6; third += 1) {
      time.advance(LEASE_MS / 3);
      await store.queue.renew({ id: 0, kind: '', subject: '', payload: '', attempts: 0 }, 'flush', time.now(), 1);
      expect(await store.queue.claim('other', time.now(), LEASE_MS)).toBeNull();
    }
    leave();
    await worker.idle();
    expect(await store.queue.counts()).toEqual({ waiting: 0, leased: 0, dead: 0 });
  });

  test('of a killed process ends, and the job is done by the next one', async () => {
    await enqueue('a');
    expect(await store.queue.claim('killed', time.now(), LEASE_MS)).not.toBeNull();
    const done: string[] = [];
    const worker = start(async ({ subject }) => void done.push(subject));
    await worker.idle();
    expect(done).toEqual([]);
    time.advance(LEASE_MS);
    await worker.idle();
    expect(done).toEqual(['a']);
  });

  test('that was lost cannot end the job', async () => {
    const { handle, entered, leave } = gate();
    const worker = start(handle, { timer: { after: () => () => {} } });
    await enqueue('a');
    worker.wake();
    await entered;
    time.advance(LEASE_MS);
    const taken = await store.queue.claim('other', time.now(), LEASE_MS);
    expect(taken).toMatchObject({ subject: 'a', attempts: 2 });
    leave();
    await worker.idle();
    expect(lines.map((line) => line.message)).toEqual(['lease lost; another process has the job']);
    expect((await store.queue.counts()).leased).toBe(1);
  });
});

test('a machine that slept through its own lease does not do one subject twice at once', async () => {
  const first = gate();
  const inside: number[] = [];
  const worker = start(async (job) => {
    inside.push(job.attempts);
    if (job.attempts === 1) await first.handle();
  });
  await enqueue('a');
  worker.wake();
  await first.entered;
  await store.queue.renew({ id: 1, kind: '', subject: '', payload: '', attempts: 1 }, 'worker-0', time.now(), 1);
  time.advance(2);
  worker.wake();
  await expect.poll(() => store.queue.claim('probe', time.now(), 1)).toBeNull();
  expect(inside).toEqual([1]);
  first.leave();
  await worker.idle();
  expect(inside).toEqual([1, 2]);
  expect(lines.map((line) => line.message)).toEqual(['lease lost; another process has the job']);
});

describe('stopping', () => {
  test('lets the running job finish and takes no other', async () => {
    const { handle, entered, leave } = gate();
    const worker = start(handle);
    await enqueue('a');
    await enqueue('a');
    worker.wake();
    await entered;
    const closed = worker.close(10_000);
    leave();
    expect(await closed).toBe(true);
    expect(await store.queue.counts()).toEqual({ waiting: 1, leased: 0, dead: 0 });
  });

  test('does not wait for ever: the job keeps its lease and is done by the next process', async () => {
    const { handle, entered, leave } = gate();
    const worker = start(handle);
    await enqueue('a');
    worker.wake();
    await entered;
    const closed = worker.close(10_000);
    await expect.poll(() => time.next()).toBe(10_000);
    time.advance(10_000);
    expect(await closed).toBe(false);
    expect((await store.queue.counts()).leased).toBe(1);
    time.advance(LEASE_MS / 3);
    expect(time.next()).toBeNull();
    leave();
  });
});

test('a queue that cannot be read for a moment is read again', async () => {
  let failing = true;
  const done: string[] = [];
  const worker = start(async ({ subject }) => void done.push(subject), {
    queue: {
      ...store.queue,
      claim: (...args) => {
        if (failing) return Promise.reject(new GateError('ERR_STORE_UNAVAILABLE', 'the store failed'));
        return store.queue.claim(...args);
      },
    },
  });
  await enqueue('a');
  await expect.poll(() => lines.map((line) => line.message)).toContain('job queue cannot be read');
  failing = false;
  await expect.poll(() => time.next()).toBe(1_000);
  time.advance(1_000);
  await worker.idle();
  expect(done).toEqual(['a']);
});

function limited(retryAfterSeconds: number): GateError {
  return new GateError('ERR_FORGE_RATE_LIMITED', 'limit reached', { retryAfterSeconds });
}
