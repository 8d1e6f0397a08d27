import { describe, expect, test } from 'vitest';
import { builtInPolicy } from '../../../core/policy/built-in.ts';
import { inScope, policyUsers, requirementFor } from '../../../core/policy/match.ts';
import type { Subject } from '../../../core/policy/requirement.ts';
import { parsePolicy } from '../../../core/policy/parse-policy.ts';
import { deployment, policyOf, pullRequest } from './subjects.ts';

const nobody = { users: new Map<string, number>() };

const GROUPS = [
  'groups:',
  '  sre: { teams: [acme/sre] }',
  '  security: { teams: [acme/security], users: [Kim, "lee#31"] }',
  '  maintainers: { min-permission: maintain }',
];

function asks(rules: readonly string[], subject: Subject = deployment): ReturnType<typeof requirementFor> {
  return requirementFor(policyOf(...GROUPS, 'rules:', ...rules), subject, nobody);
}

describe('what rules ask for', () => {
  test('seats of different groups add up', () => {
    const { seats, rules } = asks([
      '  - { id: a, when: { agent: true }, require: [{ from: sre, count: 1 }] }',
      '  - { id: b, when: { kind: deployment }, require: [{ from: security, count: 1 }] }',
    ]);
    expect(rules).toEqual(['a', 'b']);
    expect(seats.map(({ id }) => id)).toEqual(['sre/1', 'security/1']);
  });

  test('seats of one group are merged by the highest count, each with the rules that ask for it', () => {
    const { seats } = asks([
      '  - { id: a, when: { agent: true }, require: [{ from: sre, count: 1, assurance: platform-attested }] }',
      '  - { id: b, when: { kind: deployment }, require: [{ from: sre, count: 2, assurance: declared }] }',
    ]);
    expect(seats.map(({ id, rules, assurance }) => [id, rules, assurance])).toEqual([
      ['sre/1', ['a', 'b'], 'platform-attested'],
      ['sre/2', ['b'], 'declared'],
    ]);
  });

  test('a rule that does not match asks for nothing', () => {
    const { seats, rules } = asks([
      '  - { id: a, when: { agent: true }, require: [{ from: sre, count: 1 }] }',
      '  - { id: b, when: { kind: pull-request }, require: [{ from: security, count: 3 }] }',
    ]);
    expect([rules, seats.map(({ id }) => id)]).toEqual([['a'], ['sre/1']]);
  });

  test('every denial is told, and seats stay beside it', () => {
    const { seats, denials } = asks([
      '  - { id: a, when: { agent: true }, deny: Freeze }',
      '  - { id: b, when: { agent: true }, require: [{ from: sre, count: 1 }] }',
      '  - { id: c, when: { kind: deployment }, deny: Audit }',
    ]);
    expect(denials).toEqual([
      { rule: 'a', text: 'Freeze' },
      { rule: 'c', text: 'Audit' },
    ]);
    expect(seats.map(({ id }) => id)).toEqual(['sre/1']);
  });

  test('the longest reason is asked for', () => {
    const { reasonMinLength } = asks([
      '  - { id: a, when: { agent: true }, require: [{ from: sre, count: 1 }], reason: { min-length: 10 } }',
      '  - { id: b, when: { agent: true }, require: [{ from: sre, count: 1 }], reason: { min-length: 40 } }',
      '  - { id: c, when: { kind: pull-request }, require: [{ from: sre, count: 1 }], reason: { min-length: 90 } }',
    ]);
    expect(reasonMinLength).toBe(40);
  });
});

describe('where no rule asks for a person, one with maintain is asked for', () => {
  const builtIn = [{ group: 'maintainers (built in)', minPermission: 'maintain', teams: [], userIds: [] }];

  test.each([
    ['without rules', policyOf()],
    ['when no rule matches (C79)', policyOf('rules: [{ id: a, when: { kind: pull-request }, deny: no }]')],
    ['when only a denial matches', policyOf('rules: [{ id: a, when: { kind: deployment }, deny: no }]')],
    [
      'in an environment that no rule names (C117)',
      policyOf('rules: [{ id: a, when: { environment: prod }, deny: no }]'),
    ],
  ])('%s', (_, policy) => {
    const { seats, reasonMinLength } = requirementFor(policy, { ...deployment, environment: 'prod-eu' }, nobody);
    expect([seats.map(({ source }) => source), reasonMinLength]).toEqual([builtIn, 0]);
  });
});

describe('a group is resolved to account ids', () => {
  const policy = policyOf(
    ...GROUPS,
    'rules:',
    '  - { id: a, when: { agent: true }, require: [{ from: security, count: 1 }] }',
  );

  test('only logins without an id are looked up, each once', () => {
    const twice = policyOf('groups: { a: { users: [Kim, kim, "lee#31"] }, b: { users: [KIM, ann] } }');
    expect([policyUsers(policy), policyUsers(twice), policyUsers(builtInPolicy)]).toEqual([
      ['kim'],
      ['kim', 'ann'],
      [],
    ]);
  });

  test('a login is taken by the id that it resolved to', () => {
    const { seats } = requirementFor(policy, deployment, { users: new Map([['kim', 77]]) });
    expect(seats[0]?.source).toEqual({
      group: 'security',
      minPermission: null,
      teams: ['acme/security'],
      userIds: [77, 31],
    });
  });

  test('a login that nobody has is nobody', () => {
    expect(requirementFor(policy, deployment, nobody).seats[0]?.source.userIds).toEqual([31]);
  });
});

describe('scope', () => {
  const infra: Subject = { ...pullRequest, class: 'unattributed', agents: [], paths: ['infra/main.tf'] };
  const plain: Subject = { ...infra, paths: ['src/app.ts'] };
  const cut: Subject = { ...plain, paths: [], pathsComplete: false };
  const suspected: Subject = { ...plain, class: 'suspected' };
  const bot: Subject = { ...plain, class: 'automation' };

  test.each([
    ['agent', [pullRequest, suspected], [infra, plain, cut, bot]],
    ['infra', [infra, cut], [pullRequest, suspected, plain, bot]],
    ['agent-or-infra', [pullRequest, suspected, infra, cut], [plain, bot]],
    ['all', [pullRequest, suspected, infra, cut, plain, bot], []],
  ])('pull-requests: %s', (wanted, inside, outside) => {
    const parsed = parsePolicy(`version: 1\nscope: { deployments: all, pull-requests: ${wanted} }\n`);
    const policy = parsed.ok ? parsed.policy : builtInPolicy;
    expect(policy.scope['pull-requests']).toBe(wanted);
    expect(inside.map((subject) => inScope(policy, subject))).toEqual(inside.map(() => true));
    expect(outside.map((subject) => inScope(policy, subject))).toEqual(outside.map(() => false));
  });

  test('every deployment is in scope, whoever wrote it', () => {
    const classes = (['agent', 'suspected', 'automation', 'unattributed'] as const).map((given) =>
      inScope(builtInPolicy, { ...deployment, class: given }),
    );
    expect(classes).toEqual([true, true, true, true]);
  });
});

test('the built-in policy asks one person with maintain for every deployment and every agent or infra pull request', () => {
  for (const subject of [
    deployment,
    pullRequest,
    { ...pullRequest, class: 'unattributed' as const, paths: ['a.tf'] },
  ]) {
    expect(inScope(builtInPolicy, subject)).toBe(true);
    expect(requirementFor(builtInPolicy, subject, nobody)).toEqual({
      rules: ['one-distinct-human'],
      seats: [
        {
          id: 'maintainers/1',
          source: { group: 'maintainers', minPermission: 'maintain', teams: [], userIds: [] },
          rules: ['one-distinct-human'],
          assurance: null,
        },
      ],
      denials: [],
      reasonMinLength: 0,
    });
  }
});
