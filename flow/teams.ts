import { seeTeam } from '../core/actors/team-members.ts';
import type { TeamMembers } from '../core/actors/team-members.ts';
import { GateError } from '../core/errors.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { Seat } from '../core/policy/requirement.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { ReadPorts } from '../core/ports.ts';
import { load, save } from './state.ts';

/** Who was in a team when it was last read, and since when each of them was seen there without a break. */
export interface TeamSnapshot extends TeamMembers {
  /** Lower-case `org/slug`. */
  readonly team: string;
}

/** Teams whose members the policy asks for time; each once. */
export function watchedTeams(policy: Policy): readonly string[] {
  const groups = Object.values(policy.groups ?? {}).filter((group) => group['member-for'] !== undefined);
  return [...new Set(groups.flatMap(({ teams = [] }) => teams))];
}

/** The same of the seats of one request. */
export function teamsToWatch(seats: readonly Seat[]): readonly string[] {
  const asking = seats.filter(({ source }) => source.memberFor !== undefined);
  return [...new Set(asking.flatMap(({ source }) => source.teams))];
}

/** What a look at some teams has found. */
export interface TeamsSeen {
  readonly snapshots: readonly TeamSnapshot[];
  /** Teams that `orGone` answers null for. */
  readonly gone: readonly string[];
}

/**
 * Reads these teams and remembers whoever is new in them.
 *
 * @throws {GateError} ERR_FORGE_* after all teams that can be read were
 */
export async function lookAtTeams(ports: ReadPorts, ref: RepositoryRef, teams: readonly string[]): Promise<TeamsSeen> {
  const snapshots: TeamSnapshot[] = [];
  const gone: string[] = [];
  const failures: GateError[] = [];
  for (const team of teams) {
    try {
      const seen = await orGone(() => lookAtTeam(ports, ref, team));
      if (seen === null) gone.push(team);
      else snapshots.push({ team, ...seen });
    } catch (error) {
      if (!(error instanceof GateError)) throw error;
      failures.push(error);
    }
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return { snapshots, gone };
}

/**
 * What is read of a team; null where GitHub knows no such team, does not show it to this App, or it is another
 * organisation's. Nobody is in such a team, and whoever judges by it says so: an error here would hold without a word.
 */
export async function orGone<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return null;
    throw error;
  }
}

async function lookAtTeam(ports: ReadPorts, ref: RepositoryRef, team: string): Promise<TeamMembers> {
  const stored = await load(ports.documents, ref, 'team', team);
  const known = stored?.body ?? null;
  const members = await ports.people.teamMembers(ref, team).catch(async (error: unknown) => {
    // Whoever makes the team later that the policy names must not be its base.
    if (known === null && error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') {
      await save(ports.documents, ref, 'team', team, { body: seeTeam(null, [], ports.clock.now()), version: 0 });
    }
    throw error;
  });
  // The time after the list was read: nobody is taken for longer in it than they are.
  const body = seeTeam(
    known,
    members.map(({ id }) => id),
    ports.clock.now(),
  );
  if (body !== known) await save(ports.documents, ref, 'team', team, { body, version: stored?.version ?? 0 });
  return body;
}

/** Since when an account is known in each of these teams; the base counts as ever. */
export async function memberSince(
  ports: ReadPorts,
  ref: RepositoryRef,
  teams: readonly string[],
): Promise<(accountId: number) => ReadonlyMap<string, number>> {
  const known: { readonly team: string; readonly since: ReadonlyMap<number, number> }[] = [];
  for (const team of teams) {
    const members = (await load(ports.documents, ref, 'team', team))?.body.members ?? [];
    known.push({ team, since: new Map(members.map(({ id, since }) => [id, since ?? EVER])) });
  }
  return (accountId) =>
    new Map(
      known.flatMap(({ team, since }) => {
        const first = since.get(accountId);
        return first === undefined ? [] : [[team, first] as const];
      }),
    );
}

const EVER = 0;
