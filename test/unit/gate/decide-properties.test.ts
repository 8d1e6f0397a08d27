import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { declarePeople } from '../../../core/actors/declared-people.ts';
import { decide } from '../../../core/gate/decide.ts';
import type { GateInput } from '../../../core/gate/decide.ts';
import type { GivenReview } from '../../../core/gate/judge-reviews.ts';
import { because } from '../../../core/gate/reasons.ts';
import { withSamePeople } from '../../../core/parties/same-person.ts';
import type { PolicyState, Seat } from '../../../core/policy/requirement.ts';
import { PERMISSIONS } from '../../../core/review.ts';
import {
  deployment,
  DIGEST,
  gateInput,
  HEAD,
  human,
  OTHER_HEAD,
  partiesOf,
  partyWith,
  pullRequest,
  requirement,
} from './builders.ts';

/** Few people, teams and values, so that they meet often and a release is not rare. */

const people = [human(1, 'ann'), human(2, 'ben'), human(3, 'cid'), { id: 4, login: 'd[bot]', type: 'Bot' }] as const;
const person = fc.constantFrom(...people);
const teams = ['acme/sre', 'acme/security'];

const seat: fc.Arbitrary<Omit<Seat, 'id'>> = fc.record({
  source: fc.record({
    group: fc.constantFrom('sre', 'security'),
    minPermission: fc.constantFrom(null, 'write', 'maintain', 'maintain'),
    teams: fc.subarray(teams),
    userIds: fc.subarray([1, 2, 3]),
  }),
  rules: fc.constant(['r']),
  assurance: fc.constantFrom(null, 'platform-attested', 'signed-in'),
});

function seatsOf(max: number, prefix: string): fc.Arbitrary<readonly Seat[]> {
  return fc
    .array(seat, { maxLength: max })
    .map((seats) => seats.map((each, n) => ({ ...each, id: `${prefix}/${n + 1}` })));
}

const review: fc.Arbitrary<Omit<GivenReview['review'], 'id'>> = fc.record({
  channel: fc.constantFrom(
    'pull-request-review',
    'pull-request-review',
    'check-button',
    'command',
    'deployment-prompt',
  ),
  verdict: fc.oneof({ arbitrary: fc.constant('approve'), weight: 12 }, { arbitrary: fc.constant('reject'), weight: 1 }),
  reviewer: person,
  assurance: fc.constantFrom('declared', 'platform-attested', 'signed-in', 'signed-in'),
  bound: fc.record({
    pullRequest: fc.constant(7),
    headSha: fc.constantFrom(HEAD, HEAD, HEAD, OTHER_HEAD),
    baseRef: fc.constant('main'),
    requestDigest: fc.constant(DIGEST),
  }),
  at: fc.constant('2026-11-21T04:33:12.123Z'),
  reason: fc.constantFrom('', 'looked at it'),
  viaApp: fc.constantFrom(null, null, null, 'helper'),
  edited: fc.constantFrom(false, false, false, true),
});

const reviews: fc.Arbitrary<readonly GivenReview[]> = fc
  .array(
    fc.record({
      review,
      authority: fc.option(
        fc.record({ permission: fc.constantFrom(...PERMISSIONS, 'maintain', 'admin'), teams: fc.subarray(teams) }),
        {
          freq: 8,
        },
      ),
    }),
    { maxLength: 6 },
  )
  .map((given) => given.map((each, n) => ({ ...each, review: { ...each.review, id: `review:${n}` } })));

const { policy: inForce } = gateInput();
const policy: fc.Arbitrary<PolicyState> = fc.oneof(
  { arbitrary: fc.constant(inForce), weight: 9 },
  { arbitrary: fc.constant<PolicyState>({ kind: 'unreadable', detail: 'x' }), weight: 1 },
);

const input: fc.Arbitrary<GateInput> = fc.record({
  request: fc.constantFrom(pullRequest, pullRequest, deployment),
  requestDigest: fc.constant(DIGEST),
  policy,
  requirement: seatsOf(3, 'r').map((seats) => requirement(seats)),
  classification: fc.constant(gateInput().classification),
  parties: fc
    .subarray([...people], { maxLength: 1 })
    .map((all) => partiesOf(...all.map((account) => partyWith(account, 'author')))),
  reviews,
  blocks: fc.constant([]),
  extraSeats: seatsOf(1, 'x'),
});

const runs = { numRuns: 3_000 };

/** Runs the property and also proves that releases were among what was tried. */
function whenReleased(check: (released: GateInput) => void): void {
  let seen = 0;
  fc.assert(
    fc.property(input, (given) => {
      if (decide(given).kind !== 'release') return;
      seen += 1;
      check(given);
    }),
    runs,
  );
  expect(seen).toBeGreaterThan(20);
}

describe('decide, for any input', () => {
  test('never releases without one distinct human approval a seat, none of it by a party', () => {
    whenReleased((given) => {
      const { seats, reviews: judged } = decide(given);
      const ids = seats.map((state) => state.filledBy?.reviewer.id ?? -1);
      const approvers = new Set(
        judged
          .filter((each) => each.review.verdict === 'approve' && each.counts)
          .map((each) => each.review.reviewer.id),
      );
      const parties = new Set(given.parties.all.map((party) => party.account.id));
      expect(ids.length).toBeGreaterThan(0);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.every((id) => approvers.has(id) && !parties.has(id) && id !== 4)).toBe(true);
    });
  });

  test('never releases when a block, a denial, or a party for each reviewer is added', () => {
    whenReleased((given) => {
      const denials = [{ rule: 'r', text: 'no' }];
      const all = people.map((account) => partyWith(account, 'pusher'));
      expect(decide({ ...given, blocks: [because('jobs-unknown', { environment: 'x' })] }).kind).toBe('hold');
      expect(decide({ ...given, requirement: requirement(given.requirement?.seats, { denials }) }).kind).toBe('hold');
      expect(decide({ ...given, parties: partiesOf(...all) }).kind).toBe('hold');
    });
  });

  test('a party, a seat, a block or a denial more never turns another decision into a release', () => {
    fc.assert(
      fc.property(input, person, seat, (given, account, more) => {
        if (decide(given).kind === 'release') return;
        const seats = given.requirement?.seats ?? [];
        const all = [...given.parties.all, partyWith(account, 'sponsor')];
        const harder: readonly GateInput[] = [
          { ...given, extraSeats: [...given.extraSeats, { ...more, id: 'more/1' }] },
          { ...given, blocks: [because('jobs-unknown', { environment: 'x' })] },
          { ...given, requirement: requirement(seats, { denials: [{ rule: 'r', text: 'no' }] }) },
        ];
        expect(harder.map((each) => decide(each).kind)).not.toContain('release');
        // A party more may take away somebody's rejection, which only a person who could fill a seat can give.
        const rejected = decide(given).kind === 'reject';
        expect(!rejected && decide({ ...given, parties: partiesOf(...all) }).kind === 'release').toBe(false);
      }),
      runs,
    );
  });

  test('that two accounts are one person, or that one is nobody, frees nothing that is held (C18, invariant 6)', () => {
    fc.assert(
      fc.property(
        input,
        fc.subarray([...people], { minLength: 2, maxLength: 3 }),
        fc.boolean(),
        (given, same, lost) => {
          if (decide(given).kind !== 'hold') return;
          const declared = declarePeople([same], lost ? ['nobody'] : []);
          expect(decide({ ...given, parties: withSamePeople(given.parties, declared) }).kind).not.toBe('release');
        },
      ),
      runs,
    );
  });

  test('people who are declared to be one fill one seat, and nobody fills any with a party (C18)', () => {
    let fewer = 0;
    whenReleased((given) => {
      const [ann, ben, cid] = people;
      const declared = declarePeople([[ann, ben, cid]]);
      const { kind, seats } = decide({ ...given, parties: withSamePeople(given.parties, declared) });
      const wanted = given.parties.all.some(({ account }) => account.type === 'User') ? 0 : 1;
      expect(seats.filter(({ filledBy }) => filledBy !== null).length).toBe(wanted);
      expect(kind).toBe(seats.length === wanted ? 'release' : 'hold');
      if (kind === 'hold') fewer += 1;
    });
    expect(fewer).toBeGreaterThan(0);
  });

  test('without an approval nothing is released (C114, C115)', () => {
    fc.assert(
      fc.property(input, (given) => {
        const none = given.reviews.filter((each) => each.review.verdict === 'reject');
        expect(decide({ ...given, reviews: none }).kind).not.toBe('release');
      }),
      runs,
    );
  });

  test('without a seat everything is held', () => {
    fc.assert(
      fc.property(input, fc.boolean(), (given, absent) => {
        const none = absent ? null : requirement([]);
        expect(decide({ ...given, requirement: none }).kind).toBe('hold');
      }),
      runs,
    );
  });

  test('is the same for the reviews in any order, tells a reason first, and has every seat and review in it', () => {
    fc.assert(
      fc.property(input, (given) => {
        const decision = decide(given);
        expect(decide({ ...given, reviews: given.reviews.toReversed() }).kind).toBe(decision.kind);
        expect(decision.because[0]?.code).toBe(decision.reason);
        expect(decision.reviews.map((each) => each.review)).toEqual(given.reviews.map((each) => each.review));
        const wanted =
          given.policy.kind === 'in-force' ? [...(given.requirement?.seats ?? []), ...given.extraSeats] : [];
        expect(decision.seats.map((state) => state.seat)).toEqual(wanted);
      }),
      runs,
    );
  });
});
