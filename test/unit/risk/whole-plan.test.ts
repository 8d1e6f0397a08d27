import { describe, expect, test } from 'vitest';
import { findInPlan } from '../../../core/risk/find-in-plan.ts';
import { changed, planOf, rulesOf } from './plan-builder.ts';

const create = (type: string, after: unknown, rest = {}) => changed(type, 'create', null, after, rest);
const remove = (type: string, rest = {}) => changed(type, 'delete', { id: 'x' }, null, rest);

describe('the plan as a whole', () => {
  test('is partial, put off, without configuration or of unknown completeness, and says so', () => {
    expect(rulesOf([], { complete: false })).toEqual(['high plan-partial']);
    expect(rulesOf([], { deferred_changes: [{ reason: 'x' }] })).toEqual(['high plan-partial']);
    expect(rulesOf([], { configuration: null })).toEqual(['high plan-partial']);
    expect(rulesOf([], { complete: undefined })).toEqual(['low plan-completeness-unknown']);
  });

  test('runs code by provisioners in modules, by actions of providers and while it is made', () => {
    const module = {
      resources: [
        { address: 'null_resource.it', mode: 'managed', type: 'null_resource', provisioners: [{ type: 'local-exec' }] },
      ],
    };
    const configuration = { root_module: { module_calls: { a: { module } } } };
    const made = create('null_resource', {}, { address: 'module.a["x]"].null_resource.it[0]' });
    expect(rulesOf([made], { configuration })).toEqual(['high code-at-apply']);
    expect(rulesOf([create('null_resource', {})], { configuration })).toEqual([]);
    expect(rulesOf([], { action_invocations: [{ address: 'action.aws_lambda_invoke.it' }] })).toEqual([
      'high code-at-apply',
    ]);
    const data = { root_module: { resources: [{ address: 'data.external.it', mode: 'data', type: 'external' }] } };
    expect(rulesOf([], { configuration: data })).toEqual(['medium code-while-planning']);
  });

  test('leaves a policy to the provider, or sets one that is not known yet', () => {
    const entry = create('aws_s3_bucket', {}, { change: { after_unknown: { policy: true } } });
    const resource = (expressions: object) => ({
      configuration: { root_module: { resources: [{ address: 'aws_s3_bucket.it', expressions }] } },
    });
    expect(rulesOf([entry], resource({ bucket: {} }))).toEqual([]);
    expect(rulesOf([entry], resource({ policy: {} }))).toEqual(['medium unknown-security-attribute']);
    expect(rulesOf([entry])).toEqual(['medium unknown-security-attribute']);
  });

  test('is large', () => {
    const many = (count: number, actions: string) =>
      Array.from({ length: count }, (_, at) => changed('x_y', actions, {}, {}, { address: `x_y.it[${at}]` }));
    expect(rulesOf(many(25, 'update'))).toEqual([]);
    expect(rulesOf(many(26, 'update'))).toEqual(['medium blast-count']);
    expect(rulesOf(many(101, 'update'))).toEqual(['high blast-count']);
    expect(rulesOf(many(11, 'delete'))).toContain('high blast-count');
  });

  test('drifted, failed a check, shows a secret output', () => {
    expect(rulesOf([], { resource_drift: [changed('aws_instance', 'update', {}, {})] })).toEqual(['low tf-drift']);
    expect(rulesOf([], { checks: [{ address: { to_display: 'check.x' }, status: 'fail' }] })).toEqual([
      'medium checks-failed',
    ]);
    const output_changes = { token: { before_sensitive: true, after_sensitive: false } };
    expect(rulesOf([], { output_changes })).toEqual(['high secrets-touched']);
  });

  test('loses one of many instances of a count, which is less than losing two', () => {
    const reason = { action_reason: 'delete_because_count_index' };
    const entries = [0, 1].map((at) => remove('x_y', { ...reason, address: `x_y.it[${at}]` }));
    expect(rulesOf(entries)).toEqual(['high tf-delete', 'high tf-delete']);
    expect(rulesOf(entries.slice(1))).toEqual(['medium tf-delete']);
  });
});

describe('what a finding says', () => {
  test('why something is replaced, by names that the resource has and nothing else', () => {
    const change = { replace_paths: [['engine', 'secret-key'], ['not an attribute!'], [0]] };
    const [found] = findInPlan(
      planOf([changed('x_y', ['delete', 'create'], { engine: 1 }, { engine: 2 }, { change })]),
    );
    expect(found?.why).toBe('It is deleted and made anew (because of `engine`, an attribute).');
  });

  test('an address that hides something is shown, an endless one keeps its end', () => {
    const [hidden] = findInPlan(planOf([remove('x_y', { address: 'x_y.a["\u202e\n"]' })]));
    expect(hidden?.where).toBe('x_y.a["\\u{202e}\\u{a}"]');
    const [long] = findInPlan(planOf([remove('x_y', { address: `x_y.${'\u{1f600}'.repeat(3_000)}.end` })]));
    expect(long?.where.length).toBeLessThanOrEqual(500);
    expect(long?.where.endsWith('.end')).toBe(true);
    const [nasty] = findInPlan(planOf([remove('x_y', { address: '\u{e0001}'.repeat(3_000) })]));
    expect(nasty?.where.length).toBeLessThanOrEqual(500);
  });
});
