import type { Assurance } from '../review.ts';
import { pinnedId } from './fields.ts';
import { touchesInfra } from './named-paths.ts';
import type { Requirement, Seat, SeatSource, Subject } from './requirement.ts';
import { ruleMatches } from './rule-matches.ts';
import type { Policy, PolicyRule } from './schema.ts';
import { strongerAssurance } from './seats.ts';

/**
 * Whether the policy gates this subject at all; `scope` is the only place that says what is not gated. Doubt is in scope:
 * a suspected agent counts as one, a cut list of files as infrastructure.
 */
export function inScope({ scope }: Policy, subject: Subject): boolean {
  // `deployments: all` is the only word for them that this version takes.
  if (subject.kind === 'deployment') return true;
  const agent = subject.class === 'agent' || subject.class === 'suspected';
  const wanted = scope['pull-requests'];
  if (wanted === 'all') return true;
  const byInfra = wanted === 'infra' || wanted === 'agent-or-infra';
  const byAgent = wanted === 'agent' || wanted === 'agent-or-infra';
  return (byAgent && agent) || (byInfra && touchesInfra(subject.paths, subject.pathsComplete));
}

/** Where no rule asks for a person: one who may change the repository's settings short of an administrator. */
const BUILT_IN_SEAT: Seat = {
  id: 'built-in/1',
  source: { group: 'maintainers (built in)', minPermission: 'maintain', teams: [], userIds: [] },
  rules: ['built-in'],
  assurance: null,
};

/**
 * What the policy asks of a subject that is in scope. All matching rules apply (invariant 6): seats of one group are
 * merged by the highest count, those of different groups add up, every denial stands. Never without a seat: where no rule
 * asks for one, the built-in seat does (C79, C117). So adding a rule never takes a seat or a denial away that a rule made;
 * the built-in seat alone makes room for the first rule that says who else it should be.
 *
 * @param resolved - account ids of the logins in `policyUsers`, by lower-case login; a login without one fills no seat
 */
export function requirementFor(
  policy: Policy,
  subject: Subject,
  resolved: { readonly users: ReadonlyMap<string, number> },
): Requirement {
  const matching = (policy.rules ?? []).filter((rule) => ruleMatches(rule.when, subject, policy));
  const seats = mergeSeats(matching, (group) => sourceOf(policy, group, resolved.users, subject.now));
  return {
    rules: matching.map(({ id }) => id),
    seats: seats.length > 0 ? seats : [BUILT_IN_SEAT],
    denials: matching.flatMap(({ id, deny }) => (deny === undefined ? [] : [{ rule: id, text: deny }])),
    reasonMinLength: Math.max(0, ...matching.map(({ reason }) => reason?.['min-length'] ?? 0)),
  };
}

/** Seat n of a group belongs to every rule that asks for n or more of it, and asks for the strongest of their assurances. */
function mergeSeats(rules: readonly PolicyRule[], source: (group: string) => SeatSource): readonly Seat[] {
  const asked = rules.flatMap(({ id, require = [] }) => require.map((seats) => ({ rule: id, ...seats })));
  return [...Map.groupBy(asked, ({ from }) => from)].flatMap(([group, wanted]) =>
    Array.from({ length: Math.max(...wanted.map(({ count }) => count)) }, (_, index): Seat => {
      const asking = wanted.filter(({ count }) => count > index);
      return {
        id: `${group}/${index + 1}`,
        source: source(group),
        rules: asking.map(({ rule }) => rule),
        assurance: asking.reduce<Assurance | null>(
          (strongest, { assurance }) => strongerAssurance(strongest, assurance ?? null),
          null,
        ),
      };
    }),
  );
}

function sourceOf(policy: Policy, name: string, users: ReadonlyMap<string, number>, now: number): SeatSource {
  const group = policy.groups?.[name];
  const ms = group?.['member-for'];
  return {
    group: name,
    minPermission: group?.['min-permission'] ?? null,
    teams: group?.teams ?? [],
    userIds: (group?.users ?? []).flatMap((user) => pinnedId(user) ?? users.get(user.toLowerCase()) ?? []),
    ...(ms === undefined ? {} : { memberFor: { ms, now } }),
  };
}

/** Logins, in lower case and each once, whose account ids must be looked up; those written as `login#id` need none. */
export function policyUsers(policy: Policy): readonly string[] {
  const users = Object.values(policy.groups ?? {}).flatMap((group) => group.users ?? []);
  return [...new Set(users.filter((user) => pinnedId(user) === null).map((user) => user.toLowerCase()))];
}
