import { describe, expect, test } from 'vitest';
import type { Role } from '../../../core/parties/party.ts';
import { declarePeople } from '../../../core/actors/declared-people.ts';
import { because, explain } from '../../../core/gate/reasons.ts';
import type { ReasonCode } from '../../../core/gate/reasons.ts';
import { decide } from '../../../core/gate/decide.ts';
import type { GateInput } from '../../../core/gate/decide.ts';
import type { GivenReview } from '../../../core/gate/judge-reviews.ts';
import type { Bound, Channel } from '../../../core/review.ts';
import {
  alice,
  approval,
  authority,
  bob,
  carol,
  dave,
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
  seat,
} from './builders.ts';

/** The code of the first review's judgement, and whether the request was released. */
function judge(input: GateInput): { readonly code: ReasonCode | undefined; readonly kind: string } {
  const decision = decide(input);
  return { code: decision.reviews[0]?.because.code, kind: decision.kind };
}

describe('an approval counts only for exactly what it was given for (invariant 4)', () => {
  const prompt: Bound = { runId: 56, attempt: 1, environment: 'production' };
  const review: Bound = { pullRequest: 7, headSha: HEAD, baseRef: 'main' };
  type Row = readonly [string, GateInput['request'], Channel, Bound, ReasonCode];
  const rows: readonly Row[] = [
    ['a review of the pull request', pullRequest, 'pull-request-review', review, 'review-counts'],
    [
      'a review of an old head (C29, C31)',
      pullRequest,
      'pull-request-review',
      { ...review, headSha: OTHER_HEAD },
      'review-of-other-head',
    ],
    [
      'a review under another base (C35)',
      pullRequest,
      'pull-request-review',
      { ...review, baseRef: 'dev' },
      'review-of-other-base',
    ],
    [
      'a review of another pull request',
      pullRequest,
      'pull-request-review',
      { ...review, pullRequest: 8 },
      'review-of-other-request',
    ],
    [
      'a review without a commit',
      pullRequest,
      'pull-request-review',
      { pullRequest: 7, baseRef: 'main' },
      'review-unbound',
    ],
    [
      'a review without a base',
      pullRequest,
      'pull-request-review',
      { pullRequest: 7, headSha: HEAD },
      'review-unbound',
    ],
    ['a review that binds nothing', pullRequest, 'pull-request-review', {}, 'review-unbound'],
    ['a deployment prompt for a pull request', pullRequest, 'deployment-prompt', prompt, 'review-of-other-request'],
    ['a button of this request', pullRequest, 'check-button', { requestDigest: DIGEST }, 'review-counts'],
    [
      'a button of another request',
      pullRequest,
      'check-button',
      { requestDigest: 'e'.repeat(64) },
      'review-of-other-request',
    ],
    [
      'a button that also names an old head',
      pullRequest,
      'check-button',
      { requestDigest: DIGEST, headSha: OTHER_HEAD },
      'review-of-other-head',
    ],
    ['a button that names no request', pullRequest, 'check-button', { headSha: HEAD }, 'review-unbound'],
    ['a command for this request', pullRequest, 'command', { requestDigest: DIGEST }, 'review-counts'],
    [
      'a command for another request',
      pullRequest,
      'command',
      { requestDigest: 'e'.repeat(64) },
      'review-of-other-request',
    ],
    ['a deployment prompt', deployment, 'deployment-prompt', prompt, 'review-counts'],
    [
      'a deployment prompt in other letters',
      deployment,
      'deployment-prompt',
      { ...prompt, environment: 'Production' },
      'review-counts',
    ],
    [
      'a deployment prompt of this opening',
      deployment,
      'deployment-prompt',
      { ...prompt, opening: 1 },
      'review-counts',
    ],
    [
      'a deployment prompt of a former opening',
      deployment,
      'deployment-prompt',
      { ...prompt, opening: 2 },
      'review-of-other-request',
    ],
    [
      'a deployment prompt of another attempt (C45)',
      deployment,
      'deployment-prompt',
      { ...prompt, attempt: 2 },
      'review-of-other-request',
    ],
    [
      'a deployment prompt of another run',
      deployment,
      'deployment-prompt',
      { ...prompt, runId: 57 },
      'review-of-other-request',
    ],
    [
      'a deployment prompt of another environment',
      deployment,
      'deployment-prompt',
      { ...prompt, environment: 'staging' },
      'review-of-other-request',
    ],
    [
      'a look-alike environment (C19)',
      deployment,
      'deployment-prompt',
      { ...prompt, environment: 'prоduction' },
      'review-of-other-request',
    ],
    [
      'a deployment prompt without its attempt',
      deployment,
      'deployment-prompt',
      { runId: 56, environment: 'production' },
      'review-unbound',
    ],
    ['a review of the deployed head', deployment, 'pull-request-review', review, 'review-counts'],
    [
      'a review of another head than the deployed',
      deployment,
      'pull-request-review',
      { ...review, headSha: OTHER_HEAD },
      'review-of-other-head',
    ],
    [
      'a command that names a pull request for a deployment',
      deployment,
      'command',
      { requestDigest: DIGEST, pullRequest: 7 },
      'review-of-other-request',
    ],
  ];

  test.each(rows)('%s', (_, request, channel, bound, code) => {
    const expected = { code, kind: code === 'review-counts' ? 'release' : 'hold' };
    expect(judge(gateInput({ request, reviews: [approval(bob, { channel, bound })] }))).toEqual(expected);
  });

  test('the time of an approval decides nothing (C32, C33)', () => {
    for (const at of ['2001-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z']) {
      expect(judge(gateInput({ reviews: [approval(bob, { at })] })).kind).toBe('release');
    }
  });
});

describe('an approval does not count when', () => {
  const rows: readonly (readonly [string, GivenReview, ReasonCode])[] = [
    ['an App gave it', approval(bob, { viaApp: 'helper' }), 'review-via-app'],
    ['it was edited (C38)', approval(bob, { edited: true }), 'review-edited'],
    ['a bot gave it (C7)', approval({ id: 41898282, login: 'github-actions[bot]', type: 'Bot' }), 'reviewer-not-human'],
    ['an organisation gave it', approval({ id: 5, login: 'acme', type: 'Organization' }), 'reviewer-not-human'],
    ['an account without an id gave it', approval({ id: 0, login: 'ghost', type: 'User' }), 'reviewer-not-human'],
    [
      'an agent with an account of type User gave it (C8)',
      approval({ id: 81847, login: 'claude', type: 'User' }),
      'reviewer-not-human',
    ],
    ['a renamed party gave it (C15)', approval(human(alice.id, 'someone-else')), 'reviewer-is-party'],
    ['an administrator who is a party gave it (C23)', approval(alice, {}, authority('admin')), 'reviewer-is-party'],
    ['the authority could not be read', approval(bob, {}, null), 'reviewer-unknown'],
    ['the reviewer may only write', approval(bob, {}, authority('write')), 'reviewer-lacks-authority'],
    [
      'the reviewer is in no team that is asked for',
      approval(bob, {}, authority('none', ['acme/x'])),
      'reviewer-lacks-authority',
    ],
    [
      'a fact voids it (C34)',
      { ...approval(bob), voided: because('review-before-force-push', { login: 'bob' }) },
      'review-before-force-push',
    ],
  ];

  test.each(rows)('%s', (_, review, code) => {
    expect(judge(gateInput({ reviews: [review] }))).toEqual({ code, kind: 'hold' });
  });

  test('an account of the same login but another id than the person of the seat gave it (C15)', () => {
    const named = { ...seat('kim/1'), source: { group: 'kim', minPermission: null, teams: [], userIds: [bob.id] } };
    const input = gateInput({ requirement: requirement([named]) });
    expect(judge({ ...input, reviews: [approval(bob, {}, authority('read'))] }).kind).toBe('release');
    expect(judge({ ...input, reviews: [approval(human(4711, 'bob'), {}, authority('admin'))] })).toEqual({
      code: 'reviewer-lacks-authority',
      kind: 'hold',
    });
  });

  const excluding: readonly Role[] = [
    'author',
    'co-author',
    'committer',
    'pusher',
    'pull-request-author',
    'sponsor',
    'dispatcher',
    're-runner',
    'owner',
  ];

  test.each(excluding)('the reviewer has the role %s (C1 to C10)', (role) => {
    const parties = partiesOf(partyWith(alice, 'author'), partyWith(bob, role));
    expect(judge(gateInput({ parties, reviews: [approval(bob)] }))).toEqual({
      code: 'reviewer-is-party',
      kind: 'hold',
    });
  });

  test('but somebody who only merged a countersigned pull request still counts', () => {
    const parties = partiesOf(partyWith(bob, 'merger'));
    expect(judge(gateInput({ parties, reviews: [approval(bob)] })).kind).toBe('release');
  });

  test('the reason is shorter than the policy asks, spaces not counted', () => {
    const input = gateInput({ requirement: requirement(undefined, { reasonMinLength: 5 }) });
    expect(judge({ ...input, reviews: [approval(bob, { reason: '  ok   ' })] }).code).toBe('review-reason-missing');
    expect(judge({ ...input, reviews: [approval(bob, { reason: 'looks right' })] }).kind).toBe('release');
  });

  test('every seat that it could fill asks for a stronger assurance', () => {
    const strict = requirement([{ ...seat('maintainers/1'), assurance: 'signed-in' }]);
    const input = gateInput({ requirement: strict });
    expect(judge({ ...input, reviews: [approval(bob)] }).code).toBe('assurance-too-low');
    expect(judge({ ...input, reviews: [approval(bob, { assurance: 'signed-in' })] }).kind).toBe('release');
  });

  test('there is no seat to fill, because no policy is in force', () => {
    const input = gateInput({ policy: { kind: 'unreadable', detail: '403' }, reviews: [approval(bob)] });
    expect(judge(input)).toEqual({ code: 'review-not-weighed', kind: 'hold' });
  });
});

describe('one person, one seat (invariant 7)', () => {
  const two = requirement([seat('maintainers/1'), seat('sre/1', 'none', ['acme/sre'])]);
  const both = authority('admin', ['acme/sre']);

  test('one person in both groups fills one seat (C17)', () => {
    const decision = decide(gateInput({ requirement: two, reviews: [approval(bob, {}, both)] }));
    expect(decision.kind).toBe('hold');
    expect(decision.seats.filter((state) => state.filledBy !== null).length).toBe(1);
  });

  test('one person on two ways and in two casings fills one seat, and is told so (C16)', () => {
    const again = approval(
      human(bob.id, 'BOB'),
      { id: 'comment:1', channel: 'command', bound: { requestDigest: DIGEST } },
      both,
    );
    const decision = decide(gateInput({ requirement: two, reviews: [approval(bob, {}, both), again] }));
    expect(decision).toMatchObject({ kind: 'hold', reason: 'waiting-for-seats' });
    expect(decision.reviews.map((each) => each.because.code)).toEqual(['review-counts', 'second-seat-same-person']);
  });

  test('two accounts of one person fill one seat, and the second is told so (C18)', () => {
    const reviews = [approval(bob, {}, both), approval(carol, {}, both)];
    const people = declarePeople([[bob, carol]]);
    const decision = decide(gateInput({ requirement: two, reviews, parties: { ...partiesOf(), people } }));
    expect(decision).toMatchObject({ kind: 'hold', reason: 'waiting-for-seats' });
    expect(decision.reviews.map(({ because }) => explain(because))).toEqual([
      'The approval of @bob fills seat maintainers/1.',
      '@carol and @bob are one person, as the policy says, @bob has already answered, and one person fills one seat.',
    ]);
    expect(decide(gateInput({ requirement: two, reviews })).kind).toBe('release');
  });

  test('one person sits where either account may, so that somebody else finds a seat (C18)', () => {
    const people = declarePeople([[bob, dave]]);
    const reviews = [
      approval(bob, {}, authority()),
      approval(dave, {}, authority('read', ['acme/sre'])),
      approval(carol),
    ];
    const decision = decide(gateInput({ requirement: two, reviews, parties: { ...partiesOf(), people } }));
    expect(decision.kind).toBe('release');
    expect(decision.seats.map(({ filledBy }) => filledBy?.reviewer.login)).toEqual(['carol', 'dave']);
  });

  test('nothing is released while a declared account is nobody, whoever approved (C15, C18)', () => {
    const parties = { ...partiesOf(), people: declarePeople([[bob, carol]], ['bob-corp']) };
    const decision = decide(gateInput({ reviews: [approval(dave)], parties }));
    expect(decision).toMatchObject({ kind: 'hold', reason: 'declared-account-unresolved' });
  });

  test('somebody who answered twice counts by the stronger answer', () => {
    const strict = requirement([{ ...seat('maintainers/1'), assurance: 'platform-attested' }, seat('maintainers/2')]);
    const weak = approval(bob, { id: 'comment:1', assurance: 'declared' });
    const decision = decide(
      gateInput({ requirement: strict, reviews: [weak, approval(bob), approval(carol, { assurance: 'declared' })] }),
    );
    expect(decision.kind).toBe('release');
  });

  test('seats are given so that as many as possible are filled, in whatever order people came', () => {
    const reviews = [approval(bob, {}, both), approval(carol, {}, authority('maintain'))];
    expect(decide(gateInput({ requirement: two, reviews })).kind).toBe('release');
    expect(decide(gateInput({ requirement: two, reviews: reviews.toReversed() })).kind).toBe('release');
  });

  test('a valid approval that no seat needs is kept in reserve', () => {
    const decision = decide(gateInput({ reviews: [approval(bob), approval(carol), approval(dave)] }));
    expect(decision.kind).toBe('release');
    const codes = decision.reviews.map((each) => each.because.code).toSorted();
    expect(codes).toEqual(['review-counts', 'review-in-reserve', 'review-in-reserve']);
  });
});
