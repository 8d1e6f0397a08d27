import type { ProposedFinding } from '../../proposal.ts';
import { member } from '../changed-resource.ts';
import type { ChangedResource } from '../changed-resource.ts';
import { attributeName, finding } from '../finding.ts';
import type { Level } from '../finding.ts';
import type { ResourceChange } from '../plan-schema.ts';
import { isStateful } from '../resource-kinds.ts';

/** Reasons in words; one that is not known is not quoted. */
const WHY: Readonly<Record<string, string>> = {
  replace_because_cannot_update: 'it cannot be changed in place',
  replace_because_tainted: 'it is marked as damaged',
  replace_by_request: 'the plan was asked to replace it',
  replace_by_triggers: 'something it depends on changes',
  delete_because_no_resource_config: 'it is no longer in the configuration',
  delete_because_wrong_repetition: 'it is now counted in another way',
  delete_because_count_index: 'its number is beyond the new count',
  delete_because_each_key: 'its key is no longer among the keys',
  delete_because_no_module: 'its module is no longer in the configuration',
  delete_because_no_move_target: 'what it is moved to does not exist',
};

/**
 * What becomes of a resource as a whole: made anew, deleted, left alone, taken in.
 * @param isOneLess whether of this resource exactly one instance goes because its count or keys shrink
 */
export function judgeLifecycle(resource: ChangedResource, isOneLess: boolean): readonly ProposedFinding[] {
  const { address, change, effect } = resource;
  const found: ProposedFinding[] = [];
  if (effect === 'unknown') {
    found.push(
      finding(['tf-unknown-action', 'incomplete', 'high'], address, 'The plan names an action that is not known here.'),
    );
  }
  if (!resource.isData && resource.destroys) found.push(judgeDestruction(resource, isOneLess));
  if (change.change.actions.includes('forget')) {
    const why = 'It stays as it is and Terraform no longer looks after it, so later changes to it go unseen.';
    found.push(finding(['tf-forget', 'management', 'medium'], address, why));
  }
  if (change.change.importing !== undefined && change.change.importing !== null) {
    const why = 'Something that exists already is taken under management.';
    found.push(finding(['tf-import', 'management', 'medium'], address, why));
  }
  if (typeof change.previous_address === 'string') {
    found.push(finding(['tf-moved', 'management', 'low'], address, 'It is kept under another address than before.'));
  }
  return found;
}

function judgeDestruction(resource: ChangedResource, isOneLess: boolean): ProposedFinding {
  const { address, effect, change } = resource;
  const state = isStateful(resource.type);
  const because = WHY[change.action_reason ?? ''];
  const reason = because === undefined ? '' : `: ${because}`;
  const deposed = typeof change.deposed === 'string' ? ' A leftover of an earlier replacement.' : '';
  const byName = state === 'likely' ? ' Its type is not in the list; its name says that it keeps something.' : '';
  // Unknown actions beside it do not make it less of a deletion.
  if (effect !== 'replace') {
    const what = state === null ? 'It is deleted' : 'It is deleted with what it holds';
    const level: Level = state === null ? (isOneLess ? 'medium' : 'high') : 'critical';
    return finding(
      state === null ? ['tf-delete', 'destruction', level] : ['tf-stateful-delete', 'data-loss', level],
      address,
      `${what}${reason}.${byName}${deposed}`,
      state ?? 'certain',
    );
  }
  const paths = replacedFor(change.change);
  const order = resource.createsFirst ? ' The new one is made before the old one goes.' : '';
  return finding(
    state === null ? ['tf-replace', 'destruction', 'medium'] : ['tf-stateful-replace', 'data-loss', 'critical'],
    address,
    `${state === null ? 'It is deleted and made anew' : 'It is deleted with what it holds and made anew'}${reason}${paths}.${order}${byName}`,
    state ?? 'certain',
  );
}

const PATHS_SHOWN = 5;

/**
 * Only the first name of each path, and only where the resource has such an attribute: further ones can be keys of a map, which
 * are values.
 */
function replacedFor({ replace_paths: paths, before, after }: ResourceChange['change']): string {
  const names = new Set(
    (paths ?? []).map((path) => {
      const first: unknown = Array.isArray(path) ? path[0] : path;
      const isName = typeof first === 'string' && [before, after].some((side) => member(side, first) !== undefined);
      return isName ? attributeName(first) : 'an attribute';
    }),
  );
  if (names.size === 0) return '';
  const more = names.size > PATHS_SHOWN ? ` and ${names.size - PATHS_SHOWN} more` : '';
  return ` (because of ${[...names].slice(0, PATHS_SHOWN).join(', ')}${more})`;
}
