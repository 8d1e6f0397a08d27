import { routePermissions, type Needed } from '../permissions.ts';
import { Refused } from '../refused.ts';
import type { RepoRecord, TokenRecord, World } from '../state.ts';
import { hasRole } from '../world/accounts.ts';
import { covers } from '../webhooks/dispatcher.ts';
import type { Principal } from './call.ts';

const NOT_FOR_APPS = 'Resource not accessible by integration';

/** Lets a request in or throws: credential kind first, then the repository, then the permission. */
export function admit(world: World, route: string, principal: Principal, repo: RepoRecord | null): void {
  const needed: Needed | undefined = routePermissions[route];
  if (needed === undefined) throw new TypeError(`no permission is written down for ${route}`);
  if (needed === 'public') return;
  if (principal.kind === 'anonymous') throw new Refused(401, 'Requires authentication');
  if (needed === 'id-token-request') {
    if (principal.kind !== 'id-token-request') throw new Refused(401, 'Unauthorized');
    return;
  }
  // What asks for OIDC tokens is good for nothing else.
  if (principal.kind === 'id-token-request') throw new Refused(401, 'Bad credentials');
  if (needed === 'app') {
    if (principal.kind !== 'app') throw new Refused(401, 'A JSON web token could not be decoded');
    return;
  }
  if (principal.kind === 'app') throw new Refused(403, NOT_FOR_APPS);
  if (needed === 'installation') {
    if (principal.kind !== 'installation')
      throw new Refused(403, 'You must authenticate with an installation access token');
    return;
  }
  if (needed === 'signed-in') return;
  if (principal.kind === 'installation') admitInstallation(principal.token, needed, repo);
  else if (repo !== null) admitPerson(world, principal, needed, repo);
}

/** Token → installation → repository → permission; a private repository outside of it does not exist. */
export function admitInstallation(token: TokenRecord, needed: readonly string[], repo: RepoRecord | null): void {
  if (repo !== null && !reaches(token, repo)) {
    throw repo.isPrivate ? new Refused(404, 'Not Found') : new Refused(403, NOT_FOR_APPS);
  }
  if (!needed.some((permission) => grants(token, permission))) throw new Refused(403, NOT_FOR_APPS, needed);
}

export function reaches(token: TokenRecord, repo: RepoRecord): boolean {
  return covers(token.installation, repo) && (token.repositoryIds === null || token.repositoryIds.has(repo.id));
}

/** Every token may read metadata. */
export function grants(token: TokenRecord, permission: string): boolean {
  const [name = '', level = ''] = permission.split(':');
  const granted = name === 'metadata' ? 'read' : token.permissions[name];
  return granted === 'write' || (granted === 'read' && level === 'read');
}

function admitPerson(
  world: World,
  principal: Extract<Principal, { kind: 'user' }>,
  needed: readonly string[],
  repo: RepoRecord,
): void {
  if (!hasRole(world, repo, principal.account, 'read')) throw new Refused(404, 'Not Found');
  const writes = needed.every((permission) => permission.endsWith(':write'));
  // Anyone who can read may comment; every other write needs the role.
  const comment = needed.includes('issues:write');
  if (writes && !comment && !hasRole(world, repo, principal.account, 'write')) {
    throw new Refused(403, 'Must have write access to the repository');
  }
}
