import type { Account } from '../actors/account.ts';
import type { PartyRole } from '../parties/party.ts';
import { couldFill } from '../policy/seats.ts';
import type { Authority } from '../review.ts';
import type { Because } from './decision.ts';
import { eligibility, pathsOf } from './eligibility.ts';
import type { EligibilityContext } from './eligibility.ts';
import { because } from './reasons.ts';

/** "Why may I not approve?", answered for one account. */
export interface PersonExplained {
  readonly account: Account;
  /** Every path that excludes them, the strongest first; empty for somebody who had no part in the change. */
  readonly paths: readonly PartyRole[];
  /** Ids of the seats that they may fill. */
  readonly seats: readonly string[];
  /** `may-fill-seat`, `had-no-part` where there is no seat, or why they fill none. */
  readonly because: Because;
}

/**
 * The same judgement that the gate makes of an answer of theirs, before there is one.
 *
 * @param account as the API named it
 * @param authority what the forge says now; null when it could not be read
 * @param context no seats: nothing is held, so that nobody is asked
 */
export function explainPerson(
  account: Account,
  authority: Authority | null,
  context: EligibilityContext,
): PersonExplained {
  const { parties, seats } = context;
  const { login } = account;
  const refused = eligibility(account, authority, context);
  const mayFill = authority === null ? [] : seats.filter((seat) => couldFill(seat, account, authority));
  const groups = [...new Set(mayFill.map(({ source }) => source.group))].join(', ');
  const paths = pathsOf(account, parties);
  if (refused?.code === 'review-not-weighed') {
    return { account, paths, seats: [], because: because('had-no-part', { login }) };
  }
  if (refused !== null) return { account, paths, seats: [], because: refused };
  return {
    account,
    paths,
    seats: mayFill.map(({ id }) => id),
    because: because('may-fill-seat', { login, seats: groups }),
  };
}
