import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';

/** Something on this machine that listens where GitHub should be and does nothing useful. */
export interface StandIn {
  /** `host:port`. */
  readonly host: string;
  /** Resolves at the next request, with its reply in hand. */
  next(): Promise<ServerResponse>;
  close(): Promise<void>;
}

/**
 * @param mode `fails`: answers 503 at once; `holds`: answers nothing until told; a table: answers `METHOD /path` with JSON,
 *   anything else with 404
 */
export async function startStandIn(mode: 'fails' | 'holds' | Readonly<Record<string, unknown>>): Promise<StandIn> {
  let waiting: ((response: ServerResponse) => void)[] = [];
  const server = createServer((request, response) => {
    if (mode === 'fails') response.writeHead(503).end();
    if (typeof mode === 'object') {
      const answer = mode[`${request.method ?? ''} ${(request.url ?? '').split('?', 1)[0] ?? ''}`];
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    }
    const told = waiting;
    waiting = [];
    for (const tell of told) tell(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    host: `127.0.0.1:${port}`,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
