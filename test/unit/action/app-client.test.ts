import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sendOutcome, sendProposal } from '../../../action/app-client.ts';
import type { Patience } from '../../../action/app-client.ts';
import { API_REASONS } from '../../../core/gate/api-reasons.ts';
import type { Proposal } from '../../../core/proposal.ts';

const proposal: Proposal = {
  environment: 'production',
  subjects: [{ kind: 'plan', name: 'plan.bin', sha256: 'a'.repeat(64) }],
  findings: [],
  moreFindings: 0,
  reason: '',
};

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let received: { readonly path: string; readonly token: string; readonly body: string }[];
let pauses: number[];
let tokens: number;

const patience: Patience = {
  tries: 3,
  timeoutMs: 2_000,
  wait: (ms) => {
    pauses.push(ms);
    return Promise.resolve();
  },
};
const freshToken = (): Promise<string> => {
  tokens += 1;
  return Promise.resolve(`token-${tokens}`);
};
const send = (more: Partial<Patience> = {}) => sendProposal(url, freshToken, proposal, { ...patience, ...more });

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
}

beforeEach(async () => {
  [received, pauses, tokens] = [[], [], 0];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', token: request.headers.authorization ?? '', body });
      answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('telling the App', () => {
  test('sends the proposal once, with the token, to its own path', async () => {
    answer = (_, response) => json(response, 200, { status: 'taken' });
    expect(await send()).toBeNull();
    expect(received).toEqual([{ path: '/api/v1/proposals', token: 'Bearer token-1', body: JSON.stringify(proposal) }]);
  });

  test('sends the outcome to another', async () => {
    answer = (_, response) => json(response, 200, { status: 'taken' });
    const outcome = { environment: 'production', result: 'failure', seconds: 7 } as const;
    expect(await sendOutcome(url, freshToken, outcome, patience)).toBeNull();
    expect(received).toMatchObject([{ path: '/api/v1/outcomes', body: JSON.stringify(outcome) }]);
  });

  test('tries again with the same body and another token when the answer is lost, longer each time', async () => {
    answer = (request, response) => {
      if (received.length === 1) request.socket.destroy();
      else if (received.length === 2) json(response, 503, { code: 'oidc-keys-unavailable' });
      else json(response, 200, { status: 'taken' });
    };
    expect(await send()).toBeNull();
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(received.map(({ token }) => token)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-3']);
    expect(pauses).toEqual([500, 1_000]);
  });

  test.each(Object.keys(API_REASONS))('says %s when the App does, and does not insist', async (code) => {
    answer = (_, response) => json(response, 409, { code });
    expect(await send()).toEqual({ code, params: {} });
    expect(received).toHaveLength(1);
  });

  test.each<readonly [string, string, number, number, unknown]>([
    ['a server error, more than once', 'app-unreachable', 3, 500, { title: 'x' }],
    ['an App whose issuer is down', 'oidc-keys-unavailable', 3, 503, { code: 'oidc-keys-unavailable' }],
    ['an App without an address, which only its operator can mend', 'api-off', 1, 503, { code: 'api-off' }],
    ['something else at that address', 'app-answer-unknown', 1, 404, { message: 'Not Found' }],
    ['a code that we do not know', 'app-answer-unknown', 1, 400, { code: 'constructor' }],
    ['a reason that is none of the API', 'app-answer-unknown', 1, 400, { code: 'all-seats-filled' }],
    ['a cheerful answer of something else', 'app-answer-unknown', 1, 200, { ok: true }],
    ['a redirect, which would carry the token away', 'app-answer-unknown', 1, 307, {}],
  ])('%s is %s', async (_what, code, times, status, body) => {
    answer = (_, response) => {
      response.setHeader('location', `${url}/elsewhere`);
      json(response, status, body);
    };
    expect(await send()).toEqual({ code, params: {} });
    expect(received.map(({ path }) => path)).toEqual(Array.from({ length: times }, () => '/api/v1/proposals'));
  });

  test('an answer without end is not read to its end', async () => {
    answer = (_, response) => void response.writeHead(200).end('"'.padEnd(1_000_000, 'x'));
    expect(await send()).toMatchObject({ code: 'app-answer-unknown' });
  });

  test('an App that does not answer in time is slow, one that is not there cannot be reached', async () => {
    answer = () => {};
    expect(await send({ tries: 2, timeoutMs: 20 })).toEqual({ code: 'app-slow', params: {} });
    expect(pauses).toEqual([500]);
    expect(await sendProposal('http://127.0.0.1:2', freshToken, proposal, patience)).toMatchObject({
      code: 'app-unreachable',
    });
  });
});
