import type { Account } from '../actors/account.ts';
import type { DeclaredPeople } from '../actors/declared-people.ts';

export type Role =
  | 'author'
  | 'co-author'
  | 'committer'
  | 'suggestion-author'
  | 'pusher'
  | 'pull-request-author'
  | 'sponsor'
  | 'dispatcher'
  | 're-runner'
  | 'owner'
  | 'merger';

/**
 * How something was learnt. `api`: GitHub's server says which account did it; `git`: an identity in a commit, which whoever
 * made it chose; `text`: free text (a body, a note, a trailer that GitHub does not read). The last two can only add people.
 */
export type Source = 'api' | 'git' | 'text';

/** One edge of the graph: what an account had to do with the change, and how that is known. */
export interface PartyRole {
  readonly role: Role;
  /** In a few words of ours: `commit 1a2b3c4`, `co-author trailer of 1a2b3c4`, `called @claude on #12`. */
  readonly where: string;
  readonly source: Source;
  /** Login of the account that it was, where this one only belongs to the same person, as the policy says (C18). */
  readonly by?: string;
}

/** One account on the requesting side and why. Every role but `merger` excludes from countersigning (invariant 3). */
export interface Party {
  readonly account: Account;
  readonly roles: readonly PartyRole[];
}

/** Somebody behind the change whom no account answers for: it may be anyone, also whoever approves. */
export interface UnknownPerson extends PartyRole {
  /** `ghost` for a deleted account, `nobody` where an agent names no person, otherwise the words of the requesting side. */
  readonly name: string;
}

export interface Parties {
  readonly all: readonly Party[];
  /** SHAs of commits that anyone may have made: an author maps to no account (C12), or nobody knows who pushed them. */
  readonly unattributed: readonly string[];
  readonly unknown: readonly UnknownPerson[];
  /** The policy says that merging excludes too. */
  readonly mergersExcluded: boolean;
  readonly people: DeclaredPeople;
}
