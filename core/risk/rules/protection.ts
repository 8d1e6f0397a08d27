import { isObject } from '../../evidence/strict-json.ts';
import type { ProposedFinding } from '../../proposal.ts';
import { HIDDEN, member } from '../changed-resource.ts';
import type { ChangedResource } from '../changed-resource.ts';
import { finding } from '../finding.ts';
import { words } from '../words.ts';

/** Protects while it is true. */
const GUARDS: ReadonlySet<string> = new Set(
  words(`
  deletion_protection deletion_protection_enabled enable_deletion_protection deletion_protection_override
  termination_protection disable_api_termination disable_api_stop prevent_destroy deletion_lock
  point_in_time_recovery_enabled enable_point_in_time_recovery object_lock_enabled binary_log_enabled
  purge_protection_enabled soft_delete_enabled versioning_enabled uniform_bucket_level_access enable_key_rotation
  storage_encrypted encrypted at_rest_encryption_enabled multi_az vulnerability_alerts
`),
);
/** Takes protection away while it is true. */
const HAZARDS: ReadonlySet<string> = new Set(
  words(`
  force_destroy skip_final_snapshot force_delete force_destroy_deletion delete_automated_backups
  bypass_policy_lockout_safety_check force_overwrite_replica_secret skip_destroy_check
`),
);
/** Protects the more the larger it is. */
const RETENTIONS: ReadonlySet<string> = new Set(
  words(`
  backup_retention_period backup_retention_days retention_in_days retention_period retention_days
  snapshot_retention_limit automatic_snapshot_retention_days automated_snapshot_retention_period
  automatic_backup_retention_days deletion_window_in_days recovery_window_in_days message_retention_seconds
  soft_delete_retention_days retained_backups transaction_log_retention_days
`),
);
/** Blocks that are switched by a member of their own. */
const SWITCHED: ReadonlySet<string> = new Set(
  words(`
  versioning versioning_configuration point_in_time_recovery backup_configuration object_lock_configuration
  server_side_encryption encryption_at_rest encrypt_at_rest delete_retention_policy
`),
);

const DEPTH_MAX = 6;

interface Seen {
  readonly name: string;
  readonly how: 'off' | 'hazard' | 'lowered' | 'hidden';
}

/** The first half of deleting in two steps: what keeps a resource, or its backups, from going is taken away. */
export function judgeProtection(resource: ChangedResource): readonly ProposedFinding[] {
  if (resource.effect !== 'update' && resource.effect !== 'replace' && resource.effect !== 'unknown') return [];
  const { before, after } = resource.change.change;
  if (!isObject(before) || !isObject(after)) return [];
  const seen: Seen[] = [];
  for (const name of Object.keys(before)) {
    const value = resource.read(name);
    compare(name, value.before, value.after, 0, seen);
  }
  const unique = new Map(seen.map((each) => [`${each.name} ${each.how}`, each]));
  return [...unique.values()].map(({ name, how }) =>
    how === 'hidden'
      ? finding(
          ['unknown-security-attribute', 'incomplete', 'medium'],
          resource.address,
          `\`${name}\` protects it, and what it becomes cannot be judged before apply.`,
          'possible',
        )
      : finding(['protection-removed', 'protection', 'high'], resource.address, sentence(name, how)),
  );
}

function sentence(name: string, how: 'off' | 'hazard' | 'lowered'): string {
  if (how === 'off') return `\`${name}\` protected it and is switched off.`;
  return how === 'lowered'
    ? `\`${name}\` is lowered, so it can be brought back for a shorter time.`
    : `\`${name}\` is switched on, so it can be deleted without a way back.`;
}

/** Names that come out of here are those of the lists above. */
function compare(name: string, before: unknown, after: unknown, depth: number, seen: Seen[]): void {
  if (depth > DEPTH_MAX) return;
  if (GUARDS.has(name) && isOn(before) && !isOn(after)) {
    seen.push({ name, how: after === HIDDEN ? 'hidden' : 'off' });
  } else if (HAZARDS.has(name) && !isOn(before) && before !== HIDDEN && (isOn(after) || after === HIDDEN)) {
    seen.push({ name, how: after === HIDDEN ? 'hidden' : 'hazard' });
  } else if (RETENTIONS.has(name) && typeof before === 'number') {
    if (after === HIDDEN) seen.push({ name, how: 'hidden' });
    else if (typeof after !== 'number' || after < before) seen.push({ name, how: 'lowered' });
  } else if (SWITCHED.has(name) && isSwitchedOn(before) && !isSwitchedOn(after)) {
    seen.push({ name, how: after === HIDDEN ? 'hidden' : 'off' });
  } else if (Array.isArray(before)) {
    const others: readonly unknown[] = Array.isArray(after) ? after : [];
    before.forEach((item, at) => compare(name, item, others[at], depth + 1, seen));
  } else if (isObject(before)) {
    for (const key of Object.keys(before)) compare(key, before[key], member(after, key), depth + 1, seen);
  }
}

function isOn(value: unknown): boolean {
  return value === true || value === 'true' || value === 'ENABLED' || value === 'Enabled';
}

function isSwitchedOn(value: unknown): boolean {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  return entries.some((entry) => isObject(entry) && (isOn(entry['enabled']) || isOn(entry['status'])));
}
