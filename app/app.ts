import { AsyncLocalStorage } from 'node:async_hooks';
import type { ApplicationFunction } from 'probot';
import type { Inbox, Receipt } from './inbox.ts';

/** The bytes that were signed, beside the payload that Probot made of them, and what became of them. */
export interface ReceivedBody {
  readonly bytes: Uint8Array;
  receipt: Receipt;
}

/** Probot hands on parsed payloads only; the inbox stores and compares the signed bytes. Set by `webhook-endpoint.ts`. */
export const receivedBody = new AsyncLocalStorage<ReceivedBody>();

/**
 * The Probot function: every event goes to the durable inbox and nowhere else. It reports what happened through
 * `receivedBody` and does not throw, since Probot would write the whole payload of a failed event into its log.
 */
export function countersign(inbox: Inbox): ApplicationFunction {
  return (app) => {
    app.onAny(async ({ id, name, payload }) => {
      const received = receivedBody.getStore();
      if (received === undefined) throw new TypeError('deliveries come in through app/webhook-endpoint.ts only');
      received.receipt = await inbox.receive({ id, event: name, body: received.bytes, payload });
    });
  };
}
