import type { RepositoryRef } from '../../core/facts.ts';
import type { Clock } from '../../core/ports.ts';
import { ownerAndRepo } from './client.ts';
import type { CallParameters, RepositoryClients } from './client.ts';
import type { RepositoryRoute } from './routes.ts';
import { createTransport, TIMEOUT_MS } from './transport.ts';
import type { Reply } from './transport.ts';
import { createSend } from './try-again.ts';
import type { TryOptions } from './try-again.ts';
import { parseWire } from './wire/parse-wire.ts';
import { repositorySchema } from './wire/repository.ts';

export interface TokenReaderOptions extends TryOptions {
  /** Host in lower case, with port when there is one, as in `RepositoryRef.host`. */
  readonly host: string;
  /** API base from the command line, never from an answer. */
  readonly baseUrl: string;
  /** A person's token; it goes to `baseUrl` alone and into no message. */
  readonly token: string;
  readonly clock: Clock;
  /** When it fires, nothing is waited for any more. */
  readonly until?: AbortSignal;
}

export interface TokenReader extends RepositoryClients {
  /** @throws {GateError} ERR_FORGE_* when the token does not see such a repository */
  readonly repository: (owner: string, name: string) => Promise<RepositoryRef>;
}

/** No installation: nothing that is read with a person's token is written down anywhere. */
const NO_INSTALLATION = 0;

/**
 * GitHub as a person sees it who has a token, for a command that only looks. Nothing can be written through it, whatever
 * the token could: it takes no route but GET and no GraphQL operation that changes anything.
 */
export function createTokenReader({ host, baseUrl, token, until, ...options }: TokenReaderOptions): TokenReader {
  const transport = createTransport(baseUrl, TIMEOUT_MS, until);
  const send = createSend(options);
  const authorization = `bearer ${token}`;
  const get = (route: RepositoryRoute, parameters: CallParameters): Promise<Reply> => {
    if (!route.startsWith('GET ')) throw new TypeError(`${route} would change something`);
    return send(route, false, () => transport.rest(route, authorization, parameters));
  };
  return {
    clientFor: (ref) => {
      if (ref.host !== host) throw new TypeError('the repository is on another host');
      return {
        request: (route, parameters = {}) => get(route, { ...ownerAndRepo(route, ref), ...parameters }),
        graphql: (operation, variables) => {
          if (operation.mutates) throw new TypeError(`${operation.name} would change something`);
          const what = `graphql ${operation.name}`;
          return send(what, false, () => transport.graphql(operation.text, authorization, variables));
        },
      };
    },
    repository: async (owner, name) => {
      const route = 'GET /repos/{owner}/{repo}';
      const { data } = await get(route, { owner, repo: name });
      const found = parseWire(repositorySchema, data, route);
      return { host, installationId: NO_INSTALLATION, id: found.id, owner: found.owner.login, name: found.name };
    },
  };
}
