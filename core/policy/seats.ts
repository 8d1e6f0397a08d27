import type { Account } from '../actors/account.ts';
import { personOf } from '../actors/declared-people.ts';
import type { DeclaredPeople } from '../actors/declared-people.ts';
import type { SeatState } from '../gate/decision.ts';
import { PERMISSIONS } from '../review.ts';
import type { Assurance, Authority, Permission } from '../review.ts';
import { isMember } from './member-for.ts';
import type { Seat } from './requirement.ts';

/** Weakest first. */
const ASSURANCES: readonly Assurance[] = ['declared', 'platform-attested', 'signed-in', 'human-signed'];

/** Whether an assurance is at least as strong as the one asked for. */
export function reachesAssurance(given: Assurance, wanted: Assurance | null): boolean {
  return wanted === null || ASSURANCES.indexOf(given) >= ASSURANCES.indexOf(wanted);
}

/** The stronger of two assurances; null asks for none. */
export function strongerAssurance(a: Assurance | null, b: Assurance | null): Assurance | null {
  if (a === null || b === null) return a ?? b;
  return reachesAssurance(a, b) ? a : b;
}

/** Whether an approval is proven as strongly as the seat asks of whoever gave it. */
export function provesEnough(
  { assurance: wanted, sparesAdministrators }: Seat,
  given: Assurance,
  permission: Permission | undefined,
): boolean {
  return reachesAssurance(given, wanted) || (sparesAdministrators === true && permission === 'admin');
}

function reachesPermission(given: Permission, wanted: Permission): boolean {
  return PERMISSIONS.indexOf(given) >= PERMISSIONS.indexOf(wanted);
}

/**
 * Whether this account has what the seat asks of a person: one of the users by id, a member of one of the teams for as long as
 * it asks, or at least the permission. A seat whose users, teams and permission are all unset is nobody's (C91). That the
 * account is a person and no party is judged before (core/gate/eligibility.ts); bots are turned away here as well.
 *
 * @param authority - as the forge says it now, not as it was when the person answered
 */
export function couldFill({ source }: Seat, account: Account, authority: Authority): boolean {
  if (account.type !== 'User' || account.id <= 0) return false;
  return (
    source.userIds.includes(account.id) ||
    isMember(source, authority) ||
    (source.minPermission !== null && reachesPermission(authority.permission, source.minPermission))
  );
}

/** One approval that counts, of one person. The same person may stand here several times, through channels and accounts. */
export interface SeatCandidate {
  readonly reviewer: Account;
  readonly reviewId: string;
  readonly authority: Authority;
  readonly assurance: Assurance;
}

/**
 * Fills as many seats as can be filled, each by a person of its own: one account never takes two, nor do two accounts of one
 * person (invariant 7; C16, C17, C18). Maximum bipartite matching by augmenting paths, so the order of people and seats never decides whether all seats
 * can be filled.
 *
 * @returns one state for every seat, in the order of `seats`
 */
export function fillSeats(
  seats: readonly Seat[],
  candidates: readonly SeatCandidate[],
  declared: DeclaredPeople,
): readonly SeatState[] {
  const people = Map.groupBy(candidates, ({ reviewer }) => personOf(declared, reviewer.id));
  const takenBy: (number | null)[] = seats.map(() => null);

  const fits = (person: number, seat: Seat | undefined): SeatCandidate | undefined =>
    people
      .get(person)
      ?.find(
        ({ reviewer, authority, assurance }) =>
          seat !== undefined &&
          couldFill(seat, reviewer, authority) &&
          provesEnough(seat, assurance, authority.permission),
      );

  /** Seats the person: on a free seat, or by moving those who sit already where that makes room. */
  const sit = (person: number, tried: Set<number>): boolean => {
    const fitting = [...seats.keys()].filter((index) => fits(person, seats[index]) !== undefined);
    const free = fitting.find((index) => takenBy[index] === null);
    if (free !== undefined) {
      takenBy[free] = person;
      return true;
    }
    for (const index of fitting) {
      const sitting = takenBy[index] ?? null;
      if (tried.has(index) || sitting === null) continue;
      tried.add(index);
      if (sit(sitting, tried)) {
        takenBy[index] = person;
        return true;
      }
    }
    return false;
  };
  for (const person of people.keys()) sit(person, new Set());

  return seats.map((seat, index) => {
    const person = takenBy[index] ?? null;
    const filling = person === null ? undefined : fits(person, seat);
    return {
      seat,
      filledBy: filling === undefined ? null : { reviewer: filling.reviewer, reviewId: filling.reviewId },
    };
  });
}
