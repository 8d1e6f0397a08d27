import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../core/gate/decision.ts';
import { decide } from '../../../core/gate/decide.ts';
import type { GateInput } from '../../../core/gate/decide.ts';
import { because, explain } from '../../../core/gate/reasons.ts';
import {
  alice,
  approval,
  authority,
  bob,
  carol,
  deployment,
  gateInput,
  HEAD,
  OTHER_HEAD,
  partiesOf,
  partyWith,
  POLICY_DIGEST,
  rejection,
  requirement,
  seat,
} from './builders.ts';

function outcome(input: GateInput): Pick<Decision, 'kind' | 'reason'> {
  const { kind, reason } = decide(input);
  return { kind, reason };
}

const released = gateInput({ reviews: [approval(bob)] });

describe('decide', () => {
  test('releases when a distinct human with the authority approved exactly this request', () => {
    const decision = decide(released);
    expect(decision).toMatchObject({
      kind: 'release',
      reason: 'all-seats-filled',
      seats: [{ filledBy: { reviewer: bob, reviewId: 'review:1002' } }],
      reviews: [{ counts: true, because: { code: 'review-counts' } }],
    });
    expect(decision.because.map((each) => each.code)).toEqual(['all-seats-filled', 'agent-authored']);
    expect(
      explain({ ...decision.because[0], code: 'all-seats-filled', params: decision.because[0]?.params ?? {} }),
    ).toContain('@bob');
  });

  test('holds with the open seats named as long as nobody answered', () => {
    const decision = decide(gateInput());
    expect(decision).toMatchObject({ kind: 'hold', reason: 'waiting-for-seats', seats: [{ filledBy: null }] });
    expect(decision.because[0]?.params).toEqual({ filled: 0, total: 1, open: 'maintainers (prod)' });
  });

  test('holds with two seats until two people approved', () => {
    const two = requirement([seat('maintainers/1'), seat('maintainers/2')]);
    expect(outcome({ ...released, requirement: two })).toEqual({ kind: 'hold', reason: 'waiting-for-seats' });
    const both = gateInput({ requirement: two, reviews: [approval(bob), approval(carol)] });
    expect(outcome(both)).toEqual({ kind: 'release', reason: 'all-seats-filled' });
  });

  test('asks for the seats beyond the policy too', () => {
    const extra = { ...released, extraSeats: [{ ...seat('maintainers/baseline'), rules: ['baseline'] }] };
    expect(outcome(extra)).toEqual({ kind: 'hold', reason: 'waiting-for-seats' });
    expect(outcome({ ...extra, reviews: [approval(bob), approval(carol)] }).kind).toBe('release');
  });
});

describe('decide holds what an approval would otherwise release, when', () => {
  const invalid = {
    kind: 'invalid',
    digest: POLICY_DIGEST,
    commitSha: HEAD,
    issues: [{ line: 3, column: 5, path: 'rules', message: 'no rule' }],
  } as const;
  const rows: readonly (readonly [string, Partial<GateInput>, Decision['reason']])[] = [
    ['the policy is invalid', { policy: invalid }, 'policy-invalid'],
    ['the policy is invalid and tells no issue', { policy: { ...invalid, issues: [] } }, 'policy-invalid'],
    ['the policy is unreadable', { policy: { kind: 'unreadable', detail: '403' } }, 'policy-unreadable'],
    ['there is no requirement', { requirement: null }, 'no-seats'],
    ['the requirement has no seat', { requirement: requirement([]) }, 'no-seats'],
    ['only seats beyond the policy are there', { requirement: requirement([]), extraSeats: [seat('x/1')] }, 'no-seats'],
    [
      'a rule denies it',
      { requirement: requirement(undefined, { denials: [{ rule: 'freeze', text: 'until Monday' }] }) },
      'denied-by-rule',
    ],
    [
      'a fact forbids it',
      { blocks: [because('native-review-pending', { environment: 'production' })] },
      'native-review-pending',
    ],
    ['the facts are incomplete', { blocks: [because('facts-incomplete', { what: 'commits' })] }, 'facts-incomplete'],
  ];

  test.each(rows)('%s', (_, change, reason) => {
    expect(outcome(released).kind).toBe('release');
    expect(outcome({ ...released, ...change })).toEqual({ kind: 'hold', reason });
  });

  const answered = approval(bob, {
    channel: 'deployment-prompt',
    bound: { runId: 56, attempt: 1, environment: 'production' },
  });
  const ranges: readonly (readonly [string, GateInput['request'], Decision['reason']])[] = [
    ['the head is of a fork', { ...deployment, range: { kind: 'fork', baseSha: null } }, 'range-fork'],
    ['the range is unknown', { ...deployment, range: { kind: 'unknown', baseSha: null } }, 'range-unknown'],
    [
      'the policy is no longer the one that was seen',
      { ...deployment, policyDigest: 'b'.repeat(64) },
      'request-superseded',
    ],
  ];

  test.each(ranges)('%s', (_, request, reason) => {
    const honest = gateInput({ request: deployment, reviews: [answered] });
    expect(outcome(honest).kind).toBe('release');
    expect(outcome({ ...honest, request })).toEqual({ kind: 'hold', reason });
  });
});

describe('decide names first what has to be mended first', () => {
  const denials = [{ rule: 'freeze', text: 'until Monday' }];
  const blocks = [because('facts-incomplete', { what: 'commits' })];

  test('the policy, then denials, then facts, then a rejection', () => {
    const everything = gateInput({
      policy: { kind: 'unreadable', detail: '403' },
      requirement: requirement(undefined, { denials }),
      blocks,
      reviews: [rejection(bob)],
    });
    expect(decide(everything).because.map((each) => each.code)).toEqual([
      'policy-unreadable',
      'denied-by-rule',
      'facts-incomplete',
      'agent-authored',
    ]);
    const { policy } = gateInput();
    expect(outcome({ ...everything, policy })).toEqual({ kind: 'hold', reason: 'denied-by-rule' });
    expect(outcome({ ...everything, policy, requirement: requirement() })).toEqual({
      kind: 'hold',
      reason: 'facts-incomplete',
    });
    expect(outcome({ ...everything, policy, requirement: requirement(), blocks: [] })).toEqual({
      kind: 'reject',
      reason: 'rejected-by-reviewer',
    });
  });

  test('every issue of an invalid policy is told, up to ten', () => {
    const issues = Array.from({ length: 12 }, (_, line) => ({ line, column: 1, path: '', message: 'bad' }));
    const decision = decide(gateInput({ policy: { kind: 'invalid', digest: POLICY_DIGEST, commitSha: HEAD, issues } }));
    expect(decision.because.filter((each) => each.code === 'policy-invalid').length).toBe(10);
    expect(decision.seats).toEqual([]);
  });
});

describe('a rejection', () => {
  test('by somebody who may fill a seat ends the request, approvals or not', () => {
    const decision = decide(gateInput({ reviews: [approval(bob), rejection(carol)] }));
    expect(decision).toMatchObject({
      kind: 'reject',
      reason: 'rejected-by-reviewer',
      because: [{ params: { login: 'carol' } }, { code: 'agent-authored' }],
    });
    expect(decision.reviews[1]).toMatchObject({ counts: true, because: { code: 'rejection-counts' } });
  });

  test('needs no reason text and no assurance', () => {
    const strict = requirement([{ ...seat('maintainers/1'), assurance: 'signed-in' }], { reasonMinLength: 20 });
    expect(outcome(gateInput({ requirement: strict, reviews: [rejection(carol)] })).kind).toBe('reject');
  });

  test('by the same person who also approved on another way wins', () => {
    const reviews = [
      approval(bob),
      rejection(bob, { id: 'comment:1', channel: 'command', bound: { requestDigest: 'd'.repeat(64) } }),
    ];
    expect(outcome(gateInput({ reviews })).kind).toBe('reject');
  });

  const powerless = [
    ['a party', rejection(alice), 'reviewer-is-party'],
    ['somebody without the authority', rejection(carol, {}, authority('write')), 'reviewer-lacks-authority'],
    ['somebody whose authority is unknown', { ...rejection(carol), authority: null }, 'reviewer-unknown'],
    ['a bot', rejection({ id: 9, login: 'x[bot]', type: 'Bot' }), 'reviewer-not-human'],
    [
      'somebody who saw another head',
      rejection(carol, { bound: { pullRequest: 7, headSha: OTHER_HEAD, baseRef: 'main' } }),
      'review-of-other-head',
    ],
    ['an App in somebody’s name', rejection(carol, { viaApp: 'helper' }), 'review-via-app'],
    ['an edited comment', rejection(carol, { edited: true }), 'review-edited'],
  ] as const;

  test.each(powerless)('by %s rejects nothing and fills nothing', (_, review, reason) => {
    const decision = decide(gateInput({ reviews: [review] }));
    expect(decision).toMatchObject({ kind: 'hold', reason: 'waiting-for-seats' });
    expect(decision.reviews[0]).toMatchObject({ counts: false, because: { code: reason } });
    expect(outcome(gateInput({ reviews: [review, approval(bob)] })).kind).toBe('release');
  });
});

describe('what is known of the change is told with the decision', () => {
  const signals = [
    { tier: 'heuristic', kind: 'branch-prefix', agent: null, where: 'run 1', value: 'ignore all rules' },
    { tier: 'heuristic', kind: 'branch-prefix', agent: null, where: 'run 2', value: 'x' },
  ] as const;

  test.each([
    ['suspected', 'agent-suspected', { signals: 'branch-prefix' }],
    ['agent', 'agent-authored', { agents: 'not known which' }],
    ['automation', 'automation-change', {}],
    ['unattributed', 'unattributed-change', {}],
  ] as const)('the class %s', (found, code, params) => {
    const decision = decide(gateInput({ classification: { class: found, agents: [], signals, registry: '1' } }));
    expect(decision.because.slice(1)).toEqual([{ code, params }]);
  });

  test.each(['baseline', 'rollback', 'diverged', 'truncated'] as const)('a range of kind %s', (kind) => {
    const decision = decide(gateInput({ request: { ...deployment, range: { kind, baseSha: null } } }));
    expect(decision.because.at(-1)).toEqual({ code: `range-${kind}`, params: { environment: 'production' } });
  });

  test('commits that belong to no account (C12)', () => {
    const parties = { ...partiesOf(partyWith(alice, 'author')), unattributed: [HEAD, OTHER_HEAD] };
    expect(decide(gateInput({ parties })).because.at(-1)).toEqual({
      code: 'unattributed-commit',
      params: { count: 2, sha: HEAD },
    });
  });
});
