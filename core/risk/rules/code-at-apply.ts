import type { ProposedFinding } from '../../proposal.ts';
import { member } from '../changed-resource.ts';
import type { ChangedResource } from '../changed-resource.ts';
import { finding } from '../finding.ts';
import { words } from '../words.ts';

/** Data sources that run a program or ask an address. */
const RUNNING_DATA: ReadonlySet<string> = new Set(['external', 'http', 'aws_lambda_invocation', 'shell_script']);
const RUNNING_RESOURCES: ReadonlySet<string> = new Set(['aws_lambda_invocation', 'shell_script', 'ssh_resource']);

/** What a machine runs when it starts. */
const START_CODE: readonly string[] = words(`
  user_data user_data_base64 custom_data metadata_startup_script startup_script cloud_init
`);

/**
 * Code that runs when the plan is applied.
 * @param hasProvisioner whether the configuration gives this resource a provisioner
 */
export function judgeCode(resource: ChangedResource, hasProvisioner: boolean): readonly ProposedFinding[] {
  const { address, effect, type } = resource;
  const found: ProposedFinding[] = [];
  const say = (why: string): void => {
    found.push(finding(['code-at-apply', 'code-execution', 'high'], address, why));
  };
  if (effect === 'none' || effect === 'forget') return [];
  if (resource.isData) {
    if (RUNNING_DATA.has(type)) say('It runs a program or asks an address while the plan is applied.');
    return found;
  }
  // Provisioners run when a resource is made, and some when it goes; the plan does not say which.
  if (hasProvisioner && effect !== 'update') say('A provisioner belongs to it, which runs a program.');
  if (RUNNING_RESOURCES.has(type)) say('It runs a program while the plan is applied.');
  if (effect !== 'update' && effect !== 'replace' && effect !== 'unknown') return found;
  const { before, after, after_unknown: unknown } = resource.change.change;
  for (const name of START_CODE) {
    // Whether a sensitive text changed is no secret; what stands in it is not looked at.
    if (member(before, name) === member(after, name) && member(unknown, name) !== true) continue;
    say(`\`${name}\` changes, which a machine runs when it starts.`);
  }
  return found;
}
