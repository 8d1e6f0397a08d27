import type { RepositoryRef } from '../../core/facts.ts';
import { ownerAndRepo } from './client.ts';
import type { RepositoryRoute } from './routes.ts';
import { createTransport, TIMEOUT_MS } from './transport.ts';
import { createSend } from './try-again.ts';
import type { TryOptions } from './try-again.ts';

export interface PointRefOptions extends TryOptions {
  /** API base of the runner's own GitHub. */
  readonly baseUrl: string;
  /** GITHUB_TOKEN of the job, with `contents: write`. */
  readonly token: string;
}

/**
 * Points a ref at a commit that GitHub still has, whatever it names now: git itself could only do that by sending the commit
 * with all that is before it. Nothing is compared. Sent once.
 * @param ref in full, and no branch
 * @param isThere whether there is such a ref now
 * @throws {GateError} ERR_FORGE_*; ERR_FORGE_REFUSED when that was wrong, or GitHub has no such commit
 */
export async function pointRef(
  { baseUrl, token, ...options }: PointRefOptions,
  repository: RepositoryRef,
  { ref, commit, isThere }: { readonly ref: string; readonly commit: string; readonly isThere: boolean },
): Promise<void> {
  const send = (route: RepositoryRoute, parameters: object): Promise<unknown> =>
    createSend(options)(route, true, () =>
      createTransport(baseUrl, TIMEOUT_MS).rest(route, `bearer ${token}`, {
        ...ownerAndRepo(route, repository),
        sha: commit,
        ...parameters,
      }),
    );
  if (isThere)
    await send('PATCH /repos/{owner}/{repo}/git/refs/{ref}', { ref: ref.slice('refs/'.length), force: true });
  else await send('POST /repos/{owner}/{repo}/git/refs', { ref });
}
