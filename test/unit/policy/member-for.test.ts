import { describe, expect, test } from 'vitest';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import { eligibility } from '../../../core/gate/eligibility.ts';
import { explain } from '../../../core/gate/reasons.ts';
import { requirementFor } from '../../../core/policy/match.ts';
import { parsePolicy } from '../../../core/policy/parse-policy.ts';
import { couldFill } from '../../../core/policy/seats.ts';
import { bob, gateInput, partiesOf } from '../gate/builders.ts';
import { deployment, policyOf, textOf } from './subjects.ts';

const HOUR = 3_600_000;

describe('member-for', () => {
  test.each([
    ['1h', 1],
    ['24h', 24],
    ['7d', 168],
    ['90d', 2_160],
  ])('%s is so many hours', (text, hours) => {
    const { groups } = policyOf(`groups: { a: { teams: [acme/sre], users: [kim], member-for: ${text} } }`);
    expect(groups?.['a']?.['member-for']).toBe(hours * HOUR);
  });

  test.each([
    ['nothing', 'teams: [a/b], member-for: 0h', 'in hours or days'],
    ['minutes', 'teams: [a/b], member-for: 30m', 'in hours or days'],
    ['a number', 'teams: [a/b], member-for: 24', 'in hours or days'],
    ['a part of an hour', 'teams: [a/b], member-for: 1.5h', 'in hours or days'],
    ['more than 90 days', 'teams: [a/b], member-for: 91d', 'at most 90 days'],
    ['more hours than 90 days have', 'teams: [a/b], member-for: 2161h', 'at most 90 days'],
    ['no team', 'users: [kim], member-for: 1d', 'this group names none'],
    ['nobody', 'member-for: 1d', 'this group names none'],
    ['a permission, which a team gives at once', 'teams: [a/b], min-permission: write, member-for: 1d', 'two groups'],
  ])('%s is refused', (_, group, message) => {
    const answer = parsePolicy(textOf(`groups: { a: { ${group} } }`));
    expect(answer.ok ? '' : answer.issues.map((issue) => issue.message).join('\n')).toContain(message);
  });
});

describe('a seat that asks how long somebody is in a team (C28)', () => {
  const NOW = 100 * HOUR;
  const policy = policyOf(
    'groups: { a: { teams: [acme/sre, acme/ops], users: ["kim#9"], member-for: 24h } }',
    'rules: [{ id: one, when: { agent: true }, require: [{ from: a, count: 1 }] }]',
  );
  const { seats } = requirementFor(policy, { ...deployment, now: NOW }, { users: new Map() });
  const may = (teams: readonly string[], since: Readonly<Record<string, number>>, id: number = bob.id) => {
    const authority = { permission: 'admin' as const, teams, memberSince: new Map(Object.entries(since)) };
    const account = { ...bob, id };
    const [seat] = seats;
    const { classification: sighted } = gateInput();
    const why = eligibility(account, authority, { parties: partiesOf(), seats, machines: agentRegistry, sighted });
    expect(seat !== undefined && couldFill(seat, account, authority)).toBe(why === null);
    return why;
  };

  test.each<[string, readonly string[], Readonly<Record<string, number>>]>([
    ['for exactly as long', ['acme/sre'], { 'acme/sre': NOW - 24 * HOUR }],
    ['since ever', ['acme/sre'], { 'acme/sre': 0 }],
    ['long enough in one of two teams', ['acme/sre', 'acme/ops'], { 'acme/sre': NOW, 'acme/ops': 0 }],
  ])('takes who is in it %s', (_, teams, since) => {
    expect(may(teams, since)).toBeNull();
  });

  test.each<[string, readonly string[], Readonly<Record<string, number>>, string]>([
    ['a moment too short', ['acme/sre'], { 'acme/sre': NOW - 24 * HOUR + 1 }, 'membership-too-fresh'],
    ['since now', ['acme/sre'], { 'acme/sre': NOW }, 'membership-too-fresh'],
    ['by a clock that runs ahead', ['acme/sre'], { 'acme/sre': NOW + HOUR }, 'membership-too-fresh'],
    ['nobody knows since when', ['acme/sre'], {}, 'membership-too-fresh'],
    ['long ago and not any more', [], { 'acme/sre': 0 }, 'reviewer-lacks-authority'],
    ['in another team for long', ['acme/other'], { 'acme/other': 0 }, 'reviewer-lacks-authority'],
    ['for long in another team of the seat only', ['acme/sre'], { 'acme/ops': 0 }, 'membership-too-fresh'],
  ])('takes nobody who is in it %s, administrators included', (_, teams, since, code) => {
    expect(may(teams, since)?.code).toBe(code);
  });

  test('says from when on they count, by the first team in which they do', () => {
    const since = { 'acme/sre': NOW - HOUR, 'acme/ops': NOW - 2 * HOUR };
    const why = may(['acme/sre', 'acme/ops'], since);
    expect(why === null ? '' : explain(why)).toBe(
      '@bob has not been seen in the team acme/ops for as long as the policy asks: their answer counts from 1970-01-06T02:00:00.000Z on.',
    );
  });

  test('asks nothing of people whom the policy itself names', () => {
    expect(may([], {}, 9)).toBeNull();
  });
});
