import { z } from 'zod';
import { GateError } from '../../core/errors.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { Clock } from '../../core/ports.ts';
import { createAppJwt } from './app-jwt.ts';
import { statusOf } from './forge-error.ts';
import type { GraphqlOperation } from './graphql-operations.ts';
import { INSTALLATION_ROUTES, REPOSITORY_ROUTES } from './routes.ts';
import type { AppRoute, InstallationRoute, Permissions, RepositoryRoute } from './routes.ts';
import { createTokenCache } from './token-cache.ts';
import type { InstallationToken, TokenScope } from './token-cache.ts';
import { createTransport, TIMEOUT_MS } from './transport.ts';
import type { Reply } from './transport.ts';
import { createSend } from './try-again.ts';
import { parseWire } from './wire/parse-wire.ts';

export interface GitHubClientOptions {
  /** Host in lower case, with port when there is one, as in `RepositoryRef.host`. */
  readonly host: string;
  /** API base from configuration, e.g. `<protocol>://<host>/api/v3`. */
  readonly baseUrl: string;
  readonly appId: number;
  readonly privateKeyPem: string;
  readonly clock: Clock;
  /** Waits between two tries of a read. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** Of one try, to the end of the answer. */
  readonly timeoutMs?: number;
  /** 0 ≤ n < 1; spreads the tries. */
  readonly random?: () => number;
}

export type CallParameters = Readonly<Record<string, unknown>>;

/**
 * Calls for one repository with a token that can do nothing else.
 * @throws {GateError} ERR_FORGE_*; `effect` is `unknown` for a write whose answer was lost
 */
export interface NarrowedClient {
  /** `owner` and `repo` are filled in; a template's `{path}`, `{ref}` and so on come from `parameters`, the rest is query or body. */
  readonly request: (route: RepositoryRoute, parameters?: CallParameters) => Promise<Reply>;
  /** The answer's `data`; an answer with any `errors` is an error. */
  readonly graphql: (operation: GraphqlOperation, variables: CallParameters) => Promise<unknown>;
}

/** All that a reader of one repository needs, whoever's token it is. */
export interface RepositoryClients {
  /** @param permissions one set for all calls (fewer tokens); without it each call gets just what its route needs */
  readonly clientFor: (ref: RepositoryRef, permissions?: Permissions) => NarrowedClient;
}

export interface GitHubClient extends RepositoryClients {
  readonly host: string;
  readonly appId: number;
  readonly asInstallation: (
    installationId: number,
    route: InstallationRoute,
    parameters?: CallParameters,
  ) => Promise<Reply>;
  readonly asApp: (route: AppRoute, parameters?: CallParameters) => Promise<Reply>;
}

const tokenSchema = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) });

/**
 * GitHub, reachable only through the closed table of `routes.ts` and `graphql-operations.ts`.
 * @throws {TypeError} when the private key cannot be used
 */
export function createGitHubClient(options: GitHubClientOptions): GitHubClient {
  const { host, appId, clock } = options;
  const transport = createTransport(options.baseUrl, options.timeoutMs ?? TIMEOUT_MS);
  const jwt = createAppJwt(appId, options.privateKeyPem, clock);
  const send = createSend(options);

  const asApp = (route: AppRoute, parameters: CallParameters = {}): Promise<Reply> =>
    // Making a token changes nothing that a gate looks at, so even that POST may be sent again.
    send(route, false, () => transport.rest(route, `bearer ${jwt()}`, parameters));

  const fetchToken = async ({ installationId, repositoryId, permissions }: TokenScope): Promise<InstallationToken> => {
    const route = 'POST /app/installations/{installation_id}/access_tokens';
    const { data } = await asApp(route, {
      installation_id: installationId,
      permissions,
      ...(repositoryId === null ? {} : { repository_ids: [repositoryId] }),
    }).catch((error: unknown) => {
      throw withoutAccess(error);
    });
    const { token, expires_at: expiresAt } = parseWire(tokenSchema, data, route);
    return { token, expiresAtMs: Date.parse(expiresAt) };
  };
  const tokens = createTokenCache(fetchToken, clock);

  const withToken = async <T>(
    scope: TokenScope,
    call: { readonly what: string; readonly mutates: boolean },
    once: (authorization: string) => Promise<T>,
  ): Promise<T> => {
    // Outside of `send`: without a token nothing was sent, whatever the call would have done.
    const token = await tokens.get(scope);
    try {
      return await send(call.what, call.mutates, () => once(`token ${token}`));
    } catch (error) {
      if (error instanceof GateError && statusOf(error) === 401) tokens.forget(scope);
      throw error;
    }
  };

  return {
    host,
    appId,
    asApp,
    asInstallation: (installationId, route, parameters = {}) =>
      withToken(
        { installationId, repositoryId: null, permissions: INSTALLATION_ROUTES[route] },
        { what: route, mutates: false },
        (authorization) => transport.rest(route, authorization, parameters),
      ),
    clientFor: (ref, permissions) => {
      // A reference of another GitHub must not be looked up here: its ids mean someone else (C60).
      if (ref.host !== host) throw new TypeError('the repository is on another host');
      const scopeOf = (needed: Permissions): TokenScope => ({
        installationId: ref.installationId,
        repositoryId: ref.id,
        permissions: permissions ?? needed,
      });
      return {
        request: (route, parameters = {}) =>
          withToken(
            scopeOf(REPOSITORY_ROUTES[route]),
            { what: route, mutates: !route.startsWith('GET ') },
            (authorization) => transport.rest(route, authorization, { ...ownerAndRepo(route, ref), ...parameters }),
          ),
        graphql: (operation, variables) =>
          withToken(
            scopeOf(operation.permissions),
            { what: `graphql ${operation.name}`, mutates: operation.mutates },
            (authorization) => transport.graphql(operation.text, authorization, variables),
          ),
      };
    },
  };
}

/**
 * No token because the installation, or its access to the repository, is gone: that must not read like "the thing that was
 * asked for does not exist".
 */
function withoutAccess(error: unknown): unknown {
  const isGone = error instanceof GateError && ['ERR_FORGE_NOT_FOUND', 'ERR_FORGE_REFUSED'].includes(error.code);
  return isGone ? new GateError('ERR_FORGE_FORBIDDEN', `${error.message}: the installation does not grant it`) : error;
}

/** Only where the template has them: what a template does not name becomes a query parameter or a body field. */
export function ownerAndRepo(route: RepositoryRoute, ref: RepositoryRef): CallParameters {
  return route.includes('/repos/{owner}/{repo}') ? { owner: ref.owner, repo: ref.name } : {};
}
