import type { Account } from '../actors/account.ts';
import { isHumanReviewer } from '../actors/human.ts';
import { agentRegistry } from '../authorship/registry.ts';
import { excludingRoles } from '../parties/find-parties.ts';
import type { Parties } from '../parties/party.ts';
import type { Seat } from '../policy/requirement.ts';
import { couldFill, fillSeats } from '../policy/seats.ts';
import type { Authority } from '../review.ts';
import type { Because } from './decision.ts';
import { because } from './reasons.ts';

/**
 * Why this account could fill none of the seats, or null when it could fill at least one (invariant 3). Nobody is exempt:
 * an administrator who had a part in the change is refused like everybody else (C23).
 *
 * @param authority what the forge says now; null when that could not be read, which never counts as eligible
 */
export function eligibility(
  account: Account,
  authority: Authority | null,
  parties: Parties,
  seats: readonly Seat[],
): Because | null {
  const { login } = account;
  if (!isHumanReviewer(account, agentRegistry)) return because('reviewer-not-human', { login });
  const roles = parties.all.filter((party) => party.account.id === account.id).flatMap(excludingRoles);
  if (roles.length > 0) return because('reviewer-is-party', { login, roles: roles.join(', ') });
  if (seats.length === 0) return because('review-not-weighed', { login });
  if (authority === null) return because('reviewer-unknown', { login });
  if (!seats.some((seat) => couldFill(seat, account, authority))) {
    const groups = new Set(seats.map((seat) => seat.source.group));
    return because('reviewer-lacks-authority', { login, seats: [...groups].join(', ') });
  }
  return null;
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
): Candidates {
  const eligible = people.filter((person) => eligibility(person.account, person.authority, parties, seats) === null);
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
