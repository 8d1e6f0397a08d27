import { z } from 'zod';
import type { Task } from '../../flow/task.ts';

/** What is known about a delivery besides its body. The host comes from our configuration, never from a payload (C59). */
export interface DeliveryContext {
  readonly host: string;
  readonly deliveryId: string;
  readonly appId: number;
  readonly evidenceBranch: string;
  readonly receivedAt: string;
}

/** A delivery that should have led to work but lacks what that needs. The text names fields only, never their content. */
export interface Unusable {
  readonly unusable: string;
}

/** In the order in which they are to be queued; empty: nothing in it concerns us. */
export type DeliveryTasks = readonly Task[] | Unusable;

export interface EventHandler {
  readonly event: string;
  readonly toTasks: (payload: unknown, context: DeliveryContext) => DeliveryTasks;
}

const withAction = z.object({ action: z.string() });

/**
 * One webhook event: which actions matter and which fields are read. GitHub adds fields at will and its own published
 * schemas refuse real deliveries, so unknown fields are passed over; a field that is read must have the right shape.
 * The event's name is a header and not signed: a body that does not fit is unusable, whatever the header says.
 */
export function defineEvent<T>(definition: {
  readonly event: string;
  /** `null`: the event has no actions. */
  readonly actions: readonly string[] | null;
  readonly schema: z.ZodType<T>;
  readonly toTasks: (payload: T, context: DeliveryContext) => DeliveryTasks;
}): EventHandler {
  const { event, actions, schema } = definition;
  return {
    event,
    toTasks: (payload, context) => {
      if (actions !== null) {
        const found = withAction.safeParse(payload);
        if (!found.success) return { unusable: 'action' };
        if (!actions.includes(found.data.action)) return [];
      }
      const parsed = schema.safeParse(payload);
      if (!parsed.success) {
        const fields = new Set(parsed.error.issues.map((issue) => issue.path.join('.')));
        return { unusable: [...fields].join(', ') };
      }
      return definition.toTasks(parsed.data, context);
    },
  };
}

export function isUnusable(tasks: DeliveryTasks): tasks is Unusable {
  return 'unusable' in tasks;
}
