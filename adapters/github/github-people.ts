import { GateError } from '../../core/errors.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { People } from '../../core/ports.ts';
import type { RepositoryClients } from './client.ts';
import { PER_PAGE, readAllPages } from './paginate.ts';
import { accountSchema, accountsSchema } from './wire/account.ts';
import { parseWire } from './wire/parse-wire.ts';
import { appOwnerSchema, collaboratorsSchema, membershipSchema, permissionSchema } from './wire/repository.ts';

/** 5,000 people: nobody gives more of them write access, and a list of candidates is shown cut anyway. */
const MAX_PEOPLE_PAGES = 50;

/** Who may do what, as GitHub says now. */
export function createGitHubPeople(client: RepositoryClients): People {
  const teamMembers: People['teamMembers'] = async (ref, team) => {
    const route = 'GET /orgs/{org}/teams/{team_slug}/members';
    const path = teamPath(ref, team);
    return readAllPages(route, MAX_PEOPLE_PAGES, async (page) => {
      const reply = await client.clientFor(ref).request(route, { ...path, per_page: PER_PAGE, page });
      return { reply, items: parseWire(accountsSchema, reply.data, route) };
    });
  };

  return {
    permission: async (ref, login) => {
      const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission';
      const data = await orNull(async () => (await client.clientFor(ref).request(route, { username: login })).data);
      // Nobody of that name: no authority.
      if (data === null) return 'none';
      const answer = parseWire(permissionSchema, data, route);
      checkLogin(answer.login, login, route);
      return answer.permission;
    },

    isTeamMember: async (ref, team, login) => {
      const route = 'GET /orgs/{org}/teams/{team_slug}/memberships/{username}';
      const path = teamPath(ref, team);
      const data = await orNull(
        async () => (await client.clientFor(ref).request(route, { ...path, username: login })).data,
      );
      if (data !== null) return parseWire(membershipSchema, data, route).state === 'active';
      // 404 means either no member or no team, and a team that is gone must not look like an empty one.
      const members = 'GET /orgs/{org}/teams/{team_slug}/members';
      parseWire(accountsSchema, (await client.clientFor(ref).request(members, { ...path, per_page: 1 })).data, members);
      return false;
    },

    teamMembers,

    collaborators: (ref) => {
      const route = 'GET /repos/{owner}/{repo}/collaborators';
      return readAllPages(route, MAX_PEOPLE_PAGES, async (page) => {
        const reply = await client.clientFor(ref).request(route, { permission: 'push', per_page: PER_PAGE, page });
        return { reply, items: parseWire(collaboratorsSchema, reply.data, route) };
      });
    },

    appOwner: async (ref, slug) => {
      const route = 'GET /apps/{app_slug}';
      const data = await orNull(async () => (await client.clientFor(ref).request(route, { app_slug: slug })).data);
      if (data === null) return null;
      const app = parseWire(appOwnerSchema, data, route);
      checkLogin(app.slug ?? null, slug, route);
      return app.owner;
    },

    byLogin: async (ref, login) => {
      const route = 'GET /users/{username}';
      const data = await orNull(async () => (await client.clientFor(ref).request(route, { username: login })).data);
      if (data === null) return null;
      const account = parseWire(accountSchema, data, route);
      checkLogin(account.login, login, route);
      return account;
    },
  };
}

/** @throws {GateError} ERR_FORGE_SHAPE when somebody else was answered */
function checkLogin(answered: string | null, asked: string, route: string): void {
  if (answered?.toLowerCase() === asked.toLowerCase()) return;
  throw new GateError('ERR_FORGE_SHAPE', `${route} answered another account`);
}

async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return null;
    throw error;
  }
}

/** Teams of another organisation than the repository's are nobody's here: whoever owns it could fill it at will (C60). */
function teamPath(ref: RepositoryRef, team: string): { readonly org: string; readonly team_slug: string } {
  const [org, slug, ...rest] = team.split('/');
  if (
    org === undefined ||
    slug === undefined ||
    slug === '' ||
    rest.length > 0 ||
    org.toLowerCase() !== ref.owner.toLowerCase()
  ) {
    throw new GateError('ERR_FORGE_NOT_FOUND', 'a team named by the policy is not one of the repository owner');
  }
  return { org: ref.owner, team_slug: slug };
}
