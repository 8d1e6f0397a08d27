import type { ProposedFinding } from '../../proposal.ts';
import type { ChangedResource } from '../changed-resource.ts';
import { finding } from '../finding.ts';
import type { Plan } from '../plan-schema.ts';

/** Where a finding stands that is about no single resource. */
const PLAN = 'the plan';

const CHANGES_MEDIUM = 25;
const CHANGES_HIGH = 100;
const DELETES_HIGH = 10;

/** What holds of the plan as a whole. */
export function judgeWholePlan(plan: Plan, resources: readonly ChangedResource[]): readonly ProposedFinding[] {
  return [
    ...judgeCompleteness(plan),
    ...judgeSize(resources),
    ...(plan.resource_drift ?? []).map(({ address }) => {
      const why = 'It was changed outside of Terraform; the plan may take that back.';
      return finding(['tf-drift', 'drift', 'low'], address, why);
    }),
    ...(plan.checks ?? []).flatMap((check) => {
      if (check.status !== 'fail' && check.status !== 'error') return [];
      const where = check.address?.to_display ?? PLAN;
      const why =
        check.status === 'fail'
          ? 'A check of the configuration fails.'
          : 'A check of the configuration cannot be made.';
      return [finding(['checks-failed', 'incomplete', 'medium'], where === '' ? PLAN : where, why)];
    }),
    ...Object.entries(plan.output_changes ?? {}).flatMap(([name, output]) => {
      if (output.before_sensitive !== true || output.after_sensitive !== false) return [];
      const why = 'The output was sensitive and is shown to everybody from now on.';
      return [finding(['secrets-touched', 'secrets', 'high'], `output.${name}`, why)];
    }),
    ...(plan.action_invocations ?? []).map(({ address }) => {
      const why = 'An action of a provider runs when the plan is applied.';
      return finding(['code-at-apply', 'code-execution', 'high'], address ?? PLAN, why);
    }),
  ];
}

function judgeCompleteness(plan: Plan): readonly ProposedFinding[] {
  const found: ProposedFinding[] = [];
  const partial = (why: string): void => {
    found.push(finding(['plan-partial', 'incomplete', 'high'], PLAN, why));
  };
  if (plan.complete === false) partial('It does not hold everything: it was limited to targets, or parts are put off.');
  if (plan.configuration === undefined || plan.configuration === null) {
    partial('The configuration was taken out of it, so programs that run at apply cannot be seen.');
  }
  const deferred = (plan.deferred_changes?.length ?? 0) + (plan.deferred_action_invocations?.length ?? 0);
  if (deferred > 0) partial(`${deferred} changes are put off to a later plan and cannot be seen in this one.`);
  if (plan.complete === undefined || plan.complete === null) {
    const why = 'OpenTofu and older versions of Terraform do not say whether a plan holds everything.';
    found.push(finding(['plan-completeness-unknown', 'incomplete', 'low'], PLAN, why, 'possible'));
  }
  return found;
}

function judgeSize(resources: readonly ChangedResource[]): readonly ProposedFinding[] {
  const changed = resources.filter(({ effect }) => effect !== 'none' && effect !== 'read').length;
  const deleted = resources.filter((resource) => resource.destroys).length;
  if (changed <= CHANGES_MEDIUM && deleted <= DELETES_HIGH) return [];
  const level = changed > CHANGES_HIGH || deleted > DELETES_HIGH ? 'high' : 'medium';
  const why = `${changed} resources change and ${deleted} are deleted or replaced: look at the deletions first.`;
  return [finding(['blast-count', 'size', level], PLAN, why)];
}
