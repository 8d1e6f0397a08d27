import type { Account } from '../actors/account.ts';
import type { Decision } from './decision.ts';
import type { OpenSeats, Releasers } from './who-could-release.ts';

const PEOPLE_TOLD = 10;

/**
 * Who could release what was decided so, as one phrase. Approvals alone release nothing that a rule denies, that could not be
 * read completely, or that somebody rejected.
 *
 * @param releasers null: there is no seat to fill
 * @param name how a person is shown; escapes what has to be
 */
export function tellRelease(
  { kind, reason }: Pick<Decision, 'kind' | 'reason'>,
  releasers: Releasers | null,
  name: (account: Account) => string,
): string {
  if (kind === 'release') return 'nobody has to: every seat is filled';
  if (kind === 'reject') return 'nobody: it was rejected, and a new head or run makes a new request';
  if (releasers === null) return 'nobody at present';
  const told = tellReleasers(releasers, name);
  const isNobody = releasers.needed > 0 && releasers.sets.length === 0;
  return reason === 'waiting-for-seats' || isNobody ? told : `${told}; not before what else holds it is mended`;
}

/**
 * Who could fill the open seats: `any one of alice, bob; and any one of kim, lee`. Where somebody could fill either of two
 * seats and fills only one, the smallest sets are named too.
 */
export function tellReleasers(releasers: Releasers, name: (account: Account) => string): string {
  const { needed, seats, independent, sets, moreSets } = releasers;
  if (needed === 0) return 'nobody has to: every seat is filled';
  if (sets.length === 0) return `nobody: ${seats.map((open) => tellMissing(open, name)).join('; ')}`;
  const alternatives = seats.map(({ count, people }) => tellAny(count, people.map(name))).join('; and ');
  if (independent) return alternatives;
  const together = sets.map((set) => set.map(name).join(' and '));
  const told = `${together.join(', or ')}${moreSets ? ', or others' : ''}`;
  return `${alternatives}; ${needed} different people: ${told}`;
}

function tellAny(count: number, people: readonly string[]): string {
  if (people.length === count) return list(people, ' and ');
  return `any ${count === 1 ? 'one' : count} of ${list(people, ', ')}`;
}

/** One kind of seat that too few people could fill. */
export function tellMissing({ groups, count, people }: OpenSeats, name: (account: Account) => string): string {
  const seats = `${groups.join(', ')} (${count} asked)`;
  return `${seats} could be filled by ${people.length === 0 ? 'nobody' : list(people.map(name), ', ')}`;
}

/** What is cut is said (attack C98). */
function list(people: readonly string[], between: string): string {
  if (people.length <= PEOPLE_TOLD) return people.join(between);
  return `${people.slice(0, PEOPLE_TOLD).join(', ')} and ${people.length - PEOPLE_TOLD} more`;
}
