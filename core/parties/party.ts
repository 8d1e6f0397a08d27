import type { Account } from '../actors/account.ts';

export type Role =
  | 'author'
  | 'co-author'
  | 'committer'
  | 'pusher'
  | 'pull-request-author'
  | 'sponsor'
  | 'dispatcher'
  | 're-runner'
  | 'owner'
  | 'merger';

/** One account on the requesting side and why. Every role but `merger` excludes from countersigning (invariant 3). */
export interface Party {
  readonly account: Account;
  readonly roles: readonly { readonly role: Role; /** e.g. `commit 1a2b3c4` */ readonly where: string }[];
}

export interface Parties {
  readonly all: readonly Party[];
  /** SHAs of commits that anyone may have made: an author maps to no account (C12), or nobody knows who pushed them. */
  readonly unattributed: readonly string[];
}
