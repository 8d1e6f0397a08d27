import { ok, param, repoIn, type Call, type Handler } from '../http/call.ts';
import { listed } from '../http/paginate.ts';
import { presentAccount, presentUser } from '../present/account.ts';
import { Refused } from '../refused.ts';
import type { Account, Role } from '../sandbox.ts';
import type { TeamRecord } from '../state.ts';
import { roleOf, teamBySlug } from '../world/accounts.ts';

const R = '/repos/{owner}/{repo}';

/** REST folds the five roles into four permissions; the role's own name stands beside it. */
const PERMISSION = { read: 'read', triage: 'read', write: 'write', maintain: 'write', admin: 'admin' } as const;

export const routes: Readonly<Record<string, Handler>> = {
  'GET /users/{username}': (call) => ok(presentUser(call.world, named(call))),
  'GET /user/{account_id}': (call) => {
    const id = Number(param(call, 'account_id'));
    const account = [...call.world.accounts.values()].find((candidate) => candidate.id === id);
    if (account === undefined) throw new Refused(404, 'Not Found');
    return ok(presentUser(call.world, account));
  },
  [`GET ${R}/collaborators/{username}/permission`]: (call) => {
    const account = named(call);
    const role = roleOf(call.world, repoIn(call), account);
    return ok({
      permission: role === null ? 'none' : PERMISSION[role],
      role_name: role ?? '',
      user: { ...presentAccount(call.world, account), permissions: flags(role), role_name: role ?? '' },
    });
  },
  [`GET ${R}/collaborators`]: (call) => {
    const repo = repoIn(call);
    const wanted = call.query.get('permission');
    const people = [...call.world.accounts.values()]
      .filter((account) => account.type === 'User')
      .map((account) => ({ account, role: roleOf(call.world, repo, account) }))
      .filter(({ account, role }) => isCollaborator(call, account) && role !== null && hasFlag(role, wanted));
    return listed(call, people, ({ account, role }) => ({
      ...presentAccount(call.world, account),
      permissions: flags(role),
      role_name: role ?? '',
    }));
  },
  'GET /orgs/{org}/teams/{team_slug}/members': (call) => {
    const members = [...teamIn(call).members].map((login) => call.world.accounts.get(login));
    return listed(
      call,
      members.filter((account) => account !== undefined),
      (account) => presentAccount(call.world, account),
    );
  },
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': (call) => {
    const team = teamIn(call);
    const login = param(call, 'username').toLowerCase();
    if (!team.members.has(login)) throw new Refused(404, 'Not Found');
    const url = `${call.world.apiUrl}${call.path}`;
    return ok({ url, role: 'member', state: 'active' });
  },
};

function named(call: Call): Account {
  const account = call.world.accounts.get(param(call, 'username').toLowerCase());
  if (account === undefined) throw new Refused(404, 'Not Found');
  return account;
}

function teamIn(call: Call): TeamRecord {
  const team = teamBySlug(call.world, param(call, 'org'), param(call, 'team_slug'));
  const { principal } = call;
  const own =
    principal.kind !== 'installation' ||
    principal.token.installation.owner.login.toLowerCase() === team?.org.toLowerCase();
  if (team === undefined || !own) throw new Refused(404, 'Not Found');
  return team;
}

/** Everybody reads a public repository, but only those with a grant are listed. */
function isCollaborator(call: Call, account: Account): boolean {
  const repo = repoIn(call);
  const login = account.login.toLowerCase();
  const org = call.world.orgs.get(repo.owner.login.toLowerCase());
  const inTeam = [...(org?.teams.values() ?? [])].some(
    (team) => team.members.has(login) && team.access.has(repo.fullName.toLowerCase()),
  );
  return repo.owner.id === account.id || repo.collaborators.has(login) || org?.owners.has(login) === true || inTeam;
}

function flags(role: Role | null): Readonly<Record<'pull' | 'triage' | 'push' | 'maintain' | 'admin', boolean>> {
  const rank = role === null ? -1 : ['read', 'triage', 'write', 'maintain', 'admin'].indexOf(role);
  return { pull: rank >= 0, triage: rank >= 1, push: rank >= 2, maintain: rank >= 3, admin: rank >= 4 };
}

function hasFlag(role: Role, wanted: string | null): boolean {
  if (wanted === null) return true;
  const entry = Object.entries(flags(role)).find(([name]) => name === wanted);
  return entry?.[1] ?? false;
}
