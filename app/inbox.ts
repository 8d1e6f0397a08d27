import { createHash } from 'node:crypto';
import type { Clock, Delivery, JobQueue, NewJob } from '../core/ports.ts';
import type { Report } from '../flow/report.ts';
import { describeError } from './describe-error.ts';
import { isUnusable } from './events/event-handler.ts';
import type { DeliveryContext, EventHandler } from './events/event-handler.ts';

/** One delivery whose signature was verified over exactly `body`. `id` and `event` are headers, which are not signed. */
export interface SignedDelivery {
  readonly id: string;
  readonly event: string;
  readonly body: Uint8Array;
  readonly payload: unknown;
}

/** `ignored`: nothing in it concerns us. `failed`: not stored, so it must not be acknowledged. */
export type Receipt = 'stored' | 'duplicate' | 'ignored' | 'failed';

export interface Inbox {
  receive(delivery: SignedDelivery): Promise<Receipt>;
}

export interface InboxOptions {
  readonly queue: Pick<JobQueue, 'accept'>;
  readonly events: ReadonlyMap<string, EventHandler>;
  readonly identity: Pick<DeliveryContext, 'host' | 'appId' | 'evidenceBranch'>;
  readonly clock: Clock;
  readonly report: Report;
}

/**
 * Persist first, work later (invariant 10): a delivery and its job are stored in one transaction before GitHub gets its
 * answer, because GitHub never sends a failed delivery again by itself. Ids can be changed by a replayer, so the store
 * compares content too (C61). A delivery that cannot be used is stored as well: it stays for whoever looks into it.
 */
export function createInbox(options: InboxOptions): Inbox {
  const { queue, events, identity, clock, report } = options;
  return {
    async receive({ id, event, body, payload }) {
      const handler = events.get(event);
      if (handler === undefined) {
        report({ level: 'info', message: 'event not handled', fields: { delivery: id, event } });
        return 'ignored';
      }
      const receivedAt = new Date(clock.now()).toISOString();
      const tasks = handler.toTasks(payload, { ...identity, deliveryId: id, receivedAt });
      if (!isUnusable(tasks) && tasks.length === 0) return 'ignored';
      const digest = createHash('sha256').update(body).digest('hex');
      try {
        const outcome = await queue.accept({ id, event, digest, body, receivedAt }, deliveryJob(id));
        report({ level: 'info', message: `delivery ${outcome}`, fields: { delivery: id, event } });
        return outcome;
      } catch (error) {
        report({
          level: 'error',
          message: 'delivery not stored',
          fields: { delivery: id, event, ...describeError(error) },
        });
        return 'failed';
      }
    },
  };
}

/** The stored delivery as tasks, made when its job runs; by then nothing but the stored bytes is left of it. */
export function tasksOfDelivery(
  delivery: Delivery,
  events: ReadonlyMap<string, EventHandler>,
  identity: InboxOptions['identity'],
): ReturnType<EventHandler['toTasks']> {
  const handler = events.get(delivery.event);
  if (handler === undefined) return { unusable: 'event' };
  const payload: unknown = JSON.parse(new TextDecoder().decode(delivery.body));
  return handler.toTasks(payload, { ...identity, deliveryId: delivery.id, receivedAt: delivery.receivedAt });
}

export const DELIVERY_JOB = 'delivery';

function deliveryJob(id: string): NewJob {
  return { kind: DELIVERY_JOB, subject: `delivery/${id}`, payload: JSON.stringify({ deliveryId: id }) };
}
