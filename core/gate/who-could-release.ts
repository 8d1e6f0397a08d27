import type { Account } from '../actors/account.ts';
import type { Seat } from '../policy/requirement.ts';
import { couldFill, fillSeats, reachesAssurance } from '../policy/seats.ts';
import type { SeatCandidate } from '../policy/seats.ts';
import type { Authority } from '../review.ts';
import { eligibility } from './eligibility.ts';
import type { EligibilityContext } from './eligibility.ts';

export interface Person {
  readonly account: Account;
  readonly authority: Authority;
}

/** Open seats that the same people could fill. */
export interface OpenSeats {
  /** Names of the groups that the policy asks for, each once. */
  readonly groups: readonly string[];
  readonly count: number;
  /** Everyone known who could fill one of them, also where an approval that counts already has to move to another seat. */
  readonly people: readonly Account[];
}

/** Who could release what is held, by agreeing; whatever else holds it has to be mended too. */
export interface Releasers {
  /** How many more people have to agree: one for every open seat, because one person fills one seat (invariant 7). */
  readonly needed: number;
  readonly seats: readonly OpenSeats[];
  /** Any `count` people of every entry of `seats` are enough; otherwise somebody stands in two of them and fills only one. */
  readonly independent: boolean;
  /** Smallest sets of people who could release it together, at most `SETS_MAX`; empty: nobody known could. */
  readonly sets: readonly (readonly Account[])[];
  /** There are more of them, or perhaps, where so many seats are open that only one set was looked for. */
  readonly moreSets: boolean;
  /** Everyone known who could fill some seat and has not agreed yet. */
  readonly eligible: readonly Account[];
}

const SETS_MAX = 5;
/** With more open seats than that one set is shown: nobody reads more of them, and to find them takes long. */
const SEARCHED_SEATS = 5;

/**
 * The smallest sets of people whose approvals would fill every open seat. Adding one person fills at most one seat more, so
 * all smallest sets have as many people as seats are open, and a set that cannot grow any more never needs a step back.
 *
 * @param given approvals that count already
 * @param people everyone known, with what the forge says that they may do; those who may not are left out here
 * @param context with every seat, the filled ones too
 */
export function whoCouldRelease(
  given: readonly SeatCandidate[],
  people: readonly Person[],
  context: EligibilityContext,
): Releasers {
  const { seats } = context;
  const filled = (more: readonly Person[]): number =>
    fillSeats(seats, [...given, ...more.map(asCandidate)]).filter(({ filledBy }) => filledBy !== null).length;
  const before = filled([]);
  const needed = seats.length - before;
  const answered = new Set(given.map(({ reviewer }) => reviewer.id));
  const useful = people.filter(
    ({ account, authority }) => !answered.has(account.id) && eligibility(account, authority, context) === null,
  );
  const sets: (readonly Account[])[] = [];
  const search = (chosen: readonly Person[], rest: readonly Person[]): void => {
    if (chosen.length === needed) {
      sets.push(chosen.map(({ account }) => account));
      return;
    }
    for (const [index, person] of rest.entries()) {
      const later = rest.slice(index + 1);
      // Whoever is left could not fill the seats any more: neither could those after them.
      if (sets.length > SETS_MAX || filled([...chosen, person, ...later]) < seats.length) return;
      if (filled([...chosen, person]) > before + chosen.length) search([...chosen, person], later);
    }
  };
  const kinds = fewOfAKind(useful, seats, needed);
  if (needed > SEARCHED_SEATS) sets.push(...anyFilling(seats, given, kinds));
  else if (needed > 0) search([], kinds);
  const open = openSeats(seats, given, useful);
  return {
    needed,
    seats: open.seats,
    independent: needed === 1 || open.independent,
    sets: sets.slice(0, SETS_MAX),
    moreSets: sets.length > SETS_MAX || (needed > SEARCHED_SEATS && sets.length > 0 && useful.length > needed),
    eligible: useful.map(({ account }) => account),
  };
}

/** The strongest assurance that a channel of this version reaches. */
const BEST = 'platform-attested';

function asCandidate({ account, authority }: Person): SeatCandidate {
  return { reviewer: account, reviewId: `candidate:${account.id}`, authority, assurance: BEST };
}

function fits(seat: Seat, { reviewer, authority, assurance }: SeatCandidate): boolean {
  return couldFill(seat, reviewer, authority) && reachesAssurance(assurance, seat.assurance);
}

/** One set that fills every seat, if there is one. People who agreed already keep a seat, so all others in it are needed. */
function anyFilling(
  seats: readonly Seat[],
  given: readonly SeatCandidate[],
  people: readonly Person[],
): readonly (readonly Account[])[] {
  const seated = fillSeats(seats, [...given, ...people.map(asCandidate)]).map(({ filledBy }) => filledBy?.reviewer);
  if (seated.includes(undefined)) return [];
  return [people.map(({ account }) => account).filter((account) => seated.includes(account))];
}

/** People who fit the same seats stand for one another, so a few of each kind show everything; bounds the search. */
function fewOfAKind(people: readonly Person[], seats: readonly Seat[], needed: number): readonly Person[] {
  const kinds = Map.groupBy(people, (person) => kindOf(person, seats));
  return [...kinds.values()].flatMap((kind) => kind.slice(0, needed + SETS_MAX));
}

function kindOf(person: Person, seats: readonly Seat[]): string {
  return seats.map((seat) => (fits(seat, asCandidate(person)) ? '1' : '0')).join('');
}

function openSeats(
  seats: readonly Seat[],
  given: readonly SeatCandidate[],
  people: readonly Person[],
): { readonly seats: readonly OpenSeats[]; readonly independent: boolean } {
  const states = fillSeats(seats, given);
  const moves = states.filter(({ filledBy }) => filledBy === null).map(({ seat }) => vacated(seat, seats, given));
  const found = moves.map((reachable) => ({
    seat: reachable[0],
    people: people.filter((person) => reachable.some((seat) => fits(seat, asCandidate(person)))),
  }));
  const grouped = [...Map.groupBy(found, (each) => each.people.map(({ account }) => account.id).join()).values()];
  const open = grouped.map((group) => ({
    groups: [...new Set(group.flatMap(({ seat }) => (seat === undefined ? [] : [seat.source.group])))],
    count: group.length,
    people: group[0]?.people.map(({ account }) => account) ?? [],
  }));
  const everyone = open.flatMap((each) => each.people.map(({ id }) => id));
  return {
    seats: open,
    independent: new Set(everyone).size === everyone.length && moves.every(({ length }) => length === 1),
  };
}

/** The open seat itself and every seat whose holder could move towards it, so that somebody else could sit there. */
function vacated(open: Seat, seats: readonly Seat[], given: readonly SeatCandidate[]): readonly Seat[] {
  const seated = fillSeats(seats, given);
  const reachable = [open];
  for (const target of reachable) {
    for (const { seat, filledBy } of seated) {
      if (filledBy === null || reachable.includes(seat)) continue;
      const holder = given.filter(({ reviewer }) => reviewer.id === filledBy.reviewer.id);
      if (holder.some((approval) => fits(target, approval))) reachable.push(seat);
    }
  }
  return reachable;
}
