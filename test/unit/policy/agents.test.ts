import { describe, expect, test } from 'vitest';
import type { MachineAccounts } from '../../../core/actors/human.ts';
import type { Signal } from '../../../core/authorship/classification.ts';
import { classify } from '../../../core/authorship/classify.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { ChangeFacts } from '../../../core/facts.ts';
import { eligibility } from '../../../core/gate/eligibility.ts';
import { parsePolicy } from '../../../core/policy/parse-policy.ts';
import { policyRegistry } from '../../../core/policy/policy-registry.ts';
import { alice, bot, change, commit, person, pull, UNSIGNED } from '../authorship/change-builder.ts';
import { gateInput } from '../gate/builders.ts';
import { policyOf, textOf } from './subjects.ts';

const FIXER = [
  'agents:',
  '  - id: acme-fixer',
  '    name: Acme Fixer',
  "    accounts: ['acme-fixer#777']",
  '    emails: [Fixer@bots.acme.test]',
  "    trailers: [Fixer-Run, 'Made-with: Acme Fixer', 'Co-authored-by: Fixer']",
  '    branch-prefixes: [fixer/, claude/]',
];
const registry = policyRegistry(policyOf(...FIXER));
const options = { automation: [], touchedPaths: ['a'], earlier: [] };
const traces = (facts: ChangeFacts, asked = registry): readonly string[] =>
  classify(facts, asked, options).signals.map(({ tier, kind, agent }: Signal) => `${tier} ${kind} ${agent ?? '-'}`);

describe('an agent that the policy adds', () => {
  test.each([
    ['its account', change({ pulls: [pull({ author: bot(777, 'renamed[bot]') })] }), 'verified account acme-fixer'],
    [
      'its mailbox, in any case',
      change({ commits: [commit({ authors: [person(null, 'FIXER@bots.acme.test', 'x')], signature: UNSIGNED })] }),
      'declared mailbox acme-fixer',
    ],
    ['its trailer', change({ commits: [commit({ message: 'x\n\nfixer-run: 9' })] }), 'declared trailer acme-fixer'],
    [
      'the value of a trailer',
      change({ commits: [commit({ message: 'x\n\nMade-With: acme fixer 2' })] }),
      'declared trailer acme-fixer',
    ],
    ['its branches', change({ pulls: [pull({ headRef: 'Fixer/1' })] }), 'heuristic branch-prefix acme-fixer'],
  ])('is known by %s, and was not before', (_name, facts, expected) => {
    expect(traces(facts)).toEqual([expected]);
    expect(traces(facts, agentRegistry)).not.toContain(expected);
  });

  test('fills no seat, though GitHub calls its account a User', () => {
    const account = { id: 777, login: 'acme-fixer', type: 'User' as const };
    const { parties, classification: sighted } = gateInput();
    const why = (machines: MachineAccounts) =>
      eligibility(account, null, { parties, seats: [], machines, sighted })?.code;
    expect(why(registry)).toBe('reviewer-not-human');
    expect(why(agentRegistry)).not.toBe('reviewer-not-human');
  });

  test('can be named by a rule', () => {
    const rule = ['rules:', '  - { id: a, when: { agent: [acme-fixer, claude] }, deny: Not now }'];
    expect(parsePolicy(textOf(...FIXER, ...rule)).ok).toBe(true);
    const issue = parsePolicy(textOf(...rule));
    expect(issue.ok ? [] : issue.issues.map(({ path, message }) => `${path} ${message}`)).toEqual([
      'rules[0].when.agent[0] This agent id is not known to this version, and this policy does not add it.',
    ]);
  });
});

describe('what a policy adds takes nothing away (invariant 6)', () => {
  test.each([
    [
      'a trailer of another agent',
      change({ commits: [commit({ message: 'x\n\nCo-authored-by: Fixer Claude <noreply@anthropic.com>' })] }),
    ],
    ['a branch of another agent', change({ pulls: [pull({ headRef: 'claude/x' })] })],
    ['an account of another agent', change({ pulls: [pull({ author: bot(158243242, 'devin-ai-integration[bot]') })] })],
  ])('%s is still seen', (_name, facts) => {
    const thief = policyRegistry(
      policyOf(...FIXER, '  - { id: thief, name: T, accounts: [x#158243242], emails: [noreply@anthropic.com] }'),
    );
    const before = traces(facts, agentRegistry);
    expect(before.length).toBeGreaterThan(0);
    expect(traces(facts, thief)).toEqual(expect.arrayContaining([...before]));
  });

  test('no policy and a policy without agents ask the registry itself', () => {
    expect(policyRegistry(null)).toBe(agentRegistry);
    expect(policyRegistry(policyOf())).toBe(agentRegistry);
    expect(agentRegistry.agentByAccountId.has(777)).toBe(false);
    expect(traces(change({ commits: [commit({ authors: [person(alice)] })] }))).toEqual([]);
  });
});

describe('an entry that could be found everywhere or nowhere is refused', () => {
  test.each([
    ['nothing to be known by', '{ id: a, name: A }', 'needs accounts, emails, trailers or branch-prefixes'],
    ['no name', '{ id: a, emails: [a@b.test] }', 'name is missing'],
    ['an account without an id', '{ id: a, name: A, accounts: [x] }', 'login#id'],
    ['a domain for an address', "{ id: a, name: A, emails: ['@b.test'] }", 'one whole e-mail address'],
    ['a trailer of two letters', '{ id: a, name: A, trailers: [By] }', 'A trailer is written as'],
    ['a prefix without an end', '{ id: a, name: A, branch-prefixes: [fix] }', 'A branch prefix ends in'],
    ['a pattern as prefix', "{ id: a, name: A, branch-prefixes: ['*/'] }", 'A branch prefix ends in'],
    ['an empty list', '{ id: a, name: A, emails: [] }', 'empty'],
    ['an unknown key', '{ id: a, name: A, emails: [a@b.test], ignore: true }', 'not known'],
  ])('%s', (_name, entry, message) => {
    const answer = parsePolicy(textOf(`agents: [${entry}]`));
    expect(answer.ok ? '' : answer.issues[0]?.message).toContain(message);
  });

  test('an id that stands twice', () => {
    const answer = parsePolicy(textOf(...FIXER, '  - { id: acme-fixer, name: Again, emails: [a@b.test] }'));
    expect(answer.ok ? '' : answer.issues[0]?.message).toContain('has this id already');
  });
});
