import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Account } from '../../../core/actors/account.ts';
import { declarePeople, NOBODY_DECLARED, personOf } from '../../../core/actors/declared-people.ts';
import type { DeclaredPeople } from '../../../core/actors/declared-people.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import { decide } from '../../../core/gate/decide.ts';
import { tellRelease, tellReleasers } from '../../../core/gate/tell-releasers.ts';
import { whoCouldRelease } from '../../../core/gate/who-could-release.ts';
import type { Person, Releasers } from '../../../core/gate/who-could-release.ts';
import { isExcluded } from '../../../core/parties/find-parties.ts';
import type { Parties } from '../../../core/parties/party.ts';
import { withSamePeople } from '../../../core/parties/same-person.ts';
import type { Seat } from '../../../core/policy/requirement.ts';
import { PERMISSIONS } from '../../../core/review.ts';
import type { GivenReview } from '../../../core/gate/judge-reviews.ts';
import { approval, authority, gateInput, human, partiesOf, partyWith, requirement, seat } from './builders.ts';

const { classification: sighted } = gateInput();
const everyone: readonly Account[] = [
  ...['ann', 'ben', 'cid', 'dee', 'eve'].map((login, at) => human(at + 1, login)),
  { id: 6, login: 'f[bot]', type: 'Bot' },
];
const teams = ['acme/sre', 'acme/security'];

interface World {
  readonly seats: readonly Seat[];
  readonly parties: Parties;
  readonly people: readonly Person[];
  /** Those who have approved already. */
  readonly approved: readonly Account[];
}

/** One account or two of whoever somebody is (C18). */
const [ann, ben, cid, dee] = everyone;
const pairs =
  ann && ben && cid && dee
    ? [
        declarePeople([[ann, ben]]),
        declarePeople([
          [ann, cid],
          [ben, dee],
        ]),
      ]
    : [];
const declared = fc.constantFrom<DeclaredPeople[]>(NOBODY_DECLARED, NOBODY_DECLARED, ...pairs);

const world: fc.Arbitrary<World> = fc.record({
  seats: fc
    .array(
      fc.record({
        source: fc.record({
          group: fc.constantFrom('sre', 'security'),
          minPermission: fc.constantFrom(null, 'write', 'maintain'),
          teams: fc.subarray(teams),
          userIds: fc.subarray([1, 2, 3], { maxLength: 2 }),
        }),
        rules: fc.constant(['r']),
        assurance: fc.constantFrom(null, null, null, 'platform-attested', 'human-signed'),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((seats) => seats.map((each, at) => ({ ...each, id: `s/${at}` }))),
  parties: fc
    .subarray([...everyone], { maxLength: 2 })
    .chain((all) =>
      fc
        .tuple(fc.constantFrom('author', 'merger'), declared)
        .map(([role, people]) => withSamePeople(partiesOf(...all.map((each) => partyWith(each, role))), people)),
    ),
  people: fc
    .tuple(
      ...everyone.map((account) =>
        fc.record({
          account: fc.constant(account),
          authority: fc.record({ permission: fc.constantFrom(...PERMISSIONS), teams: fc.subarray(teams) }),
          canSign: fc.boolean(),
        }),
      ),
    )
    .map((people) => people),
  approved: fc.subarray([...everyone], { maxLength: 2 }),
});

/** Whoever can sign does (C25). */
const assuranceOf = ({ people }: World, account: Account) =>
  people.some((each) => each.account.id === account.id && each.canSign === true) ? 'human-signed' : 'platform-attested';

const rightsOf = ({ people }: World, account: Account) =>
  people.find((each) => each.account.id === account.id)?.authority ?? authority('none');

const reviewsOf = (given: World, more: readonly Account[]): readonly GivenReview[] =>
  [...given.approved, ...more].map((account, at) =>
    approval(account, { id: `review:${at}`, assurance: assuranceOf(given, account) }, rightsOf(given, account)),
  );

const decided = (given: World, more: readonly Account[]) =>
  decide(gateInput({ parties: given.parties, requirement: requirement(given.seats), reviews: reviewsOf(given, more) }));

function asked(given: World): Releasers {
  const approvals = decided(given, []).reviews.flatMap(({ review, counts, because }) =>
    counts || because.code === 'second-account-same-person'
      ? [
          {
            reviewer: review.reviewer,
            reviewId: review.id,
            authority: rightsOf(given, review.reviewer),
            assurance: review.assurance,
          },
        ]
      : [],
  );
  const { parties, seats } = given;
  return whoCouldRelease(approvals, given.people, { parties, seats, machines: agentRegistry, sighted });
}

/** Every set of people, smaller ones first, that releases and of which nobody can be left out. */
function bruteForce(given: World): readonly string[] {
  const minimal: Account[][] = [];
  const sets = Array.from({ length: 2 ** everyone.length }, (_, bits) =>
    everyone.filter((_account, at) => (bits & (1 << at)) !== 0),
  ).toSorted((left, right) => left.length - right.length);
  for (const set of sets) {
    if (minimal.some((smaller) => smaller.every((account) => set.includes(account)))) continue;
    if (decided(given, set).kind === 'release') minimal.push(set);
  }
  return [...new Set(minimal.map((set) => named(set, given)))];
}

/** Of two accounts of one person either may stand in a set. */
const named = (set: readonly Account[], { parties }: World): string =>
  set
    .map(({ id }) => personOf(parties.people, id))
    .toSorted((left, right) => left - right)
    .join();

/** Somebody who has agreed by one account and not by the other: what the other adds is not looked for. */
const isHalfAnswered = ({ parties, approved }: World): boolean =>
  parties.people.persons.some(
    (accounts) => new Set(accounts.map(({ id }) => approved.some((each) => each.id === id))).size > 1,
  );

const runs = { numRuns: 400 };

describe('the smallest sets of people who could release', () => {
  test('release, and nobody can be left out of them', () => {
    fc.assert(
      fc.property(world, (given) => {
        const { sets, needed } = asked(given);
        for (const set of sets) {
          expect(set).toHaveLength(needed);
          expect(decided(given, set).kind).toBe('release');
          for (const left of set) {
            expect(
              decided(
                given,
                set.filter((account) => account !== left),
              ).kind,
            ).toBe('hold');
          }
        }
      }),
      runs,
    );
  });

  test('are all of them where they are few, and none only where nobody could release', () => {
    fc.assert(
      fc.property(world, (given) => {
        fc.pre(!isHalfAnswered(given));
        const { sets, moreSets, needed } = asked(given);
        const found = sets.map((set) => named(set, given));
        const all = bruteForce(given);
        if (needed === 0) expect([all, found]).toEqual([[''], []]);
        else if (moreSets) expect(all).toEqual(expect.arrayContaining(found));
        else expect(found.toSorted()).toEqual(all.toSorted());
        expect(new Set(found).size).toBe(found.length);
        expect(moreSets).toBe(all.length > 5);
      }),
      runs,
    );
  });

  test('never name anybody on the requesting side, no bot, and nobody who has agreed already', () => {
    fc.assert(
      fc.property(world, (given) => {
        const { sets, seats, eligible } = asked(given);
        const person = ({ id }: Account): number => personOf(given.parties.people, id);
        const counted = decided(given, []).reviews.flatMap(({ review, counts }) =>
          counts ? [person(review.reviewer)] : [],
        );
        for (const account of [...sets.flat(), ...eligible, ...seats.flatMap(({ people }) => people)]) {
          expect(isExcluded(given.parties, account.id)).toBe(false);
          expect(account.type).toBe('User');
          expect(counted).not.toContain(person(account));
        }
        for (const people of [...sets, ...seats.map((open) => open.people)]) {
          expect(new Set(people.map(person)).size).toBe(people.length);
        }
      }),
      runs,
    );
  });

  test('are met by any choice from seats that are told as independent', () => {
    fc.assert(
      fc.property(world, (given) => {
        const { sets, seats, independent } = asked(given);
        fc.pre(independent && sets.length > 0);
        const first = seats.flatMap(({ people, count }) => people.slice(0, count));
        const last = seats.flatMap(({ people, count }) => people.slice(-count));
        expect([first, last].map((set) => decided(given, set).kind)).toEqual(['release', 'release']);
      }),
      runs,
    );
  });

  test('are found in bounded time for thousands of people and many seats', () => {
    const people = Array.from({ length: 3_000 }, (_, at) => ({
      account: human(at + 1, `p${at}`),
      authority: authority('none', [`acme/t${at % 10}`, `acme/t${at % 7}`]),
    }));
    const seats = Array.from({ length: 20 }, (_, at) => seat(`g${at}/1`, 'none', [`acme/t${at % 10}`, 'acme/t3']));
    const context = { parties: partiesOf(), seats, machines: agentRegistry, sighted };
    const found = whoCouldRelease([], people, context);
    expect([found.needed, found.sets.length, found.moreSets]).toEqual([20, 1, true]);
    expect(new Set(found.sets[0])).toHaveProperty('size', 20);
    const few = whoCouldRelease([], people, { ...context, seats: seats.slice(0, 5) });
    expect([few.needed, few.sets.length, few.moreSets]).toEqual([5, 5, true]);
  });
});

describe('who could release is told', () => {
  const context = { parties: partiesOf(), machines: agentRegistry, sighted };
  const inTeams = (login: string, id: number, ...member: readonly string[]) => ({
    account: human(id, login),
    authority: authority('read', member),
  });
  const [ann, ben, cid] = [inTeams('ann', 1, 'a/x'), inTeams('ben', 2, 'a/x'), inTeams('cid', 3, 'a/x', 'a/y')];
  const [dee, eve] = [inTeams('dee', 4, 'a/y'), inTeams('eve', 5, 'a/y')];
  const x = (at: number) => seat(`x/${at}`, 'none', ['a/x']);
  const y = (at: number) => seat(`y/${at}`, 'none', ['a/y']);
  const rows: readonly [seats: readonly Seat[], people: readonly Person[], expected: string][] = [
    [[x(1)], [ann, ben], 'any one of ann, ben'],
    [[x(1)], [ann], 'ann'],
    [[x(1), y(1)], [ann, ben, dee, eve], 'any one of ann, ben; and any one of dee, eve'],
    [[x(1), x(2), y(1)], [ann, ben, dee], 'ann and ben; and dee'],
    [[x(1), x(2)], [ann, ben, cid], 'any 2 of ann, ben, cid'],
    [
      [x(1), y(1)],
      [ann, cid, dee],
      'any one of ann, cid; and any one of cid, dee; 2 different people: ann and cid, or ann and dee, or cid and dee',
    ],
    [[x(1), y(1)], [cid], 'nobody: x, y (2 asked) could be filled by cid'],
    [[x(1), y(1)], [ann], 'nobody: x (1 asked) could be filled by ann; y (1 asked) could be filled by nobody'],
    [
      [x(1)],
      Array.from({ length: 13 }, (_, at) => inTeams(`p${at}`, at + 1, 'a/x')),
      'any one of p0, p1, p2, p3, p4, p5, p6, p7, p8, p9 and 3 more',
    ],
  ];

  test.each(rows)('%#: by seat, and by sets where one person could sit in two', (seats, people, expected) => {
    expect(tellReleasers(whoCouldRelease([], people, { ...context, seats }), ({ login }) => login)).toBe(expected);
  });

  test('also where somebody who has agreed has to move to another seat', () => {
    const given = [{ reviewer: cid.account, reviewId: 'r', authority: cid.authority, assurance: 'declared' as const }];
    const found = whoCouldRelease(given, [ann, cid, dee], { ...context, seats: [x(1), y(1)] });
    expect(tellReleasers(found, ({ login }) => login)).toBe('any one of ann, dee');
  });

  test('with what else has to happen, because approvals release nothing that is denied, unread or rejected', () => {
    const found = whoCouldRelease([], [ann], { ...context, seats: [x(1)] });
    const login = (account: Account): string => account.login;
    expect(tellRelease({ kind: 'hold', reason: 'waiting-for-seats' }, found, login)).toBe('ann');
    expect(tellRelease({ kind: 'hold', reason: 'denied-by-rule' }, found, login)).toBe(
      'ann; not before what else holds it is mended',
    );
    expect(tellRelease({ kind: 'reject', reason: 'rejected-by-reviewer' }, found, login)).toMatch(
      /^nobody: it was rej/,
    );
    expect(tellRelease({ kind: 'hold', reason: 'policy-invalid' }, null, login)).toBe('nobody at present');
    const nobody = whoCouldRelease([], [], { ...context, seats: [x(1)] });
    expect(tellRelease({ kind: 'hold', reason: 'denied-by-rule' }, nobody, login)).toMatch(/^nobody: x \(1 asked\)/);
  });
});
