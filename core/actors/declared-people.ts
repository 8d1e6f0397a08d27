/**
 * Which accounts are one human's: GitHub does not tell, so the policy does (attack C18). Whoever it does not name is the
 * person of one account.
 */
export interface DeclaredPeople {
  /** Accounts that are one person's; no account stands in two of the lists. The login is for the reader. */
  readonly persons: readonly (readonly DeclaredAccount[])[];
  /** The same number for all accounts of one person, by account id. */
  readonly personById: ReadonlyMap<number, number>;
  /** Logins that the policy gives to a person and that are nobody's now, or another's than when they were first seen. */
  readonly unresolved: readonly string[];
}

export interface DeclaredAccount {
  readonly id: number;
  readonly login: string;
}

/**
 * Makes one person of all entries that share an account: a login may turn out to be the account that another entry pins, and
 * then to count two people would be to guess.
 *
 * @param entries accounts of one person each, as the policy has them
 */
export function declarePeople(
  entries: readonly (readonly DeclaredAccount[])[],
  unresolved: readonly string[] = [],
): DeclaredPeople {
  let persons: readonly (readonly DeclaredAccount[])[] = [];
  for (const entry of entries) {
    const ids = new Set(entry.map(({ id }) => id));
    const isSame = (accounts: readonly DeclaredAccount[]): boolean => accounts.some(({ id }) => ids.has(id));
    const merged = new Map([...persons.filter(isSame).flat(), ...entry].map((account) => [account.id, account]));
    persons = [...persons.filter((accounts) => !isSame(accounts)), [...merged.values()]];
  }
  const personById = persons.flatMap((accounts) => {
    const person = Math.min(...accounts.map(({ id }) => id));
    return accounts.map(({ id }) => [id, person] as const);
  });
  return { persons, personById: new Map(personById), unresolved };
}

export const NOBODY_DECLARED: DeclaredPeople = declarePeople([]);

/** The same number for all accounts of one person, and another for every other person (invariant 7). */
export function personOf({ personById }: DeclaredPeople, accountId: number): number {
  return personById.get(accountId) ?? accountId;
}
