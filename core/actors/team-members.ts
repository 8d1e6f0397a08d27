/** Who is in a team and since when, as far as it was seen: GitHub does not tell how old a membership is (attack C28). */
export interface TeamMembers {
  /** Milliseconds since the epoch: the first look. */
  readonly baseAt: number;
  /** When the list was last another one. */
  readonly changedAt: number;
  /** In the order of their ids; `since` null: they were there at the first look. */
  readonly members: readonly { readonly id: number; readonly since: number | null }[];
}

/**
 * What is known after one more look. Those who are found at the very first look are the base and count at once: nobody would
 * be left otherwise to agree to anything, and that a policy asks for time is a change of the policy, which the policy before
 * it guards. Whoever is not seen at a look, and comes back, begins again.
 *
 * @param known null: the team was never looked at
 * @param accountIds everyone who is in the team at `now`
 * @returns `known` itself where nothing changed
 */
export function seeTeam(known: TeamMembers | null, accountIds: readonly number[], now: number): TeamMembers {
  const since = new Map(known?.members.map((member) => [member.id, member.since]));
  const ids = [...new Set(accountIds)].toSorted((left, right) => left - right);
  if (known !== null && ids.length === since.size && ids.every((id) => since.has(id))) return known;
  const members = ids.map((id) => {
    const first = since.get(id);
    return { id, since: first === undefined && known !== null ? now : (first ?? null) };
  });
  return { baseAt: known?.baseAt ?? now, changedAt: now, members };
}
