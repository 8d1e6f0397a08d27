import { createHash } from 'node:crypto';

import { nodeId } from '../present/schemas.ts';
import type { Account, Role } from '../sandbox.ts';
import type { OrgRecord, RepoRecord, TeamRecord, World } from '../state.ts';

const PREFIX = { User: 'U', Bot: 'BOT', Organization: 'O' } as const;

export function addAccount(
  world: World,
  login: string,
  type: Account['type'],
  options: { id?: number; email?: string } = {},
): Account {
  const known = world.accounts.get(login.toLowerCase());
  if (known !== undefined) return known;
  const id = options.id ?? world.nextId('account');
  const account: Account = {
    id,
    nodeId: nodeId(PREFIX[type], id),
    login,
    type,
    email: options.email ?? `${id}+${login}@users.noreply.github.com`,
    token: `ghp_${createHash('sha256').update(`${world.url} ${login}`).digest('hex').slice(0, 36)}`,
  };
  world.accounts.set(login.toLowerCase(), account);
  return account;
}

export function accountOf(world: World, login: string): Account {
  const account = world.accounts.get(login.toLowerCase());
  if (account === undefined) throw new TypeError(`no account ${login} in the sandbox`);
  return account;
}

/** Everything the account did and may do follows it, as it is kept by id there; here grants are kept by login. */
export function renameAccount(world: World, account: Account, newLogin: string): void {
  const [old, fresh] = [account.login.toLowerCase(), newLogin.toLowerCase()];
  if (world.accounts.has(fresh)) throw new TypeError(`the login ${newLogin} is taken`);
  world.accounts.delete(old);
  world.accounts.set(fresh, Object.assign(account, { login: newLogin }));
  const move = (logins: Set<string>): void => {
    if (logins.delete(old)) logins.add(fresh);
  };
  for (const org of world.orgs.values()) {
    move(org.owners);
    move(org.members);
    for (const team of org.teams.values()) move(team.members);
  }
  for (const { collaborators } of world.repos.values()) {
    const role = collaborators.get(old);
    if (role === undefined) continue;
    collaborators.delete(old);
    collaborators.set(fresh, role);
  }
}

/** GitHub's mapping: the registered address, or the noreply form with or without the id; null when it is nobody's. */
export function accountByEmail(world: World, email: string): Account | null {
  const wanted = email.toLowerCase();
  for (const account of world.accounts.values()) {
    const login = account.login.toLowerCase();
    if (account.type === 'Organization') continue;
    if (account.email.toLowerCase() === wanted) return account;
    if (wanted === `${account.id}+${login}@users.noreply.github.com`) return account;
    if (wanted === `${login}@users.noreply.github.com`) return account;
  }
  return null;
}

const RANK: readonly Role[] = ['read', 'triage', 'write', 'maintain', 'admin'];

/** The highest of all grants; null: none. Bots that are no App of the sandbox count as installed with write access. */
export function roleOf(world: World, repo: RepoRecord, account: Account): Role | null {
  const login = account.login.toLowerCase();
  const roles: Role[] = [];
  const org: OrgRecord | undefined = world.orgs.get(repo.owner.login.toLowerCase());
  if (repo.owner.id === account.id || org?.owners.has(login) === true) roles.push('admin');
  const direct = repo.collaborators.get(login);
  if (direct !== undefined) roles.push(direct);
  for (const team of org?.teams.values() ?? []) {
    const role = team.members.has(login) ? team.access.get(repo.fullName.toLowerCase()) : undefined;
    if (role !== undefined) roles.push(role);
  }
  if (account.type === 'Bot') roles.push('write');
  else if (!repo.isPrivate && account.type === 'User') roles.push('read');
  return roles.sort((a, b) => RANK.indexOf(b) - RANK.indexOf(a))[0] ?? null;
}

export function hasRole(world: World, repo: RepoRecord, account: Account, least: Role): boolean {
  const role = roleOf(world, repo, account);
  return role !== null && RANK.indexOf(role) >= RANK.indexOf(least);
}

export function teamBySlug(world: World, org: string, slug: string): TeamRecord | undefined {
  return world.orgs.get(org.toLowerCase())?.teams.get(slug.toLowerCase());
}

export function repoOf(world: World, fullName: string): RepoRecord {
  const repo = world.repos.get(fullName.toLowerCase());
  if (repo === undefined) throw new TypeError(`no repository ${fullName} in the sandbox`);
  return repo;
}
