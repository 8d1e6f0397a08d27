import type { ProposedFinding } from '../../proposal.ts';
import type { ChangedResource } from '../changed-resource.ts';
import { finding } from '../finding.ts';
import { isAudit, isDataExport, isIam, isNetworkCore, isSecret } from '../resource-kinds.ts';

const SWITCHES: readonly string[] = ['enable_logging', 'enable', 'enabled', 'is_enabled', 'recording', 'disabled'];

/** What follows from the type of a resource alone. */
export function judgeType(resource: ChangedResource): readonly ProposedFinding[] {
  const { type, address, effect } = resource;
  if (resource.isData || effect === 'none' || effect === 'read' || effect === 'forget') return [];
  const found: ProposedFinding[] = [];
  if (isIam(type)) {
    found.push(finding(['iam-change', 'iam-change', 'medium'], address, 'It says who may do what, and changes.'));
  }
  if (isSecret(type)) {
    found.push(
      finding(['secrets-touched', 'secrets', 'high'], address, 'It holds or makes a secret or a key, and changes.'),
    );
  }
  if (isNetworkCore(type)) {
    found.push(finding(['network-core', 'network', 'medium'], address, 'Other parts of the network stand on it.'));
  }
  if (isDataExport(type) && resource.lives) {
    const why = 'It hands data to others or makes a way for it; whether they belong to you cannot be seen in a plan.';
    found.push(finding(['data-export', 'data-export', 'high'], address, why, 'likely'));
  }
  if (isAudit(type) && (resource.destroys || isSwitchedOff(resource))) {
    const why = resource.destroys
      ? 'It watches what happens, and is deleted.'
      : 'It watches what happens, and is disabled.';
    found.push(finding(['audit-weakened', 'audit', 'high'], address, why));
  }
  return found;
}

function isSwitchedOff(resource: ChangedResource): boolean {
  return SWITCHES.some((name) => {
    const { before, after } = resource.read(name);
    return name === 'disabled' ? before !== true && after === true : before === true && after !== true;
  });
}
