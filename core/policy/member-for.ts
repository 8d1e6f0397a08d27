import type { Authority } from '../review.ts';
import type { SeatSource } from './requirement.ts';

/**
 * How long somebody must have been in a team before it lets them fill a seat: who joins, approves and leaves again is in it
 * for minutes (attack C28). GitHub does not tell how old a membership is, so it counts from when it was first seen here.
 */
export interface MemberFor {
  readonly ms: number;
  /** Milliseconds since the epoch: the moment of the decision. */
  readonly now: number;
}

export interface FreshMembership {
  /** Lower-case `org/slug`. */
  readonly team: string;
  /** Milliseconds since the epoch: from then on it counts. */
  readonly from: number;
}

/** Whether a membership in one of the teams of the seat counts by now. */
export function isMember(source: SeatSource, authority: Authority): boolean {
  return membershipsIn(source, authority).some(
    ({ from }) => source.memberFor === undefined || from <= source.memberFor.now,
  );
}

/** Memberships that would fill the seat and are too fresh for it. */
export function freshMemberships(source: SeatSource, authority: Authority): readonly FreshMembership[] {
  const { memberFor } = source;
  if (memberFor === undefined) return [];
  return membershipsIn(source, authority).filter(({ from }) => !(from <= memberFor.now));
}

/** A membership of which nobody knows since when begins now. */
function membershipsIn({ teams, memberFor }: SeatSource, authority: Authority): readonly FreshMembership[] {
  return teams
    .filter((team) => authority.teams.includes(team))
    .map((team) => ({
      team,
      from: memberFor === undefined ? 0 : (authority.memberSince?.get(team) ?? memberFor.now) + memberFor.ms,
    }));
}
