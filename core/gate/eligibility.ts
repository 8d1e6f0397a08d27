import type { Account } from '../actors/account.ts';
import { isHumanReviewer } from '../actors/human.ts';
import type { MachineAccounts } from '../actors/human.ts';
import { excludingRoles } from '../parties/find-parties.ts';
import type { Parties } from '../parties/party.ts';
import type { Seat } from '../policy/requirement.ts';
import { couldFill, fillSeats } from '../policy/seats.ts';
import type { Authority } from '../review.ts';
import type { Because } from './decision.ts';
import { because } from './reasons.ts';

const NOTHING_SEEN: Sighted = { agents: [], signals: [] };

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
 * @param machines accounts that are no people: the registry's and those that the policy adds
 * @param authority what the forge says now; null when that could not be read, which never counts as eligible
 * @param sighted the agents of the change, for the sentence alone
 */
export function eligibility(
  account: Account,
  authority: Authority | null,
  parties: Parties,
  seats: readonly Seat[],
  machines: MachineAccounts,
): Because | null {
  const { login } = account;
  if (!isHumanReviewer(account, machines)) return because('reviewer-not-human', { login });
  const roles = parties.all
    .filter((party) => party.account.id === account.id)
    .flatMap((party) => excludingRoles(party, parties));
  if (roles.length > 0) return because('reviewer-is-party', { login, roles: roles.join(', ') });
  if (seats.length === 0) return because('review-not-weighed', { login });
  if (authority === null) return because('reviewer-unknown', { login });
  if (!seats.some((seat) => couldFill(seat, account, authority))) {
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

export interface Candidates {
  readonly eligible: readonly Account[];
  /** Could they, all together, fill every seat? False: the request says so at once (invariant 2). */
  readonly enough: boolean;
}

/** Who could release: to name them, and to notice that nobody could. */
export function candidates(
  people: readonly { readonly account: Account; readonly authority: Authority }[],
  parties: Parties,
  seats: readonly Seat[],
  machines: MachineAccounts,
): Candidates {
  const eligible = people.filter(
    (person) => eligibility(person.account, person.authority, parties, seats, machines) === null,
  );
  const states = fillSeats(
    seats,
    // The strongest assurance that a channel of this version reaches.
    eligible.map(({ account, authority }) => ({
      reviewer: account,
      reviewId: `candidate:${account.id}`,
      authority,
      assurance: 'platform-attested',
    })),
  );
  return {
    eligible: eligible.map((person) => person.account),
    enough: states.length > 0 && states.every((state) => state.filledBy !== null),
  };
}
