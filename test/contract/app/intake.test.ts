import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { handledEvents } from '../../../app/events/handled-events.ts';
import { tasksOfDelivery } from '../../../app/inbox.ts';
import { MAX_BODY_BYTES } from '../../../app/webhook-endpoint.ts';
import { payloads, realDelivery } from './payloads.ts';
import { headersFor, sign, startIntake } from './start-intake.ts';
import type { Intake } from './start-intake.ts';

const identity = { host: 'github.com', appId: 7, evidenceBranch: 'countersign-evidence' };
const body = JSON.stringify(payloads.protectionRule());
const event = 'deployment_protection_rule';

let intake: Intake;
beforeEach(async () => {
  intake = await startIntake();
});
afterEach(() => intake.close());

function post(headers: Record<string, string>, text = body): Promise<Response> {
  return fetch(intake.webhookUrl, { method: 'POST', headers, body: text });
}

function without(name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headersFor(event, body)).filter(([key]) => key !== name));
}

describe('an honest delivery', () => {
  test('is stored with its job before it is answered', async () => {
    const headers = headersFor(event, body, 'd-1');
    const response = await post(headers);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'stored' });
    const stored = await intake.store.queue.delivery('d-1');
    expect(Buffer.from(stored?.body ?? []).toString()).toBe(body);
    expect(await intake.store.queue.counts()).toEqual({ waiting: 1, leased: 0, dead: 0 });
    const job = await intake.store.queue.claim('test', Date.now(), 1000);
    expect(job).toMatchObject({ kind: 'delivery', subject: 'delivery/d-1', payload: '{"deliveryId":"d-1"}' });
  });

  test('counts once when it is delivered again, and when a replayer changes its unsigned id (C61)', async () => {
    await post(headersFor(event, body, 'd-1'));
    const again = await post(headersFor(event, body, 'd-1'));
    const replayed = await post(headersFor(event, body, 'd-2'));
    expect([await again.json(), await replayed.json()]).toEqual([{ status: 'duplicate' }, { status: 'duplicate' }]);
    expect((await intake.store.queue.counts()).waiting).toBe(1);
  });

  test('that lacks what we need is acknowledged and kept, so that nothing is lost', async () => {
    const poor = JSON.stringify({ action: 'requested', repository: { id: 1 }, sender: {} });
    const response = await post(headersFor(event, poor, 'd-3'), poor);
    expect(await response.json()).toEqual({ status: 'stored' });
    expect(await intake.store.queue.delivery('d-3')).not.toBeNull();
  });

  test('of an event that we do not handle is acknowledged with one log line', async () => {
    const response = await post(headersFor('star', body));
    expect(await response.json()).toEqual({ status: 'ignored' });
    expect(intake.lines.map((line) => line.message)).toEqual(['event not handled']);
    expect((await intake.store.queue.counts()).waiting).toBe(0);
  });

  test('that holds nothing for us is acknowledged and not kept', async () => {
    const talk = JSON.stringify(payloads.comment('good morning'));
    const response = await post(headersFor('issue_comment', talk, 'd-4'), talk);
    expect(await response.json()).toEqual({ status: 'ignored' });
    expect(await intake.store.queue.delivery('d-4')).toBeNull();
  });

  test('is answered 500 when the store fails, so that GitHub shows it as failed', async () => {
    await intake.store.close();
    const response = await post(headersFor(event, body));
    expect(response.status).toBe(500);
    expect(intake.lines).toMatchObject([{ level: 'error', message: 'delivery not stored' }]);
  });
});

describe('whatever is not signed by GitHub is refused with one log line and leaves nothing', () => {
  const rows: readonly (readonly [string, number, () => Promise<Response>])[] = [
    ['unsigned', 401, () => post(without('x-hub-signature-256'))],
    [
      'signed with another secret',
      401,
      () => post({ ...headersFor(event, body), 'x-hub-signature-256': sign(body, 'another secret') }),
    ],
    [
      'signed with the default secret of Probot (C57)',
      401,
      () => post({ ...headersFor(event, body), 'x-hub-signature-256': sign(body, 'development') }),
    ],
    [
      'signed by SHA-1 only (C58)',
      401,
      () => post({ ...without('x-hub-signature-256'), 'x-hub-signature': sign(body, undefined, 'sha1') }),
    ],
    [
      'signed rightly by SHA-1 and wrongly by SHA-256 (C58)',
      401,
      () =>
        post({
          ...headersFor(event, body),
          'x-hub-signature': sign(body, undefined, 'sha1'),
          'x-hub-signature-256': sign(body, 'another secret'),
        }),
    ],
    ['a body other than the one signed', 401, () => post(headersFor(event, body), `${body} `)],
    ['an empty body', 401, () => post(headersFor(event, ''), '')],
    [
      'another content type',
      415,
      () => post({ ...headersFor(event, body), 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['no content type', 415, () => post({ ...headersFor(event, body), 'content-type': '' })],
    ['no event', 400, () => post(without('x-github-event'))],
    ['no delivery id', 400, () => post(without('x-github-delivery'))],
    [
      'a delivery id that would forge a log line',
      400,
      () => post({ ...headersFor(event, body), 'x-github-delivery': 'a b' }),
    ],
    ['signed but no JSON', 400, () => post(headersFor(event, '{'), '{')],
    ['signed JSON but no object', 400, () => post(headersFor(event, '"text"'), '"text"')],
  ];

  test.each(rows)('%s', async (_title, status, send) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ type: 'about:blank', status });
    expect(intake.lines).toMatchObject([{ level: 'warn', message: 'delivery refused' }]);
    expect(await intake.store.queue.counts()).toEqual({ waiting: 0, leased: 0, dead: 0 });
  });
});

describe('a body over 25 MB is refused before it is buffered (C119)', () => {
  /** Sends headers and then as many chunks as the other side takes; answers the status. */
  function stream(headers: Record<string, string | number>, url = intake.webhookUrl): Promise<number> {
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method: 'POST', headers: { ...headersFor(event, body), ...headers } });
      const chunk = Buffer.alloc(1024 * 1024, 32);
      let answered = false;
      outgoing.on('response', (response) => {
        answered = true;
        resolve(response.statusCode ?? 0);
        outgoing.destroy();
      });
      outgoing.on('error', (error) => (answered ? undefined : reject(error)));
      const write = (): void => {
        while (!outgoing.destroyed) if (!outgoing.write(chunk)) return void outgoing.once('drain', write);
      };
      outgoing.flushHeaders();
      if (headers['transfer-encoding'] === 'chunked') write();
    });
  }

  test('by its content length, although no byte of it was sent', async () => {
    expect(await stream({ 'content-length': MAX_BODY_BYTES + 1 })).toBe(413);
  });

  test('by what arrives, when it does not say how long it is', async () => {
    expect(await stream({ 'transfer-encoding': 'chunked' })).toBe(413);
  });

  test('and many bodies at once cannot exhaust the process', async () => {
    const small = await startIntake(2 * 1024 * 1024);
    expect(await stream({ 'transfer-encoding': 'chunked' }, small.webhookUrl)).toBe(503);
    await small.close();
  });

  test('and the next honest delivery is accepted', async () => {
    await stream({ 'transfer-encoding': 'chunked' });
    expect((await post(headersFor(event, body))).status).toBe(200);
  });
});

describe('what else the server answers', () => {
  test.each([
    ['GET', '/healthz', 200],
    ['GET', '/readyz', 200],
    ['HEAD', '/readyz', 200],
    ['POST', '/readyz', 404],
    ['GET', '/api/github/webhooks', 404],
    ['POST', '/api/github/webhooks/', 404],
    ['GET', '/', 404],
    ['GET', '/ping', 404],
    ['GET', '/probot', 404],
  ])('%s %s: %i', async (method, path, status) => {
    const response = await fetch(intake.url + path, { method });
    expect(response.status).toBe(status);
  });

  test('it is not ready when the store cannot be written', async () => {
    await intake.store.close();
    const response = await fetch(`${intake.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: 'the store cannot be written' });
  });
});

describe('real deliveries, captured by others', () => {
  const rows = [
    [
      'deployment_protection_rule',
      'deployment_protection_rule.requested.json',
      { kind: 'run', runId: 12_201_231_746 },
      { host: 'github.com', installationId: 57_923_423, id: 874_847_246, owner: 'product-os', name: 'deploynaut' },
    ],
    [
      'pull_request_review',
      'pull_request_review.submitted.json',
      { kind: 'pull-request', number: 551 },
      { host: 'github.com', installationId: 58_174_490, id: 93_194_138, owner: 'balena-os', name: 'balena-generic' },
    ],
  ] as const;

  test.each(rows)('%s is accepted and leads to the right look', async (name, file, task, repository) => {
    const text = realDelivery(file);
    if (text === null) return;
    expect((await post(headersFor(name, text, 'real'), text)).status).toBe(200);
    const stored = await intake.store.queue.delivery('real');
    expect(stored).not.toBeNull();
    if (stored === null) return;
    expect(tasksOfDelivery(stored, handledEvents, identity)).toEqual([{ ...task, repository }]);
  });
});
