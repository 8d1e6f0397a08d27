import type { Account } from '../actors/account.ts';
import { personOf } from '../actors/declared-people.ts';
import type { DeclaredPeople } from '../actors/declared-people.ts';
import type { Seat } from '../policy/requirement.ts';
import { couldFill, fillSeats, provesEnough } from '../policy/seats.ts';
import type { SeatCandidate } from '../policy/seats.ts';
import type { Authority } from '../review.ts';
import { eligibility } from './eligibility.ts';
import type { EligibilityContext } from './eligibility.ts';

export interface Person {
  readonly account: Account;
  readonly authority: Authority;
  /** The policy names a security key of theirs, so their answer can be `human-signed` (C25). Default: no. */
  readonly canSign?: boolean;
}

/** All accounts by which one person could fill a seat; the same person with each of them (C18). */
type Prospect = readonly Person[];

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
  const { seats, parties } = context;
  const table: Table = { seats, declared: parties.people };
  const filled = (more: readonly Prospect[]): number =>
    seatedWith(table, [...given, ...more.flatMap(candidatesOf)]).length;
  const before = filled([]);
  const needed = seats.length - before;
  const person = ({ id }: Account): number => personOf(parties.people, id);
  const answered = new Set(given.map(({ reviewer }) => person(reviewer)));
  const eligible = people.filter(
    (each) =>
      !answered.has(person(each.account)) &&
      eligibility(each.account, each.authority, context) === null &&
      seats.some((seat) => fits(seat, asCandidate(each))),
  );
  const useful = [...Map.groupBy(eligible, ({ account }) => person(account)).values()];
  const sets: (readonly Account[])[] = [];
  const search = (chosen: readonly Prospect[], rest: readonly Prospect[]): void => {
    if (chosen.length === needed) {
      sets.push(accountsSeated(table, given, chosen));
      return;
    }
    for (const [index, prospect] of rest.entries()) {
      const later = rest.slice(index + 1);
      // Whoever is left could not fill the seats any more: neither could those after them.
      if (sets.length > SETS_MAX || filled([...chosen, prospect, ...later]) < seats.length) return;
      if (filled([...chosen, prospect]) > before + chosen.length) search([...chosen, prospect], later);
    }
  };
  const kinds = fewOfAKind(useful, seats, needed);
  if (needed > SEARCHED_SEATS) sets.push(...anyFilling(table, given, kinds));
  else if (needed > 0) search([], kinds);
  const open = openSeats(table, given, useful);
  return {
    needed,
    seats: open.seats,
    independent: needed === 1 || open.independent,
    sets: sets.slice(0, SETS_MAX),
    moreSets: sets.length > SETS_MAX || (needed > SEARCHED_SEATS && sets.length > 0 && useful.length > needed),
    eligible: eligible.map(({ account }) => account),
  };
}

/** The seats, and who counts as one person at them. */
interface Table {
  readonly seats: readonly Seat[];
  readonly declared: DeclaredPeople;
}

function seatedWith({ seats, declared }: Table, candidates: readonly SeatCandidate[]): readonly Account[] {
  return fillSeats(seats, candidates, declared).flatMap(({ filledBy }) => filledBy?.reviewer ?? []);
}

/** The account by which each of them takes a seat. */
function accountsSeated(
  table: Table,
  given: readonly SeatCandidate[],
  chosen: readonly Prospect[],
): readonly Account[] {
  const seated = new Set(seatedWith(table, [...given, ...chosen.flatMap(candidatesOf)]).map(({ id }) => id));
  return chosen.flatMap((prospect) => prospect.find(({ account }) => seated.has(account.id))?.account ?? []);
}

function candidatesOf(prospect: Prospect): readonly SeatCandidate[] {
  return prospect.map(asCandidate);
}

/** At their best: nothing that GitHub attests is stronger than `platform-attested`. */
function asCandidate({ account, authority, canSign = false }: Person): SeatCandidate {
  const assurance = canSign ? 'human-signed' : 'platform-attested';
  return { reviewer: account, reviewId: `candidate:${account.id}`, authority, assurance };
}

function fits(seat: Seat, { reviewer, authority, assurance }: SeatCandidate): boolean {
  return couldFill(seat, reviewer, authority) && provesEnough(seat, assurance, authority.permission);
}

/** One set that fills every seat, if there is one. People who agreed already keep a seat, so all others in it are needed. */
function anyFilling(
  table: Table,
  given: readonly SeatCandidate[],
  people: readonly Prospect[],
): readonly (readonly Account[])[] {
  const seated = seatedWith(table, [...given, ...people.flatMap(candidatesOf)]);
  return seated.length < table.seats.length ? [] : [accountsSeated(table, given, people)];
}

/** People who fit the same seats stand for one another, so a few of each kind show everything; bounds the search. */
function fewOfAKind(people: readonly Prospect[], seats: readonly Seat[], needed: number): readonly Prospect[] {
  const kinds = Map.groupBy(people, (prospect) => kindOf(prospect, seats));
  return [...kinds.values()].flatMap((kind) => kind.slice(0, needed + SETS_MAX));
}

function kindOf(prospect: Prospect, seats: readonly Seat[]): string {
  return seats.map((seat) => (prospect.some((person) => fits(seat, asCandidate(person))) ? '1' : '0')).join('');
}

function openSeats(
  table: Table,
  given: readonly SeatCandidate[],
  people: readonly Prospect[],
): { readonly seats: readonly OpenSeats[]; readonly independent: boolean } {
  const states = fillSeats(table.seats, given, table.declared);
  const moves = states.filter(({ filledBy }) => filledBy === null).map(({ seat }) => vacated(seat, table, given));
  const found = moves.map((reachable) => ({
    seat: reachable[0],
    // Each person once, by the first account that fits.
    people: people.flatMap((prospect) => {
      const fitting = prospect.find((person) => reachable.some((seat) => fits(seat, asCandidate(person))));
      return fitting?.account ?? [];
    }),
  }));
  const grouped = [...Map.groupBy(found, (each) => each.people.map(({ id }) => id).join()).values()];
  const open = grouped.map((group) => ({
    groups: [...new Set(group.flatMap(({ seat }) => (seat === undefined ? [] : [seat.source.group])))],
    count: group.length,
    people: group[0]?.people ?? [],
  }));
  const everyone = open.flatMap((each) => each.people.map(({ id }) => personOf(table.declared, id)));
  return {
    seats: open,
    independent: new Set(everyone).size === everyone.length && moves.every(({ length }) => length === 1),
  };
}

/** The open seat itself and every seat whose holder could move towards it, so that somebody else could sit there. */
function vacated(open: Seat, { seats, declared }: Table, given: readonly SeatCandidate[]): readonly Seat[] {
  const seated = fillSeats(seats, given, declared);
  const person = ({ id }: Account): number => personOf(declared, id);
  const reachable = [open];
  for (const target of reachable) {
    for (const { seat, filledBy } of seated) {
      if (filledBy === null || reachable.includes(seat)) continue;
      const holder = given.filter(({ reviewer }) => person(reviewer) === person(filledBy.reviewer));
      if (holder.some((approval) => fits(target, approval))) reachable.push(seat);
    }
  }
  return reachable;
}
