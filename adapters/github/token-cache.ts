import type { Permissions } from './routes.ts';

export interface InstallationToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** What a token is good for. `repositoryId` null: everything that the installation can see. */
export interface TokenScope {
  readonly installationId: number;
  readonly repositoryId: number | null;
  readonly permissions: Permissions;
}

/** A call that begins now must end before the token does. */
const SPARE_MS = 5 * 60_000;

/**
 * Keeps installation tokens until five minutes before they end, one for each (installation, repository, permissions), so
 * that no token can do more than its call needs and none ever serves another tenant (C60). Tokens stay in memory only.
 */
export function createTokenCache(
  fetchToken: (scope: TokenScope) => Promise<InstallationToken>,
  clock: { now(): number },
): {
  readonly get: (scope: TokenScope) => Promise<string>;
  /** After a 401: the next call asks for a new one. */
  readonly forget: (scope: TokenScope) => void;
} {
  const kept = new Map<string, InstallationToken>();
  const pending = new Map<string, Promise<InstallationToken>>();
  const usable = (entry: InstallationToken): boolean => entry.expiresAtMs - SPARE_MS > clock.now();

  const renew = async (key: string, scope: TokenScope): Promise<InstallationToken> => {
    try {
      const entry = await fetchToken(scope);
      for (const [other, old] of kept) if (!usable(old)) kept.delete(other);
      kept.set(key, entry);
      return entry;
    } finally {
      pending.delete(key);
    }
  };

  return {
    get: async (scope) => {
      const key = keyOf(scope);
      const entry = kept.get(key);
      if (entry !== undefined && usable(entry)) return entry.token;
      const renewal = pending.get(key) ?? renew(key, scope);
      pending.set(key, renewal);
      return (await renewal).token;
    },
    forget: (scope) => {
      kept.delete(keyOf(scope));
    },
  };
}

function keyOf({ installationId, repositoryId, permissions }: TokenScope): string {
  const names = Object.entries(permissions).map(([name, level]) => `${name}:${level}`);
  return JSON.stringify([installationId, repositoryId, names.toSorted()]);
}
