import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * `hang`: takes a request and never answers. `drip`: begins to answer and never ends. `reset`: drops the connection in the
 * middle of its answer. None of them speaks TLS.
 */
export type BadManners = 'hang' | 'drip' | 'reset';

export interface BadServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Requests so far. */
  readonly asked: number;
  close(): Promise<void>;
}

const DRIP_MS = 20;

/** What a runner meets where GitHub, the App, the OIDC endpoint or a git server should be. */
export async function startBadServer(manners: BadManners): Promise<BadServer> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    request.resume();
    if (manners === 'hang') return;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000_000 });
    if (manners === 'reset') {
      response.write('{"data":', () => response.socket?.resetAndDestroy());
      return;
    }
    const dripping = setInterval(() => response.write(' '), DRIP_MS);
    response.once('close', () => clearInterval(dripping));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    get asked() {
      return asked;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
