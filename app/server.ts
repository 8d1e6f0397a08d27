import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Report } from '../flow/report.ts';
import { API_PATH } from './api/api.ts';
import { describeError } from './describe-error.ts';
import { sendJson, sendProblem } from './problem.ts';

export const WEBHOOK_PATH = '/api/github/webhooks';

export interface AppServer {
  /** e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Requests that are being answered. */
  inFlight(): number;
  /** Resolves when no request is being answered. */
  idle(): Promise<void>;
  /** Takes no new connections, waits for answers under way, then cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export interface AppServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly webhook: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Whatever jobs of GitHub Actions send. */
  readonly api: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** null: ready; otherwise what is not. */
  readonly readiness: () => Promise<string | null>;
  readonly report: Report;
}

/**
 * The process's only door. Probot's own server buffers bodies of any size and stops at no signal, so it is not used. The
 * time-outs cut senders that trickle (slow-loris): GitHub sends a delivery at once and gives up after 10 seconds itself.
 *
 * @throws {Error} node's own when the address cannot be listened on
 */
export async function startServer(options: AppServerOptions): Promise<AppServer> {
  const { report } = options;
  const answering = new Set<Promise<void>>();
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000, connectionsCheckingInterval: 2_000 },
    (request, response) => {
      const answer = route(request, response, options)
        .catch((error: unknown) => {
          report({ level: 'error', message: 'request failed', fields: describeError(error) });
          if (response.headersSent) response.destroy();
          else sendProblem(response, 500, 'internal error');
        })
        .finally(() => {
          answering.delete(answer);
          // While stopping, a connection that has its answer must not be kept open.
          if (!server.listening) setImmediate(() => server.closeIdleConnections());
        });
      answering.add(answer);
    },
  );
  await listen(server, options.host, options.port);
  return {
    url: urlOf(server, options.host),
    inFlight: () => answering.size,
    async idle() {
      while (answering.size > 0) await Promise.all(answering);
    },
    close: (graceMs) => close(server, graceMs),
  };
}

async function route(request: IncomingMessage, response: ServerResponse, options: AppServerOptions): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0];
  const read = request.method === 'GET' || request.method === 'HEAD';
  if (path === WEBHOOK_PATH && request.method === 'POST') return options.webhook(request, response);
  if (path?.startsWith(API_PATH) === true) return options.api(request, response);
  if (path === '/healthz' && read) return sendJson(response, 200, { status: 'alive' });
  if (path === '/readyz' && read) {
    const missing = await options.readiness();
    if (missing === null) return sendJson(response, 200, { status: 'ready' });
    return sendProblem(response, 503, missing);
  }
  response.setHeader('connection', 'close');
  sendProblem(response, 404, 'no such resource');
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
