import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGitHubClient } from '../../../adapters/github/client.ts';
import type { GitHubClient } from '../../../adapters/github/client.ts';
import { GateError } from '../../../core/errors.ts';
import type { RepositoryRef } from '../../../core/facts.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly apiVersion: string;
  readonly body: unknown;
}

/** A scripted other side for what the sandbox does not do: odd bodies, odd headers, odd moments. */
export interface FakeForge {
  readonly client: GitHubClient;
  readonly ref: RepositoryRef;
  /** Every call but those for tokens. */
  readonly seen: readonly SeenRequest[];
  readonly tokenRequests: readonly SeenRequest[];
  readonly sleeps: readonly number[];
  /** Milliseconds that the client's clock is moved by. */
  readonly advance: (ms: number) => void;
  readonly close: () => Promise<void>;
}

export type Answer = (request: SeenRequest, response: ServerResponse, n: number) => void;

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

/** @param answer answers everything but token calls; `n` counts from 1 */
export async function startFakeForge(answer: Answer, answerToken?: Answer): Promise<FakeForge> {
  const seen: SeenRequest[] = [];
  const tokenRequests: SeenRequest[] = [];
  const sleeps: number[] = [];
  let offset = 0;
  const now = (): number => Date.parse('2026-11-21T00:00:00Z') + offset;

  const server = createServer((request, response) => {
    void readRequest(request).then((each) => {
      if (each.url.endsWith('/access_tokens')) {
        tokenRequests.push(each);
        if (answerToken !== undefined) return answerToken(each, response, tokenRequests.length);
        const expires = new Date(now() + 3_600_000).toISOString();
        return json(response, 201, { token: `ghs_${'x'.repeat(60)}_${tokenRequests.length}`, expires_at: expires });
      }
      seen.push(each);
      return answer(each, response, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port }: AddressInfo = addressOf(server.address());
  const host = `127.0.0.1:${port}`;
  const client = createGitHubClient({
    host,
    baseUrl: `http://${host}/api/v3`,
    appId: 77,
    privateKeyPem,
    clock: { now },
    sleep: async (ms) => void sleeps.push(ms),
    random: () => 0.5,
    timeoutMs: 1_000,
  });
  return {
    client,
    ref: { host, installationId: 5, id: 9, owner: 'acme', name: 'shop' },
    seen,
    tokenRequests,
    sleeps,
    advance: (ms) => {
      offset += ms;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return address;
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    authorization: request.headers.authorization ?? '',
    apiVersion: String(request.headers['x-github-api-version']),
    body: text === '' ? null : JSON.parse(text),
  };
}

/** The error that a call ends with; a value is a failure of the test. */
export async function errorOf(call: Promise<unknown>): Promise<GateError> {
  const outcome = await call.then(
    (value): unknown => value,
    (error: unknown) => error,
  );
  if (outcome instanceof GateError) return outcome;
  throw new TypeError(`expected a GateError, got ${JSON.stringify(outcome) ?? String(outcome)}`);
}
