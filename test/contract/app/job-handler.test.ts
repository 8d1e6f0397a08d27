import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../../adapters/store/open-store.ts';
import { handledEvents } from '../../../app/events/handled-events.ts';
import { createInbox } from '../../../app/inbox.ts';
import { createJobHandler } from '../../../app/job-handler.ts';
import { startSweeper } from '../../../app/sweeper.ts';
import { startWorker } from '../../../app/worker.ts';
import type { Worker } from '../../../app/worker.ts';
import { GateError } from '../../../core/errors.ts';
import type { RepositoryRef } from '../../../core/facts.ts';
import type { Job, Store } from '../../../core/ports.ts';
import type { ReportLine } from '../../../flow/report.ts';
import type { Task } from '../../../flow/task.ts';
import { ManualTime } from './manual-time.ts';
import { payloads, repositoryRef, sha } from './payloads.ts';

const identity = { host: 'github.com', appId: 7, evidenceBranch: 'countersign-evidence' };

let store: Store;
let time: ManualTime;
let performed: Task[];
let lines: ReportLine[];
let installed: () => Promise<readonly RepositoryRef[]>;
let handle: (job: Job) => Promise<void>;
let worker: Worker;

beforeEach(() => {
  store = openStore(':memory:');
  time = new ManualTime();
  performed = [];
  lines = [];
  installed = async () => [repositoryRef];
  const report = (line: ReportLine): void => void lines.push(line);
  handle = createJobHandler({
    queue: store.queue,
    events: handledEvents,
    identity,
    installations: { repositories: () => installed() },
    perform: async (task) => void performed.push(task),
    report,
  });
  const options = { clock: time, timer: time, random: () => 0, concurrency: 1, leaseMs: 60_000 };
  worker = startWorker({ ...options, queue: store.queue, handle, owner: 'test', report });
});
afterEach(async () => {
  await worker.close(0);
  await store.close();
});

async function deliver(event: string, payload: object): Promise<void> {
  const inbox = createInbox({
    queue: store.queue,
    events: handledEvents,
    identity,
    clock: time,
    report: () => {},
  });
  const body = Buffer.from(JSON.stringify(payload));
  expect(await inbox.receive({ id: 'd-1', event, body, payload })).toBe('stored');
  await worker.idle();
}

describe('a stored delivery', () => {
  test('becomes its tasks, in order, and each is performed', async () => {
    await deliver(
      'pull_request',
      payloads.inRepository({ action: 'opened', pull_request: { number: 5, head: { sha } } }),
    );
    expect(performed).toEqual([
      { kind: 'pull-request', repository: repositoryRef, number: 5 },
      { kind: 'check', repository: repositoryRef, headSha: sha },
    ]);
    expect(await store.queue.counts()).toEqual({ waiting: 0, leased: 0, dead: 0 });
  });

  test('of an installation with the number of the logs that workflows write begins nothing, and says so', async () => {
    const opened = payloads.inRepository({ action: 'opened', pull_request: { number: 5, head: { sha } } });
    await deliver('pull_request', { ...opened, installation: { id: 1 } });
    expect(performed).toEqual([]);
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { reason: 'installation-reserved' } },
      { fields: { reason: 'installation-reserved' } },
    ]);
    expect(await store.queue.counts()).toEqual({ waiting: 0, leased: 0, dead: 0 });
  });

  test('keeps its own time and id in what only it can tell', async () => {
    await deliver(
      'check_run',
      payloads.checkRun({ action: 'requested_action', requested_action: { identifier: 'approve:X' } }),
    );
    expect(performed).toMatchObject([{ kind: 'button', deliveryId: 'd-1', at: '2026-11-21T04:33:12.123Z' }]);
  });

  test('that cannot be used leads to one log line and nothing else; it stays stored', async () => {
    await deliver('deployment_protection_rule', { action: 'requested', repository: {}, sender: {} });
    expect(performed).toEqual([]);
    expect(lines).toMatchObject([{ level: 'warn', fields: { reason: 'delivery-unusable', delivery: 'd-1' } }]);
    expect(await store.queue.delivery('d-1')).not.toBeNull();
    expect(await store.queue.counts()).toEqual({ waiting: 0, leased: 0, dead: 0 });
  });

  test('opened twice after a crash does not queue its tasks twice', async () => {
    await worker.close(0);
    const payload = payloads.protectionRule();
    const body = Buffer.from(JSON.stringify(payload));
    const options = { queue: store.queue, events: handledEvents, identity, clock: time, report: () => {} };
    await createInbox(options).receive({ id: 'd-1', event: 'deployment_protection_rule', body, payload });
    const job = await store.queue.claim('killed', time.now(), 1_000);
    expect(job).not.toBeNull();
    if (job === null) return;
    await handle(job);
    await handle(job);
    expect((await store.queue.counts()).waiting).toBe(1);
  });
});

describe('what no version of this code could do is refused as input', () => {
  const base = { id: 1, subject: 'x', attempts: 1 };
  test.each([
    ['a kind that is not known', { ...base, kind: 'other', payload: '{}' }],
    ['a task that is none', { ...base, kind: 'task', payload: '{"kind":"run"}' }],
    ['a delivery that is not stored', { ...base, kind: 'delivery', payload: '{"deliveryId":"none"}' }],
    ['a delivery job without an id', { ...base, kind: 'delivery', payload: '{}' }],
  ])('%s', async (_title, job) => {
    await expect(handle(job)).rejects.toMatchObject({ code: 'ERR_INPUT' });
  });
});

describe('the sweep', () => {
  test('looks at every repository and its evidence at the start and every five minutes', async () => {
    const sweeper = startSweeper({ queue: store.queue, timer: time, report: () => {} });
    await sweeper.queued();
    await worker.idle();
    expect(performed).toEqual([
      { kind: 'evidence', repository: repositoryRef },
      { kind: 'sweep', repository: repositoryRef },
    ]);
    performed.length = 0;
    time.advance(5 * 60_000 - 1);
    await worker.idle();
    expect(performed).toEqual([]);
    time.advance(1);
    await sweeper.queued();
    await worker.idle();
    expect(performed).toHaveLength(2);
    sweeper.close();
    time.advance(60 * 60_000);
    await worker.idle();
    expect(performed).toHaveLength(2);
  });

  test('is tried again when GitHub cannot be reached', async () => {
    installed = () => Promise.reject(new GateError('ERR_FORGE_UNAVAILABLE', 'no reply'));
    const sweeper = startSweeper({ queue: store.queue, timer: time, report: () => {} });
    await sweeper.queued();
    await worker.idle();
    expect(performed).toEqual([]);
    installed = async () => [repositoryRef];
    time.advance(1_000);
    await worker.idle();
    expect(performed).toHaveLength(2);
    sweeper.close();
  });
});
