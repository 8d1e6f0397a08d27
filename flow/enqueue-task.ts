import type { NewJob, Ports } from '../core/ports.ts';
import { taskSubject } from './task.ts';
import type { Task } from './task.ts';

/** Queues a look; one that already waits for the same thing swallows it. @param notBefore milliseconds since the epoch */
export async function enqueueTask(ports: Pick<Ports, 'queue'>, task: Task, notBefore?: number): Promise<void> {
  await ports.queue.enqueue({ ...taskJob(task), ...(notBefore === undefined ? {} : { notBefore }) });
}

/** The same as a job, for whoever queues it together with something else. */
export function taskJob(task: Task): NewJob {
  return { kind: 'task', subject: taskSubject(task), payload: JSON.stringify(task), collapse: true };
}
