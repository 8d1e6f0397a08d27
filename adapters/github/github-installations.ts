import { GateError } from '../../core/errors.ts';
import type { GateErrorCode } from '../../core/errors.ts';
import type { AppRef, RepositoryRef } from '../../core/facts.ts';
import type { GitHubClient } from './client.ts';
import { PER_PAGE, readAllPages } from './paginate.ts';
import { parseWire } from './wire/parse-wire.ts';
import {
  appSelfSchema,
  installationListSchema,
  installationRepositoriesSchema,
  installationSchema,
  repositorySchema,
} from './wire/repository.ts';

/** 10,000 installations, and as many repositories in each. */
const MAX_PAGES = 100;

/** The App as GitHub knows it. @throws {GateError} ERR_FORGE_* */
export async function readSelf(client: GitHubClient): Promise<AppRef> {
  const { data } = await client.asApp('GET /app');
  return parseWire(appSelfSchema, data, 'GET /app');
}

/** Every repository that the App is installed on; a suspended installation has none. @throws {GateError} ERR_FORGE_* */
export async function readInstalledRepositories(client: GitHubClient): Promise<readonly RepositoryRef[]> {
  const installations = await readAllPages('GET /app/installations', MAX_PAGES, async (page) => {
    const reply = await client.asApp('GET /app/installations', { per_page: PER_PAGE, page });
    return { reply, items: parseWire(installationListSchema, reply.data, 'GET /app/installations') };
  });
  const repositories: RepositoryRef[] = [];
  for (const { id, suspended_at: suspendedAt } of installations) {
    if (suspendedAt === null || suspendedAt === undefined) repositories.push(...(await repositoriesOf(client, id)));
  }
  return repositories;
}

function repositoriesOf(client: GitHubClient, installationId: number): Promise<readonly RepositoryRef[]> {
  const route = 'GET /installation/repositories';
  return readAllPages(route, MAX_PAGES, async (page) => {
    const reply = await client.asInstallation(installationId, route, { per_page: PER_PAGE, page });
    const { repositories } = parseWire(installationRepositoriesSchema, reply.data, route);
    const items = repositories.map((repository) => ({
      host: client.host,
      installationId,
      id: repository.id,
      owner: repository.owner.login,
      name: repository.name,
    }));
    return { reply, items };
  });
}

/** A repository as a token of a job names it. */
export interface NamedRepository {
  readonly id: number;
  readonly ownerId: number;
  /** For building paths only. */
  readonly owner: string;
  readonly name: string;
}

/**
 * The repository, when the App is installed on exactly that one: by the number of the repository and of its owner, whatever
 * its name leads to (C60).
 *
 * @returns null when it is not, or the installation is suspended
 * @throws {GateError} ERR_FORGE_*
 */
export async function findInstalledRepository(
  client: GitHubClient,
  { id, ownerId, owner, name }: NamedRepository,
): Promise<RepositoryRef | null> {
  try {
    const { data } = await client.asApp('GET /repos/{owner}/{repo}/installation', { owner, repo: name });
    const found = parseWire(installationSchema, data, 'GET /repos/{owner}/{repo}/installation');
    if (found.account.id !== ownerId || (found.suspended_at ?? null) !== null) return null;
    const ref = { host: client.host, installationId: found.id, id, owner, name };
    // With a token for that number alone, which GitHub gives only where the installation covers it.
    const answer = await client.clientFor(ref).request('GET /repos/{owner}/{repo}');
    const repository = parseWire(repositorySchema, answer.data, 'GET /repos/{owner}/{repo}');
    return repository.id === id ? ref : null;
  } catch (error) {
    if (error instanceof GateError && NOT_OURS.includes(error.code)) return null;
    throw error;
  }
}

/** No installation, a token that the installation does not grant, a repository that has moved on to another name. */
const NOT_OURS: readonly GateErrorCode[] = ['ERR_FORGE_NOT_FOUND', 'ERR_FORGE_FORBIDDEN', 'ERR_FORGE_REFUSED'];
