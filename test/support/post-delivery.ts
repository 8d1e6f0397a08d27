import { createHmac, randomUUID } from 'node:crypto';
import type { Stage } from './stage.ts';

export interface Posted {
  readonly status: number;
  readonly body: unknown;
}

/** Posts a webhook to the App as GitHub does; `headers` add to the honest ones, or take one away by `null`. */
export async function postDelivery(
  stage: Stage,
  event: string,
  body: string,
  headers: Readonly<Record<string, string | null>> = {},
): Promise<Posted> {
  const all = {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': signature(body, stage.config.webhookSecret),
    ...headers,
  };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  const answer = await fetch(`${stage.app().url}/api/github/webhooks`, {
    method: 'POST',
    headers: Object.fromEntries(sent),
    body,
  });
  return { status: answer.status, body: await answer.json() };
}

export function signature(body: string, secret: string, algorithm: 'sha256' | 'sha1' = 'sha256'): string {
  return `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`;
}
