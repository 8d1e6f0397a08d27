import type { Account } from '../actors/account.ts';
import { accountOfNoreply } from '../actors/noreply.ts';
import type { ChangeFacts, GitPerson } from '../facts.ts';

/** Accounts by mailbox in lower case, as GitHub itself mapped them in this change; what no commit has is not looked up. */
export function knownMailboxes(change: ChangeFacts): ReadonlyMap<string, Account> {
  const known = new Map<string, Account>();
  for (const { authors, committer } of change.commits) {
    for (const { account, email } of [...authors, committer]) {
      if (account !== null && email !== '') known.set(email.trim().toLowerCase(), account);
    }
  }
  return known;
}

/** The account of a git identity, by GitHub's word or by the private address that it carries; null when neither tells. */
export function accountOfPerson(person: Pick<GitPerson, 'account' | 'email'> | undefined): Account | null {
  if (person === undefined) return null;
  if (person.account !== null) return person.account;
  const named = accountOfNoreply(person.email);
  return named === null ? null : { ...named, type: 'Unknown' };
}
