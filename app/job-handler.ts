import { z } from 'zod';
import { GateError } from '../core/errors.ts';
import { WORKFLOW_INSTALLATION } from '../core/evidence/records/log-origin.ts';
import { because } from '../core/gate/reasons.ts';
import type { Job, JobQueue } from '../core/ports.ts';
import { enqueueTask } from '../flow/enqueue-task.ts';
import type { Report } from '../flow/report.ts';
import { taskSchema } from '../flow/task.ts';
import type { Task } from '../flow/task.ts';
import { isUnusable } from './events/event-handler.ts';
import type { DeliveryContext, EventHandler } from './events/event-handler.ts';
import { DELIVERY_JOB, tasksOfDelivery } from './inbox.ts';
import { SWEEP_JOB, sweepAll } from './sweeper.ts';
import type { Installations } from './sweeper.ts';

export interface JobHandlerOptions {
  readonly queue: JobQueue;
  readonly events: ReadonlyMap<string, EventHandler>;
  readonly identity: Pick<DeliveryContext, 'host' | 'appId' | 'evidenceBranch'>;
  readonly installations: Installations;
  readonly perform: (task: Task, tries: number) => Promise<void>;
  readonly report: Report;
}

const deliveryPayload = z.strictObject({ deliveryId: z.string() });

/** What a job of each kind means. @throws {GateError} ERR_INPUT for one that no version of this code could do */
export function createJobHandler(options: JobHandlerOptions): (job: Job) => Promise<void> {
  return async (job) => {
    switch (job.kind) {
      case DELIVERY_JOB:
        return openDelivery(options, read(deliveryPayload, job).deliveryId);
      case SWEEP_JOB:
        return sweepAll(options.installations, options.queue, options.report);
      case 'task':
        return performTask(options, read(taskSchema, job), job.attempts);
      default:
        throw new GateError('ERR_INPUT', 'a job is of a kind that this version does not know');
    }
  };
}

/** Cut off in the middle it is opened again: a task queued twice is swallowed or only looks twice. */
async function openDelivery(options: JobHandlerOptions, id: string): Promise<void> {
  const delivery = await options.queue.delivery(id);
  if (delivery === null) throw new GateError('ERR_INPUT', 'the delivery of a job is not stored');
  const tasks = tasksOfDelivery(delivery, options.events, options.identity);
  if (isUnusable(tasks)) {
    const fields = { reason: 'delivery-unusable', delivery: id, event: delivery.event, detail: tasks.unusable };
    options.report({ level: 'warn', message: 'delivery unusable', fields });
    return;
  }
  for (const task of tasks) await enqueueTask(options, task);
}

/**
 * An installation of a GitHub Enterprise Server can have the number that names logs without the App. Written by us, such a
 * log would say that it is a workflow's, and no gate would take it: nothing is begun there, and every sweep says why.
 */
async function performTask({ perform, report }: JobHandlerOptions, task: Task, tries: number): Promise<void> {
  const { id, installationId } = task.repository;
  if (installationId !== WORKFLOW_INSTALLATION) return perform(task, tries);
  report({
    level: 'error',
    message:
      'ALARM: nothing is decided here: the installation has the reserved id 1; uninstall the App and install it again',
    fields: { repository: id, reason: because('installation-reserved', {}).code },
  });
}

function read<T>(schema: z.ZodType<T>, job: Job): T {
  const parsed = schema.safeParse(JSON.parse(job.payload));
  if (!parsed.success) throw new GateError('ERR_INPUT', 'the payload of a job cannot be read');
  return parsed.data;
}
