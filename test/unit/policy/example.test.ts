import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUILT_IN_POLICY_TEXT, builtInPolicy } from '../../../core/policy/built-in.ts';
import { inScope, requirementFor } from '../../../core/policy/match.ts';
import { parsePolicy } from '../../../core/policy/parse-policy.ts';
import { policySchema } from '../../../core/policy/schema.ts';
import type { Subject } from '../../../core/policy/requirement.ts';
import { deployment, pullRequest } from './subjects.ts';

const root = join(import.meta.dirname, '../../..');
const example = readFileSync(join(root, 'policy.example.yml'), 'utf8');
const page = readFileSync(join(root, 'docs/policy.md'), 'utf8');

/** Seats that the example asks for, and denials, by rule. */
function asked(subject: Subject): readonly [readonly string[], readonly string[]] {
  const parsed = parsePolicy(example);
  if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.issues));
  expect(inScope(parsed.policy, subject)).toBe(true);
  const { seats, denials } = requirementFor(parsed.policy, subject, { users: new Map() });
  return [seats.map(({ id }) => id), denials.map(({ rule }) => rule)];
}

test.each<[string, Subject, readonly string[], readonly string[]]>([
  ['an agent’s deployment to production', deployment, ['sre/1'], []],
  ['one to an environment that no rule names', { ...deployment, environment: 'preview' }, ['built-in/1'], []],
  ['one by hand', { ...deployment, event: 'workflow_dispatch' }, ['sre/1', 'maintainers/1'], []],
  ['one during the freeze', { ...deployment, now: Date.parse('2026-12-24T12:00:00Z') }, ['sre/1'], ['freeze']],
  ['an agent’s change of infrastructure', { ...pullRequest, paths: ['infra/main.tf'] }, ['sre/1'], []],
  [
    'an agent’s change of its own instructions',
    { ...pullRequest, paths: ['AGENTS.md'] },
    ['sre/1', 'security/1', 'maintainers/1'],
    [],
  ],
  [
    'an agent’s change of billing on a release branch',
    { ...pullRequest, branch: 'release/7', paths: ['services/billing/pay.ts'] },
    ['maintainers/1', 'maintainers/2'],
    [],
  ],
])('policy.example.yml on %s', (_, subject, seats, denials) => {
  expect(asked(subject)).toEqual([seats, denials]);
});

test('policy.example.yml shows every key at the top that is enforced, and names every one that is not', () => {
  const parsed = parsePolicy(example);
  const shown = parsed.ok ? Object.keys(parsed.policy) : [];
  const all = Object.keys(policySchema.shape);
  expect(shown.length).toBeGreaterThan(0);
  const notShown = all.filter((key) => !shown.includes(key));
  expect(notShown.filter((key) => !example.includes(key))).toEqual([]);
  expect(notShown.filter((key) => parsePolicy(`${example}\n${key}: {}\n`).ok)).toEqual([]);
});

test('the examples of docs/policy.md parse', () => {
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  expect(blocks.length).toBeGreaterThan(0);
  expect(blocks.filter((block) => !parsePolicy(block).ok)).toEqual([]);
});

test('docs/policy.md names every key at the top', () => {
  expect(Object.keys(policySchema.shape).filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
});

test('the built-in policy is what its text says', () => {
  expect(parsePolicy(BUILT_IN_POLICY_TEXT)).toEqual({ ok: true, policy: builtInPolicy });
});
