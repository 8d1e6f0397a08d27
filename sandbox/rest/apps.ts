import { randomBytes } from 'node:crypto';

import { idParam, ok, param, repoIn, type Answer, type Call, type Handler } from '../http/call.ts';
import { counted, listed } from '../http/paginate.ts';
import { presentApp, presentInstallation } from '../present/account.ts';
import { presentRepository } from '../present/repository.ts';
import { isoTime } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { AppRecord, InstallationRecord, RepoRecord, TokenRecord } from '../state.ts';
import { covers } from '../webhooks/dispatcher.ts';
import { reaches } from '../http/access.ts';

const LIFETIME_MS = 3_600_000;

export const routes: Readonly<Record<string, Handler>> = {
  'GET /app': (call) => {
    const app = appIn(call);
    const count = installationsOf(call, app).length;
    return ok({ ...presentApp(call.world, app), installations_count: count });
  },
  'GET /apps/{app_slug}': (call) => {
    const app = call.world.apps.get(param(call, 'app_slug').toLowerCase());
    if (app === undefined) throw new Refused(404, 'Not Found');
    return ok(presentApp(call.world, app));
  },
  'GET /app/installations': (call) =>
    listed(call, installationsOf(call, appIn(call)), (item) => presentInstallation(call.world, item)),
  'GET /app/installations/{installation_id}': (call) => ok(presentInstallation(call.world, installationIn(call))),
  'POST /app/installations/{installation_id}/access_tokens': makeToken,
  'GET /repos/{owner}/{repo}/installation': (call) => {
    const repo = repoIn(call);
    const found = installationsOf(call, appIn(call)).find((installation) => covers(installation, repo));
    if (found === undefined) throw new Refused(404, 'Not Found');
    return ok(presentInstallation(call.world, found));
  },
  'GET /installation/repositories': (call) => {
    if (call.principal.kind !== 'installation') throw new Refused(403, 'Resource not accessible');
    const { token } = call.principal;
    const repos = [...call.world.repos.values()].filter((repo) => reaches(token, repo));
    return counted(call, 'repositories', repos, (repo) => presentRepository(call.world, repo));
  },
};

function appIn(call: Call): AppRecord {
  if (call.principal.kind !== 'app') throw new Refused(401, 'A JSON web token could not be decoded');
  return call.principal.app;
}

function installationsOf(call: Call, app: AppRecord): readonly InstallationRecord[] {
  return [...call.world.installations.values()].filter((installation) => installation.app.id === app.id);
}

function installationIn(call: Call): InstallationRecord {
  const installation = call.world.installations.get(idParam(call, 'installation_id'));
  if (installation === undefined || installation.app.id !== appIn(call).id) throw new Refused(404, 'Not Found');
  return installation;
}

/** A token for all that the installation has, or narrowed to repositories and permissions; never for more. */
function makeToken(call: Call): Answer {
  const { world, body } = call;
  const installation = installationIn(call);
  if (installation.suspendedAt !== null) throw new Refused(403, 'This installation has been suspended');
  const repos = namedRepositories(call, installation);
  const granted = installation.app.permissions;
  const permissions = body.dictionary('permissions') ?? granted;
  for (const [name, level] of Object.entries(permissions)) {
    const has = granted[name] === 'write' || granted[name] === level || (name === 'metadata' && level === 'read');
    if (!has) throw new Refused(422, 'The permissions requested are not granted to this installation.');
  }
  const token: TokenRecord = {
    // Real tokens have no fixed length any more; a client that counts on one must fail here.
    token: `ghs_${installation.app.id}_${randomBytes(24 + Math.floor(Math.random() * 160)).toString('base64url')}`,
    installation,
    repositoryIds: repos === null ? null : new Set(repos.map((repo) => repo.id)),
    permissions: { metadata: 'read', ...permissions },
    expiresAt: world.now() + LIFETIME_MS,
  };
  world.tokens.set(token.token, token);
  return ok(
    {
      token: token.token,
      expires_at: isoTime(token.expiresAt),
      permissions: token.permissions,
      repository_selection: repos === null && installation.repos === null ? 'all' : 'selected',
      ...(repos === null ? {} : { repositories: repos.map((repo) => presentRepository(world, repo)) }),
    },
    201,
  );
}

function namedRepositories(call: Call, installation: InstallationRecord): readonly RepoRecord[] | null {
  const { world, body } = call;
  if (!body.has('repository_ids') && !body.has('repositories')) return null;
  const owned = [...world.repos.values()].filter((repo) => covers(installation, repo));
  const ids = body.numbers('repository_ids').map((id) => owned.find((repo) => repo.id === id));
  const names = body.texts('repositories').map((name) => owned.find((repo) => repo.name === name));
  const found = [...ids, ...names].filter((repo) => repo !== undefined);
  if (found.length < ids.length + names.length || found.length === 0) {
    throw new Refused(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  return found;
}
