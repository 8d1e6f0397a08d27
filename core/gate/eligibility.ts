import type { Account } from '../actors/account.ts';
import { notHumanBecause } from '../actors/human.ts';
import type { MachineAccounts, NotHuman } from '../actors/human.ts';
import { exclusionPaths, tellPaths } from '../parties/explain.ts';
import type { Sighted } from '../parties/explain.ts';
import type { Parties, PartyRole } from '../parties/party.ts';
import type { Seat } from '../policy/requirement.ts';
import { freshMemberships } from '../policy/member-for.ts';
import { couldFill } from '../policy/seats.ts';
import type { Authority } from '../review.ts';
import type { Because } from './decision.ts';
import { because } from './reasons.ts';

/** What somebody is judged by, whoever they are. */
export interface EligibilityContext {
  readonly parties: Parties;
  readonly seats: readonly Seat[];
  /** Accounts that are no people: the registry's and those that the policy adds. */
  readonly machines: MachineAccounts;
  /** For the sentences alone: which agents somebody prompted. */
  readonly sighted: Sighted;
}

/** Every path that keeps the account from countersigning, the strongest first; empty for somebody who had no part in it. */
export function pathsOf(account: Account, parties: Parties): readonly PartyRole[] {
  return parties.all
    .filter((party) => party.account.id === account.id)
    .flatMap((party) => exclusionPaths(party, parties.mergersExcluded));
}

/**
 * Why this account could fill none of the seats, or null when it could fill at least one (invariant 3). Nobody is exempt:
 * an administrator who had a part in the change is refused like everybody else (C23).
 *
 * @param authority what the forge says now; null when that could not be read, which never counts as eligible
 */
export function eligibility(
  account: Account,
  authority: Authority | null,
  { parties, seats, machines, sighted }: EligibilityContext,
): Because | null {
  const { login } = account;
  const notHuman = notHumanBecause(account, machines);
  if (notHuman !== null) return because('reviewer-not-human', { login, kind: NOT_HUMAN[notHuman] });
  const paths = pathsOf(account, parties);
  if (paths.length > 0) {
    const roles = [...new Set(paths.map(({ role }) => role))].join(', ');
    return because('reviewer-is-party', { login, roles, path: tellPaths(paths, sighted) });
  }
  if (seats.length === 0) return because('review-not-weighed', { login });
  if (authority === null) return because('reviewer-unknown', { login });
  if (!seats.some((seat) => couldFill(seat, account, authority))) {
    const fresh = seats
      .flatMap(({ source }) => freshMemberships(source, authority))
      .toSorted((a, b) => a.from - b.from);
    const [first] = fresh;
    if (first !== undefined) {
      const { team, from } = first;
      return because('membership-too-fresh', { login, team, from: new Date(from).toISOString() });
    }
    const missing = new Set(seats.map((seat) => `${seat.source.group} (${tellMissing(seat, authority)})`));
    return because('reviewer-lacks-authority', { login, seats: [...missing].join(', ') });
  }
  return null;
}

const NOT_HUMAN = {
  'no-id': 'no account',
  'not-a-user': 'a bot or organisation',
  'bot-login': 'a bot',
  'agent-account': 'an AI agent',
  'machine-account': 'a listed machine account',
} as const satisfies Record<NotHuman, string>;

/** What the seat asks of a person that this one has not. */
function tellMissing({ source }: Seat, { permission }: Authority): string {
  const { teams, userIds, minPermission } = source;
  const missing = [
    ...(teams.length > 0 ? [`not in ${teams.join(', ')}`] : []),
    ...(userIds.length > 0 ? ['not one of the people it names'] : []),
    ...(minPermission === null ? [] : [`${permission}, not ${minPermission}`]),
  ];
  return missing.join('; ') || 'nobody can fill it';
}
