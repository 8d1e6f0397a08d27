import { findInPlan } from '../../../core/risk/find-in-plan.ts';
import { parsePlan } from '../../../core/risk/parse-plan.ts';
import type { Plan } from '../../../core/risk/plan-schema.ts';

type Json = Readonly<Record<string, unknown>>;

/** A whole plan around some entries, complete and of a known version. */
export function planOf(entries: readonly Json[], rest: Json = {}): Plan {
  const json = {
    format_version: '1.2',
    terraform_version: '1.11.4',
    planned_values: {},
    configuration: { root_module: {} },
    resource_changes: entries,
    complete: true,
    ...rest,
  };
  const parsed = parsePlan(new TextEncoder().encode(JSON.stringify(json)), 'plan');
  if (!parsed.ok) throw new Error(`${parsed.because.code} ${JSON.stringify(parsed.because.params)}`);
  return parsed.plan;
}

/** One resource; its address is `type.it`. */
export function changed(
  type: string,
  actions: string | readonly string[],
  before: unknown,
  after: unknown,
  rest: Json = {},
): Json {
  const { change, ...more } = rest;
  const details = typeof change === 'object' && change !== null ? change : {};
  return {
    address: `${type}.it`,
    mode: 'managed',
    type,
    name: 'it',
    change: { actions: typeof actions === 'string' ? [actions] : actions, before, after, ...details },
    ...more,
  };
}

/** `level rule` of every finding, the worst first. */
export function rulesOf(entries: readonly Json[], rest: Json = {}): readonly string[] {
  return findInPlan(planOf(entries, rest)).map(({ level, rule }) => `${level} ${rule}`);
}
