import type { RepositoryRef } from '../../core/facts.ts';
import type { Clock } from '../../core/ports.ts';
import type { CallingJob } from './verify-token.ts';

export type FindRepository = (repository: CallingJob['repository']) => Promise<RepositoryRef | null>;

/** Whoever has just installed the App tries again no sooner than this. */
const KNOWN_FOR_MS = 30_000;
const MOST = 1_000;

/**
 * The same answer for a while. Any job on GitHub can get tokens for our address, as many as it likes, and to ask for its
 * repository takes from the one limit that the App has for all installations (C119). What is cached lets nobody in: every
 * call that follows is made with a token of the installation, which GitHub refuses once it is gone.
 */
export function rememberRepositories(find: FindRepository, clock: Clock): FindRepository {
  const known = new Map<string, { readonly found: Promise<RepositoryRef | null>; readonly at: number }>();
  return (repository) => {
    const { id, ownerId, owner, name } = repository;
    const key = JSON.stringify([id, ownerId, owner, name]);
    const before = known.get(key);
    const now = clock.now();
    if (before !== undefined && now - before.at < KNOWN_FOR_MS) return before.found;
    known.delete(key);
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size >= MOST) known.delete(oldest);
    const found = find(repository);
    known.set(key, { found, at: now });
    // What could not be asked is asked again.
    found.catch(() => known.delete(key));
    return found;
  };
}
