import type { AppRef, RepositoryRef } from '../../core/facts.ts';
import type { GitHubClient } from './client.ts';
import { PER_PAGE, readAllPages } from './paginate.ts';
import { parseWire } from './wire/parse-wire.ts';
import { appSelfSchema, installationListSchema, installationRepositoriesSchema } from './wire/repository.ts';

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
