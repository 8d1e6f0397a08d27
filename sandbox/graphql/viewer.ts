import { grants, reaches } from '../http/access.ts';
import type { Principal } from '../http/call.ts';
import type { Account } from '../sandbox.ts';
import type { RepoRecord, World } from '../state.ts';
import { hasRole } from '../world/accounts.ts';
import { GraphqlRefusal } from './refusal.ts';

/** Who asks, and what they may see. */
export interface Viewer {
  readonly world: World;
  readonly principal: Principal;
}

export function sees(viewer: Viewer, repo: RepoRecord): boolean {
  const { principal, world } = viewer;
  if (principal.kind === 'installation') return reaches(principal.token, repo);
  return principal.kind === 'user' && hasRole(world, repo, principal.account, 'read');
}

/** Throws FORBIDDEN unless the token holds the permission (for a person: the role). */
export function demand(viewer: Viewer, repo: RepoRecord, permission: string): void {
  const { principal, world } = viewer;
  if (principal.kind === 'installation' && reaches(principal.token, repo) && grants(principal.token, permission))
    return;
  const least = permission.endsWith(':write') ? 'write' : 'read';
  if (principal.kind === 'user' && hasRole(world, repo, principal.account, least)) return;
  throw new GraphqlRefusal('FORBIDDEN', 'Resource not accessible by integration');
}

export function viewerAccount(viewer: Viewer): Account {
  const { principal } = viewer;
  if (principal.kind === 'user') return principal.account;
  if (principal.kind === 'installation') return principal.token.installation.app.bot;
  throw new GraphqlRefusal('FORBIDDEN', 'Resource not accessible by integration');
}
