import { describe, expect, test } from 'vitest';
import { isObject } from '../../../core/evidence/strict-json.ts';
import { explain } from '../../../core/gate/reasons.ts';
import { FINDINGS_MAX, proposalSchema } from '../../../core/proposal.ts';
import { findInPlan } from '../../../core/risk/find-in-plan.ts';
import { parsePlan } from '../../../core/risk/parse-plan.ts';
import type { Plan } from '../../../core/risk/plan-schema.ts';
import { hasPlans, manifest, mended, sharedPlans } from '../../support/shared-plans.ts';

if (!hasPlans) console.warn('The plans in ../shared/plans are not here; they are not looked at.');

const plans = sharedPlans();
const entries = manifest();

test('every plan of the list is looked at where the list is there', () => {
  const paths = new Set(plans.map(({ path }) => path));
  expect(entries.filter(({ file }) => !paths.has(file))).toEqual([]);
});

/** Refused for how the file was written, not for what it is. */
const MENDABLE: readonly string[] = ['plan-encoding', 'plan-wrapper-noise'];

function readMended(path: string): Plan {
  const bytes = plans.find((plan) => plan.path === path)?.bytes ?? new Uint8Array();
  const first = parsePlan(bytes, path);
  const parsed = first.ok || !MENDABLE.includes(first.because.code) ? first : parsePlan(mended(bytes), path);
  if (!parsed.ok) throw new Error(explain(parsed.because));
  return parsed.plan;
}

describe('what the list says of a plan is what is read', () => {
  test('there is a list wherever there are plans', () => {
    expect(entries.length > 0).toBe(plans.length > 0);
  });

  test.each(entries.map((entry) => [entry.file, entry] as const))('%s', (file, entry) => {
    if (entry.actions === null) {
      const parsed = parsePlan(plans.find(({ path }) => path === file)?.bytes ?? new Uint8Array(), file);
      expect(parsed.ok ? 'read' : parsed.because.code).toMatch(/^plan-(?:is|not)-/);
      return;
    }
    const plan = readMended(file);
    const counts = new Map<string, number>();
    for (const { change } of plan.resource_changes ?? []) {
      const name = change.actions.join('/');
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual(entry.actions);
    expect(plan.resource_changes?.length ?? 0).toBe(entry.resourceChanges ?? 0);
    expect(plan.format_version).toBe(entry.formatVersion);
    expect(plan.terraform_version ?? null).toBe(entry.terraformVersion);
  });
});

describe('of every plan there is', () => {
  test('and of the smallest one, nothing is needed but what makes it a plan', () => {
    expect(parsePlan(new TextEncoder().encode('{"format_version":"1.2","planned_values":{}}'), 'plan').ok).toBe(true);
  });

  test.each(plans.map((plan) => [plan.path, plan] as const))('%s', (path, { bytes }) => {
    const parsed = parsePlan(bytes, path);
    if (!parsed.ok) {
      expect(parsed.because.code).toMatch(/^plan-/);
      if (!MENDABLE.includes(parsed.because.code)) return;
    }
    const plan = parsed.ok ? parsed.plan : readMended(path);
    const findings = findInPlan(plan);
    expect(findInPlan(plan)).toEqual(findings);
    for (const resource of plan.resource_changes ?? []) {
      const own = findings.filter(({ where }) => where === resource.address).map(({ rule }) => rule);
      if (resource.mode === 'managed' && resource.change.actions.includes('delete')) {
        expect(own.some((rule) => /^tf-(?:stateful-)?(?:delete|replace)$/.test(rule))).toBe(true);
      }
      if (resource.change.actions.includes('forget')) expect(own).toContain('tf-forget');
    }
    if (plan.complete === false) expect(findings.map(({ rule }) => rule)).toContain('plan-partial');

    const listed = findings.slice(0, FINDINGS_MAX);
    const sha256 = '0'.repeat(64);
    const proposal = proposalSchema.parse({
      environment: 'production',
      subjects: [{ kind: 'plan', name: 'plan', sha256 }],
      findings: listed,
      moreFindings: findings.length - listed.length,
      reason: '',
    });
    expect(leaks(plan, JSON.stringify(proposal))).toEqual([]);
  });
});

/** Values of the plan that stand in the text and are no part of an address. */
function leaks(plan: Plan, text: string): readonly string[] {
  const resources = [...(plan.resource_changes ?? []), ...(plan.resource_drift ?? [])];
  const addresses = resources.map(({ address }) => address).join('\n');
  const values = new Set(resources.flatMap(({ change }) => [...strings(change.before), ...strings(change.after)]));
  // Shorter ones are words that any sentence may hold.
  return [...values].filter((value) => value.length > 7 && text.includes(value) && !addresses.includes(value));
}

function strings(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(strings);
  return isObject(value) ? Object.values(value).flatMap(strings) : [];
}

const EXPECTED: readonly (readonly [string, readonly string[]])[] = [
  ['create.json', []],
  ['noop.json', []],
  ['replace.json', ['medium tf-replace terraform_data.customer_db']],
  ['replace-by-request.json', ['medium tf-replace terraform_data.customer_db']],
  ['targeted.json', ['high plan-partial the plan']],
  [
    'advanced.json',
    [
      'medium checks-failed check.health',
      'medium tf-delete terraform_data.role_binding[1]',
      'medium tf-forget terraform_data.bucket["exports"]',
      'medium tf-forget terraform_data.bucket["logs"]',
      'medium tf-import terraform_data.adopted',
      'low tf-moved terraform_data.primary_db',
    ],
  ],
  [
    'destroy.json',
    [
      'high tf-delete terraform_data.bucket["exports"]',
      'high tf-delete terraform_data.bucket["logs"]',
      'high tf-delete terraform_data.customer_db',
      'high tf-delete terraform_data.role_binding[0]',
      'high tf-delete terraform_data.role_binding[1]',
    ],
  ],
];
const present = EXPECTED.filter(([path]) => plans.some((plan) => plan.path === path));

test('a plan of our own says exactly what is risky in it', () => {
  for (const [path, expected] of present) {
    expect(findInPlan(readMended(path)).map(({ level, rule, where }) => `${level} ${rule} ${where}`)).toEqual(expected);
  }
});

const checkov = plans.find(({ path }) => path.endsWith('terraform_runner_resources_plan_tfplan.json'));
test('the large public plan has as many of each kind as were counted by hand', () => {
  if (checkov === undefined) return;
  const findings = findInPlan(readMended(checkov.path));
  const count = (rule: string): number =>
    new Set(findings.filter((each) => each.rule === rule).map(({ where }) => where)).size;
  expect(count('iam-change')).toBe(10);
  expect(count('exposure-open-ingress')).toBe(1);
  expect(count('code-at-apply')).toBe(1);
  expect(findings.filter(({ why }) => why.includes('`acl`'))).toHaveLength(1);
});
