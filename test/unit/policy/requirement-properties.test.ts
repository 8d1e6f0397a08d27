import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOBODY_DECLARED } from '../../../core/actors/declared-people.ts';
import { inScope, requirementFor } from '../../../core/policy/match.ts';
import { parsePolicy } from '../../../core/policy/parse-policy.ts';
import type { Requirement, Seat, Subject } from '../../../core/policy/requirement.ts';
import type { Policy } from '../../../core/policy/schema.ts';
import { fillSeats, reachesAssurance } from '../../../core/policy/seats.ts';
import { deployment } from './subjects.ts';

/** Rules as data; JSON is YAML, so they go through the real parser. */
const anyWhen = fc
  .record(
    {
      kind: fc.subarray(['deployment', 'pull-request'], { minLength: 1 }),
      environment: fc.subarray(['production', 'prod-*', '*'], { minLength: 1 }),
      branch: fc.subarray(['main', 'release/*'], { minLength: 1 }),
      paths: fc.subarray(['@infra', '@own', 'src/**', 'docs'], { minLength: 1 }),
      agent: fc.constantFrom(true, ['claude'], ['codex']),
      event: fc.subarray(['push', 'workflow_dispatch'], { minLength: 1 }),
      labels: fc.subarray(['migration', 'a*'], { minLength: 1 }),
      during: fc.constant(['freeze']),
      initiator: fc.subarray(['alice#7', 'bob#8'], { minLength: 1 }),
    },
    { requiredKeys: [] },
  )
  .filter((when) => Object.keys(when).length > 0)
  .filter(({ kind, environment, event }) => {
    const ofRunsOnly = environment !== undefined || event !== undefined;
    return !ofRunsOnly || kind === undefined || kind.includes('deployment');
  });

const anyEffect = fc.oneof(
  { arbitrary: fc.record({ deny: fc.constant('no') }), weight: 1 },
  {
    arbitrary: fc.record(
      {
        require: fc.uniqueArray(
          fc.record(
            {
              from: fc.constantFrom('sre', 'security', 'writers'),
              count: fc.integer({ min: 1, max: 3 }),
              assurance: fc.constantFrom('declared', 'platform-attested'),
            },
            { requiredKeys: ['from', 'count'] },
          ),
          { minLength: 1, maxLength: 3, selector: ({ from }) => from },
        ),
        reason: fc.record({ 'min-length': fc.integer({ min: 1, max: 50 }) }),
      },
      { requiredKeys: ['require'] },
    ),
    weight: 4,
  },
);

const anyRules = fc
  .array(fc.tuple(anyWhen, anyEffect), { minLength: 1, maxLength: 6 })
  .map((rules) => rules.map(([when, effect], index) => ({ id: `rule-${index}`, when, ...effect })));

const anySubject: fc.Arbitrary<Subject> = fc
  .oneof(
    fc.record({ kind: fc.constant('deployment' as const), environment: fc.constantFrom('production', 'prod-eu', 'x') }),
    fc.record({ kind: fc.constant('pull-request' as const), environment: fc.constant(null) }),
  )
  .chain((of) =>
    fc.record({
      ...deploymentParts,
      kind: fc.constant(of.kind),
      environment: fc.constant(of.environment),
      event: fc.constantFrom(...(of.kind === 'deployment' ? ['push', 'schedule'] : [null])),
    }),
  );

const deploymentParts = {
  branch: fc.constantFrom('main', 'release/1', null),
  paths: fc.subarray(['src/a.ts', 'infra/a.tf', 'own/b', 'docs/c.md']),
  pathsComplete: fc.boolean(),
  class: fc.constantFrom('agent' as const, 'suspected' as const, 'automation' as const, 'unattributed' as const),
  agents: fc.subarray(['claude', 'codex']),
  labels: fc.subarray(['migration', 'abc']),
  initiator: fc.constantFrom(deployment.initiator, null),
  repository: fc.constant('acme/shop'),
  now: fc.constantFrom(deployment.now, Date.parse('2026-12-24T00:00:00Z')),
};

function policyWith(rules: readonly object[]): Policy {
  const head = {
    version: 1,
    scope: { deployments: 'all', 'pull-requests': 'all' },
    groups: {
      sre: { teams: ['acme/sre'] },
      security: { teams: ['acme/security'], users: ['kim#31'] },
      writers: { 'min-permission': 'write' },
    },
    paths: { own: ['own/**'] },
    windows: { freeze: { from: '2026-12-18T00:00:00Z', to: '2027-01-04T00:00:00Z' } },
  };
  const parsed = parsePolicy(JSON.stringify(rules.length === 0 ? head : { ...head, rules }));
  if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.issues));
  return parsed.policy;
}

const nobody = { users: new Map<string, number>() };
const isBuiltIn = (seat: Seat): boolean => seat.rules.includes('built-in');

/** Every seat of `less` stands in `more` too, asked by the same rules at least and as strictly. */
function asksNoLess(more: Requirement, less: Requirement): boolean {
  return (
    less.seats
      .filter((seat) => !isBuiltIn(seat))
      .every((seat) =>
        more.seats.some(
          ({ id, rules, assurance }) =>
            id === seat.id &&
            seat.rules.every((rule) => rules.includes(rule)) &&
            (seat.assurance === null || (assurance !== null && reachesAssurance(assurance, seat.assurance))),
        ),
      ) &&
    less.denials.every((denial) => more.denials.some(({ rule }) => rule === denial.rule)) &&
    less.rules.every((rule) => more.rules.includes(rule)) &&
    more.reasonMinLength >= less.reasonMinLength &&
    more.seats.length >= less.seats.length
  );
}

const anyCandidates = fc.array(
  fc.record({
    reviewer: fc.integer({ min: 1, max: 6 }).map((id) => ({ id, login: `user-${id}`, type: 'User' as const })),
    reviewId: fc.integer({ min: 0, max: 99 }).map(String),
    authority: fc.record({
      permission: fc.constantFrom('read' as const, 'write' as const, 'maintain' as const),
      teams: fc.subarray(['acme/sre', 'acme/security']),
    }),
    assurance: fc.constantFrom('declared' as const, 'platform-attested' as const),
  }),
  { maxLength: 8 },
);

const isFilled = (seats: readonly Seat[], candidates: Parameters<typeof fillSeats>[1]): boolean =>
  fillSeats(seats, candidates, NOBODY_DECLARED).every(({ filledBy }) => filledBy !== null);

describe('rules only add (invariant 6, C79)', () => {
  test('every request in scope has a seat, whatever the rules are', () => {
    fc.assert(
      fc.property(fc.option(anyRules), anySubject, (rules, subject) => {
        const policy = policyWith(rules ?? []);
        expect(inScope(policy, subject)).toBe(true);
        expect(requirementFor(policy, subject, nobody).seats.length).toBeGreaterThan(0);
      }),
    );
  });

  test('taking a rule away never leaves more seats, denials or words to write', () => {
    fc.assert(
      fc.property(anyRules, fc.nat(), anySubject, (rules, which, subject) => {
        const without = rules.toSpliced(which % rules.length, 1);
        const more = requirementFor(policyWith(rules), subject, nobody);
        const less = requirementFor(policyWith(without), subject, nobody);
        expect(asksNoLess(more, less)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('whoever fills all seats under a policy fills them without any one of its rules, where others ask for people', () => {
    fc.assert(
      fc.property(anyRules, fc.nat(), anySubject, anyCandidates, (rules, which, subject, candidates) => {
        const more = requirementFor(policyWith(rules), subject, nobody);
        const less = requirementFor(policyWith(rules.toSpliced(which % rules.length, 1)), subject, nobody);
        fc.pre(!less.seats.some(isBuiltIn));
        expect(isFilled(more.seats, candidates) && !isFilled(less.seats, candidates)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('the order of the rules means nothing', () => {
    fc.assert(
      fc.property(anyRules, anySubject, anyCandidates, (rules, subject, candidates) => {
        const one = requirementFor(policyWith(rules), subject, nobody);
        const other = requirementFor(policyWith(rules.toReversed()), subject, nobody);
        expect(asksNoLess(one, other) && asksNoLess(other, one)).toBe(true);
        expect(isFilled(one.seats, candidates)).toBe(isFilled(other.seats, candidates));
      }),
    );
  });

  test('more evidence of an agent, or a file list that is cut, never asks for less', () => {
    fc.assert(
      fc.property(anyRules, anySubject, (rules, subject) => {
        const policy = policyWith(rules);
        const less = requirementFor(policy, { ...subject, class: 'unattributed', agents: [] }, nobody);
        const known = requirementFor(policy, { ...subject, class: 'agent' }, nobody);
        const doubt = requirementFor(policy, { ...subject, class: 'suspected', pathsComplete: false }, nobody);
        expect(asksNoLess(known, less) && asksNoLess(doubt, known)).toBe(true);
      }),
    );
  });
});
