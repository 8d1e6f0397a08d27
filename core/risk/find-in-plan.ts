import type { ProposedFinding } from '../proposal.ts';
import { toChangedResource } from './changed-resource.ts';
import type { ChangedResource } from './changed-resource.ts';
import { configurationAddress, readConfiguration } from './configuration.ts';
import { bySeverity, finding } from './finding.ts';
import type { Plan } from './plan-schema.ts';
import { judgeAwsPolicies } from './rules/aws-policies.ts';
import { judgeCloudRoles } from './rules/cloud-roles.ts';
import { judgeCode } from './rules/code-at-apply.ts';
import { judgeExposure } from './rules/exposure.ts';
import { judgeLifecycle } from './rules/lifecycle.ts';
import { judgeType } from './rules/listed-types.ts';
import { judgeNetwork } from './rules/network.ts';
import { judgeProtection } from './rules/protection.ts';
import { judgeWholePlan } from './rules/whole-plan.ts';

/**
 * Everything in a plan that a reviewer should look at, the most dangerous first. Only raises: what is not known or marked as
 * sensitive is a finding of its own, and no finding takes another one away.
 *
 * @param plan as `parsePlan` gives it; the requesting side wrote it
 * @returns addresses, names of attributes and sentences of ours; never a value of the plan (invariant 11)
 */
export function findInPlan(plan: Plan): readonly ProposedFinding[] {
  const configuration = readConfiguration(plan.configuration);
  const resources = (plan.resource_changes ?? []).map((resource) =>
    toChangedResource(resource, configuration.attributes.get(configurationAddress(resource.address))),
  );
  const leaving = countLeaving(resources);
  const found = [
    ...judgeWholePlan(plan, resources),
    ...configuration.ranWhilePlanning.map((address) => {
      const why = 'It ran a program while the plan was made, with what the plan job may do.';
      return finding(['code-while-planning', 'code-execution', 'medium'], address, why);
    }),
  ];
  for (const resource of resources) {
    const configured = configurationAddress(resource.address);
    found.push(
      ...judgeLifecycle(resource, leaving.get(configured) === 1 && shrinks(resource)),
      ...judgeType(resource),
      ...judgeProtection(resource),
      ...judgeAwsPolicies(resource),
      ...judgeCloudRoles(resource),
      ...judgeNetwork(resource),
      ...judgeExposure(resource),
      ...judgeCode(resource, configuration.provisioned.has(configured)),
    );
  }
  return found.toSorted(bySeverity);
}

function shrinks({ change }: ChangedResource): boolean {
  return change.action_reason === 'delete_because_count_index' || change.action_reason === 'delete_because_each_key';
}

/** How many instances of each resource of the configuration are deleted. */
function countLeaving(resources: readonly ChangedResource[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { address, effect } of resources) {
    if (effect !== 'delete') continue;
    const configured = configurationAddress(address);
    counts.set(configured, (counts.get(configured) ?? 0) + 1);
  }
  return counts;
}
