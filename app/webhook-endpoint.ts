import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Probot } from 'probot';
import type { Report } from '../flow/report.ts';
import { receivedBody } from './app.ts';
import type { ReceivedBody } from './app.ts';
import { sendJson, sendProblem } from './problem.ts';
import { linger } from './request-body.ts';
import type { BodyReader } from './request-body.ts';

/** GitHub delivers nothing larger. */
export const MAX_BODY_BYTES = 25 * 1024 * 1024;

interface Refusal {
  readonly status: number;
  /** Constant text: goes to the sender and to the log. */
  readonly detail: string;
}

interface DeliveryHeaders {
  readonly id: string;
  readonly event: string;
  readonly signature: string;
}

/**
 * Answers one POST to the webhook path. Whatever can be refused without the body is refused before it is read, the body is
 * capped before it is buffered, and nothing is parsed before the SHA-256 signature over its bytes is verified. The older
 * SHA-1 header is never looked at (C58). 200 only once the inbox has stored it or has no use for it.
 */
export function createWebhookEndpoint(options: {
  readonly probot: Probot;
  readonly bodies: BodyReader;
  readonly report: Report;
}): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { probot, bodies, report } = options;

  function refuse(response: ServerResponse, { status, detail }: Refusal, delivery: string | null): void {
    report({ level: 'warn', message: 'delivery refused', fields: { status, reason: detail, delivery } });
    sendProblem(response, status, detail);
    linger(response.req);
  }

  return async (request, response) => {
    const headers = readHeaders(request);
    if ('status' in headers) return refuse(response, headers, null);
    const { id, event, signature } = headers;
    const body = await bodies.read(request);
    if (body.kind === 'too-large') return refuse(response, { status: 413, detail: 'body over 25 MB' }, id);
    if (body.kind === 'busy') return refuse(response, { status: 503, detail: 'too many bodies at once' }, id);
    if (body.kind === 'aborted') return refuse(response, { status: 400, detail: 'body incomplete' }, id);

    const payload = body.bytes.toString('utf8');
    const genuine = payload !== '' && (await probot.webhooks.verify(payload, signature));
    if (!genuine) return refuse(response, { status: 401, detail: 'signature does not match' }, id);
    const delivery = { id, name: event, payload: parseJson(payload) };
    if (!isReceivable(delivery)) return refuse(response, { status: 400, detail: 'body is no JSON object' }, id);
    const received: ReceivedBody = { bytes: body.bytes, receipt: 'failed' };
    // Not `verifyAndReceive`: it would hash the body a second time, and reports what is not signed as an error of ours.
    await receivedBody.run(received, () => probot.webhooks.receive(delivery));
    if (received.receipt === 'failed') return sendProblem(response, 500, 'delivery not stored');
    sendJson(response, 200, { status: received.receipt });
  };
}

type Receivable = Parameters<Probot['webhooks']['receive']>[0];

/**
 * Probot's type names every payload that GitHub documents; at run time it takes any object under any name. Nothing relies
 * on that type: the inbox parses each field that it reads.
 */
function isReceivable(delivery: { id: string; name: string; payload: unknown }): delivery is Receivable {
  return typeof delivery.payload === 'object' && delivery.payload !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readHeaders(request: IncomingMessage): DeliveryHeaders | Refusal {
  const { headers } = request;
  const type = headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) return { status: 415, detail: 'content type is not application/json' };
  const event = header(headers['x-github-event'], /^[a-z_]{1,60}$/);
  if (event === null) return { status: 400, detail: 'X-GitHub-Event missing or malformed' };
  const id = header(headers['x-github-delivery'], /^[A-Za-z0-9-]{1,100}$/);
  if (id === null) return { status: 400, detail: 'X-GitHub-Delivery missing or malformed' };
  const signature = header(headers['x-hub-signature-256'], /^sha256=[0-9a-f]{64}$/);
  if (signature === null) return { status: 401, detail: 'X-Hub-Signature-256 missing or malformed' };
  return { id, event, signature };
}

/** Node joins doubled headers with a comma, which no pattern here allows. */
function header(value: string | string[] | undefined, pattern: RegExp): string | null {
  return typeof value === 'string' && pattern.test(value) ? value : null;
}
