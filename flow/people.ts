import { declarePeople } from '../core/actors/declared-people.ts';
import type { DeclaredAccount, DeclaredPeople } from '../core/actors/declared-people.ts';
import type { Account } from '../core/actors/account.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { Person } from '../core/gate/who-could-release.ts';
import { pinnedId } from '../core/policy/fields.ts';
import { policyUsers } from '../core/policy/match.ts';
import type { Seat } from '../core/policy/requirement.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { Authority, Permission, Review } from '../core/review.ts';
import { load, save } from './state.ts';
import { memberSince, orGone, teamsToWatch } from './teams.ts';

/**
 * Account ids of the logins that a policy names. The first id seen behind a login stays: when the login belongs to
 * another account later it fills no seat (attack C15), until the policy pins it as `login#id`.
 */
export async function resolveUsers(
  ports: ReadPorts,
  ref: RepositoryRef,
  policy: Policy,
): Promise<ReadonlyMap<string, number>> {
  const resolved = new Map<string, number>();
  for (const login of policyUsers(policy)) {
    const id = await resolveLogin(ports, ref, login.toLowerCase());
    if (id !== null) resolved.set(login.toLowerCase(), id);
  }
  return resolved;
}

/** Account id of a login that the policy names, in lower case; null when it is nobody's, or not any more that of whom it was. */
async function resolveLogin(ports: ReadPorts, ref: RepositoryRef, login: string): Promise<number | null> {
  const account = await ports.people.byLogin(ref, login);
  if (account === null) return null;
  const pinned = await load(ports.documents, ref, 'login', login);
  if (pinned === null) await save(ports.documents, ref, 'login', login, { body: { id: account.id }, version: 0 });
  return pinned === null || pinned.body.id === account.id ? account.id : null;
}

/** The account that the policy means by `login` or `login#id`; a pinned id needs no looking up. `id` as in `resolveLogin`. */
export async function resolveAccount(
  ports: ReadPorts,
  ref: RepositoryRef,
  text: string,
): Promise<{ readonly login: string; readonly id: number | null }> {
  const login = text.split('#', 1)[0] ?? '';
  return { login, id: pinnedId(text) ?? (await resolveLogin(ports, ref, login.toLowerCase())) };
}

/**
 * Which accounts the policy says are one person's. An entry of one account says nothing about that and is not looked up.
 */
export async function resolvePeople(
  ports: ReadPorts,
  ref: RepositoryRef,
  policy: Policy | null,
): Promise<DeclaredPeople> {
  const persons: DeclaredAccount[][] = [];
  const unresolved: string[] = [];
  for (const { accounts } of policy?.people ?? []) {
    if (accounts.length === 1) continue;
    const found: DeclaredAccount[] = [];
    for (const account of accounts) {
      const { login, id } = await resolveAccount(ports, ref, account);
      if (id === null) unresolved.push(login);
      // Whoever had the login first is that person still, under any name.
      const first = id ?? (await load(ports.documents, ref, 'login', login.toLowerCase()))?.body.id;
      if (first !== undefined) found.push({ id: first, login });
    }
    persons.push(found);
  }
  return declarePeople(persons, unresolved);
}

function teamsOf(seats: readonly Seat[]): readonly string[] {
  return [...new Set(seats.flatMap((seat) => seat.source.teams))];
}

/** What reviewers may do, and the teams of the seats that are gone (`orGone`), as far as somebody was looked for in them. */
export interface Authorities {
  readonly byId: ReadonlyMap<number, Authority>;
  readonly gone: readonly string[];
}

/** What each reviewer may do now; asked once a person, and only for people (bots fill no seat whatever they may do). */
export async function authoritiesOf(
  ports: ReadPorts,
  ref: RepositoryRef,
  reviews: readonly Review[],
  seats: readonly Seat[],
): Promise<Authorities> {
  const byId = new Map<number, Authority>();
  const gone = new Set<string>();
  for (const { reviewer } of reviews) {
    if (byId.has(reviewer.id) || reviewer.type !== 'User') continue;
    byId.set(reviewer.id, await authorityOf(ports, ref, reviewer, seats, (team) => gone.add(team)));
  }
  return { byId, gone: [...gone] };
}

/**
 * What one person may do now; the teams that a seat asks for time were looked at before (`lookAtTeams`).
 *
 * @param noteGone told of every team that is gone (`orGone`); nobody is in it
 */
export async function authorityOf(
  ports: ReadPorts,
  ref: RepositoryRef,
  { id, login }: Account,
  seats: readonly Seat[],
  noteGone: (team: string) => void = () => {},
): Promise<Authority> {
  const teams: string[] = [];
  for (const team of teamsOf(seats)) {
    const isMember = await orGone(() => ports.people.isTeamMember(ref, team, login));
    if (isMember === null) noteGone(team);
    else if (isMember) teams.push(team);
  }
  const since = await memberSince(ports, ref, teamsToWatch(seats));
  return { permission: await ports.people.permission(ref, login), teams, memberSince: since(id) };
}

/**
 * Everyone with access, in a team that a seat names, or named by the policy itself, with what they may do; of those who are
 * only named it is not asked.
 *
 * @param policy null where none is in force
 */
export async function peopleFor(
  ports: ReadPorts,
  ref: RepositoryRef,
  seats: readonly Seat[],
  policy: Policy | null,
): Promise<readonly Person[]> {
  const people = new Map<
    number,
    { readonly account: Account; readonly permission: Permission; readonly teams: string[] }
  >();
  for (const { account, permission } of await ports.people.collaborators(ref)) {
    people.set(account.id, { account, permission, teams: [] });
  }
  for (const team of teamsOf(seats)) {
    for (const account of (await orGone(() => ports.people.teamMembers(ref, team))) ?? []) {
      const entry = people.get(account.id) ?? { account, permission: 'none', teams: [] };
      entry.teams.push(team);
      people.set(account.id, entry);
    }
  }
  const missing = new Set(seats.flatMap(({ source }) => source.userIds.filter((id) => !people.has(id))));
  const known = new Set([...people.values()].map(({ account }) => account.login.toLowerCase()));
  for (const login of missing.size === 0 ? [] : namedLogins(policy)) {
    if (known.has(login)) continue;
    const account = await ports.people.byLogin(ref, login);
    // Its seat names an id: who took over the login since fills none (C15).
    if (account !== null && missing.has(account.id)) {
      people.set(account.id, { account, permission: 'none', teams: [] });
    }
  }
  const since = await memberSince(ports, ref, teamsToWatch(seats));
  return [...people.values()].map(({ account, permission, teams }) => ({
    account,
    authority: { permission, teams, memberSince: since(account.id) },
  }));
}

/** Logins that groups name, in lower case and without the id that pins them. */
function namedLogins(policy: Policy | null): readonly string[] {
  const users = Object.values(policy?.groups ?? {}).flatMap((group) => group.users ?? []);
  return [...new Set(users.map((user) => (user.split('#', 1)[0] ?? '').toLowerCase()))];
}
