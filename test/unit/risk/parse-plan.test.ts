import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { explain } from '../../../core/gate/reasons.ts';
import { findInPlan } from '../../../core/risk/find-in-plan.ts';
import { parsePlan } from '../../../core/risk/parse-plan.ts';
import { changed, planOf } from './plan-builder.ts';

const small = { format_version: '1.2', planned_values: {}, resource_changes: [] };
const plan = JSON.stringify(small);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le'));

function codeOf(bytes: Uint8Array): string {
  const parsed = parsePlan(bytes, 'infra/plan.json');
  if (parsed.ok) return 'read';
  expect(explain(parsed.because)).toContain('`infra/plan.json`');
  expect(explain(parsed.because)).not.toContain('?');
  return parsed.because.code;
}

test.each([
  ['a plan', utf8(plan), 'read'],
  ['a plan with white space', utf8(`\n ${JSON.stringify(small, null, 2)}\n`), 'read'],
  ['an older plan', utf8(plan.replace('1.2', '0.1')), 'read'],
  ['UTF-16', utf16(plan), 'plan-encoding'],
  ['UTF-16 without a mark', utf16(plan).slice(2), 'plan-encoding'],
  ['a byte order mark', utf8(`\ufeff${plan}`), 'plan-encoding'],
  ['Latin-1', Uint8Array.from(Buffer.from(plan.replace('{}', '{"a":"é"}'), 'latin1')), 'plan-encoding'],
  ['a line of the wrapper before', utf8(`[command]/opt/terraform-bin show -json p\n${plan}\n`), 'plan-wrapper-noise'],
  ['lines of the wrapper after', utf8(`${plan}\n::debug::Terraform exited with code 0.\n`), 'plan-wrapper-noise'],
  ['outputs of the wrapper after', utf8(`${plan}\n\n::set-output name=exitcode::0\n`), 'plan-wrapper-noise'],
  ['a plan that is cut off', utf8(plan.slice(0, -3)), 'plan-truncated'],
  ['a plan that is cut off in a text', utf8('{"format_version":"1.'), 'plan-truncated'],
  ['two plans', utf8(`${plan}${plan}`), 'plan-malformed'],
  ['blanks', utf8(' \n'), 'plan-malformed'],
  ['words', utf8('hello'), 'plan-malformed'],
  ['what `plan` prints', utf8('\nTerraform will perform the following actions:\n'), 'plan-is-text'],
  ['what `show` prints in colour', utf8('\u001b[1m\u001b[0m# x.y will be created\n\nPlan: 1 to add'), 'plan-is-text'],
  ['what `show` prints of nothing', utf8('No changes. Your infrastructure matches.\n'), 'plan-is-text'],
  ['events', utf8('{"@level":"info"}\n{"@level":"info"}\n'), 'plan-is-event-stream'],
  ['one event', utf8('{"@level":"info"}\n'), 'plan-is-event-stream'],
  ['a state as JSON', utf8('{"format_version":"1.0","values":{}}'), 'plan-is-state'],
  ['a state file', utf8('{"version":4,"serial":1,"lineage":"x","resources":[]}'), 'plan-is-state'],
  ['a list', utf8('[]'), 'plan-not-a-plan'],
  ['nothing', utf8('null'), 'plan-not-a-plan'],
  ['an empty object', utf8('{}'), 'plan-not-a-plan'],
  ['schemas of providers', utf8('{"format_version":"1.0","provider_schemas":{}}'), 'plan-not-a-plan'],
  ['an unknown version', utf8(plan.replace('1.2', '2.0')), 'plan-format-unknown'],
  ['a version of two digits', utf8(plan.replace('1.2', '10.0')), 'plan-format-unknown'],
  ['changes that are no list', utf8(plan.replace('[]', '{}')), 'plan-shape-unknown'],
  [
    'a change without actions',
    utf8(plan.replace('[]', '[{"address":"a","mode":"m","type":"t","change":{"actions":[]}}]')),
    'plan-shape-unknown',
  ],
  ['a plan with errors', utf8(plan.replace('}', '},"errored":true')), 'plan-errored'],
])('%s', (_, bytes, code) => {
  expect(codeOf(bytes)).toBe(code);
});

test('every cut of a plan is refused', () => {
  for (let end = 1; end < plan.length; end += 1) expect(codeOf(utf8(plan.slice(0, end)))).toMatch(/^plan-/);
});

test('bytes of any kind are read or refused with a code, never more', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(utf8)), (bytes) => {
      expect(codeOf(bytes)).toMatch(/^(?:read|plan-[a-z-]+)$/);
    }),
  );
});

const TYPES = [
  'aws_iam_policy',
  'aws_iam_role',
  'aws_security_group',
  'aws_db_instance',
  'google_project_iam_policy',
  'kubernetes_cluster_role',
  'azurerm_role_assignment',
  'x_database',
];
const NAMES = [
  'policy',
  'assume_role_policy',
  'ingress',
  'user_data',
  'settings',
  'deletion_protection',
  'role',
  'members',
  'policy_data',
  'rule',
  'tags',
  '__proto__',
  'secret',
];
const MARK = 'S3cr3t-';
const secret = fc.integer({ min: 0, max: 1_000_000 }).map((number) => `${MARK}${number}`);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    secret,
    secret.map((text) =>
      JSON.stringify({ Statement: [{ Effect: 'Allow', Action: text, Resource: text, Principal: text }] }),
    ),
    fc.boolean(),
    fc.integer(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), secret), tie('any'), { maxKeys: 3 }),
  ),
})).any;
const side = fc.oneof(fc.constant(null), fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 5 }));
const entry = fc
  .record({
    type: fc.constantFrom(...TYPES),
    actions: fc.array(fc.constantFrom('create', 'delete', 'update', 'forget', 'no-op', 'strange'), {
      minLength: 1,
      maxLength: 2,
    }),
    before: side,
    after: side,
    after_unknown: side,
    after_sensitive: side,
    replace_paths: fc.array(fc.array(fc.oneof(secret, fc.constantFrom(...NAMES)), { maxLength: 2 }), { maxLength: 3 }),
  })
  .map(({ type, actions, before, after, ...change }) =>
    changed(type, actions, before, after, { change, action_reason: `${MARK}0` }),
  );

test('no value of a plan stands in a finding, whatever the plan holds', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), (entries) => {
      const output_changes = { url: { before: MARK, after: MARK, before_sensitive: true, after_sensitive: false } };
      const found = findInPlan(planOf(entries, { variables: { a: { value: MARK } }, output_changes }));
      expect(JSON.stringify(found)).not.toContain(MARK);
    }),
    { numRuns: 300 },
  );
});

test('of every resource that goes something is said, whatever else happens to it', () => {
  fc.assert(
    fc.property(entry, (resource) => {
      const change = planOf([resource]).resource_changes?.[0]?.change;
      const rules = findInPlan(planOf([resource])).map(({ rule }) => rule);
      if (change?.actions.includes('delete') === true)
        expect(rules.some((rule) => /delete|replace/.test(rule))).toBe(true);
      if (change?.actions.includes('strange') === true) expect(rules).toContain('tf-unknown-action');
    }),
  );
});
