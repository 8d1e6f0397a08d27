import type { DeclaredPeople } from '../actors/declared-people.ts';
import { exclusionPaths } from './explain.ts';
import type { Parties, Party, PartyRole } from './party.ts';

/**
 * Whoever is kept from countersigning is so with every account that the policy says is theirs (attack C18): each of those that
 * had no part itself takes over the paths, with the login of the account that had. Nobody is taken out.
 */
export function withSamePeople(parties: Omit<Parties, 'people'>, people: DeclaredPeople): Parties {
  const paths = new Map(parties.all.map((party) => [party.account.id, exclusionPaths(party, parties.mergersExcluded)]));
  const pathsOf = (id: number): readonly PartyRole[] => paths.get(id) ?? [];
  const inherited = people.persons.flatMap((accounts) =>
    accounts
      .filter(({ id }) => pathsOf(id).length === 0)
      .map(({ id, login }): Party => {
        const roles = accounts.flatMap((other) => pathsOf(other.id).map((path) => ({ ...path, by: other.login })));
        return { account: { id, login, type: 'Unknown' }, roles };
      })
      .filter(({ roles }) => roles.length > 0),
  );
  const byId = new Map(inherited.map(({ account, roles }) => [account.id, roles]));
  const own = parties.all.map((party): Party => {
    const more = byId.get(party.account.id) ?? [];
    return more.length === 0 ? party : { ...party, roles: [...party.roles, ...more] };
  });
  const known = new Set(parties.all.map(({ account }) => account.id));
  return { ...parties, all: [...own, ...inherited.filter(({ account }) => !known.has(account.id))], people };
}
