import type { ProposedFinding } from '../../proposal.ts';
import { blocks, hasHidden, HIDDEN, texts } from '../changed-resource.ts';
import type { Attribute, ChangedResource } from '../changed-resource.ts';
import { finding } from '../finding.ts';
import type { Level } from '../finding.ts';

interface Opening {
  readonly type: RegExp;
  readonly name: string;
  readonly level: Level;
  /** Whether this value makes it public. */
  readonly isOpen: (value: unknown) => boolean;
  readonly why: string;
}

const isTrue = (value: unknown): boolean => value === true;
const isFalse = (value: unknown): boolean => value === false;
const holds = (pattern: RegExp) => (value: unknown) => texts(value).some((text) => pattern.test(text));

/** Attributes of one value that open a resource to people outside. */
const OPENINGS: readonly Opening[] = [
  {
    type: /^aws_s3_bucket(?:_acl|_object)?$|^aws_s3_object$/,
    name: 'acl',
    level: 'critical',
    isOpen: holds(/^(?:public-|authenticated-read$)/),
    why: 'everybody may read it, or even write',
  },
  {
    type: /^aws_(?:s3_bucket|s3_account)_public_access_block$/,
    name: 'block_public_acls',
    level: 'high',
    isOpen: isFalse,
    why: 'public access is no longer blocked',
  },
  {
    type: /^aws_(?:s3_bucket|s3_account)_public_access_block$/,
    name: 'block_public_policy',
    level: 'high',
    isOpen: isFalse,
    why: 'public access is no longer blocked',
  },
  {
    type: /^aws_(?:s3_bucket|s3_account)_public_access_block$/,
    name: 'ignore_public_acls',
    level: 'high',
    isOpen: isFalse,
    why: 'public access is no longer blocked',
  },
  {
    type: /^aws_(?:s3_bucket|s3_account)_public_access_block$/,
    name: 'restrict_public_buckets',
    level: 'high',
    isOpen: isFalse,
    why: 'public access is no longer blocked',
  },
  {
    type: /^aws_/,
    name: 'publicly_accessible',
    level: 'high',
    isOpen: isTrue,
    why: 'it can be reached from the Internet',
  },
  {
    type: /^aws_lambda_function_url$/,
    name: 'authorization_type',
    level: 'critical',
    isOpen: holds(/^NONE$/),
    why: 'everybody may call it',
  },
  {
    type: /^aws_(?:db|db_cluster)_snapshot/,
    name: 'shared_accounts',
    level: 'critical',
    isOpen: holds(/^all$/),
    why: 'everybody may copy it',
  },
  {
    type: /^aws_ami_launch_permission$/,
    name: 'group',
    level: 'critical',
    isOpen: holds(/^all$/),
    why: 'everybody may use it',
  },
  {
    type: /^aws_snapshot_create_volume_permission$/,
    name: 'account_id',
    level: 'critical',
    isOpen: holds(/^all$/),
    why: 'everybody may copy it',
  },
  {
    type: /^google_storage_bucket$/,
    name: 'public_access_prevention',
    level: 'medium',
    isOpen: holds(/^inherited$/),
    why: 'public access is not prevented by itself',
  },
  {
    type: /^azurerm_storage_account$/,
    name: 'allow_nested_items_to_be_public',
    level: 'high',
    isOpen: isTrue,
    why: 'what is in it may be made public',
  },
  {
    type: /^azurerm_storage_account$/,
    name: 'allow_blob_public_access',
    level: 'high',
    isOpen: isTrue,
    why: 'what is in it may be made public',
  },
  {
    type: /^azurerm_storage_container$/,
    name: 'container_access_type',
    level: 'critical',
    isOpen: holds(/^(?:blob|container)$/),
    why: 'everybody may read it',
  },
  {
    type: /^azurerm_(?:mssql|postgresql|mysql|redis|cosmosdb|key_vault)/,
    name: 'public_network_access_enabled',
    level: 'high',
    isOpen: isTrue,
    why: 'it can be reached from the Internet',
  },
  {
    type: /^github_repository$/,
    name: 'visibility',
    level: 'critical',
    isOpen: holds(/^public$/),
    why: 'everybody may read it',
  },
];

/** What opens a resource to everybody by one attribute; only what was not open before. */
export function judgeExposure(resource: ChangedResource): readonly ProposedFinding[] {
  if (resource.isData) return [];
  const found: ProposedFinding[] = [];
  if (resource.type.endsWith('public_access_block') && resource.effect === 'delete') {
    const why = 'It keeps others from making buckets public, and is deleted.';
    found.push(finding(['exposure-block-removed', 'public-exposure', 'high'], resource.address, why));
  }
  if (!resource.lives) return found;
  for (const opening of OPENINGS) {
    if (!opening.type.test(resource.type)) continue;
    const judged = judge(opening, resource.read(opening.name));
    if (judged === 'open') {
      const rule = opening.level === 'critical' ? 'exposure-public-principal' : 'exposure-opened';
      const why = `By \`${opening.name}\` ${opening.why}.`;
      found.push(finding([rule, 'public-exposure', opening.level], resource.address, why));
    } else if (judged === 'hidden') {
      const why = `\`${opening.name}\` can make it public, and it cannot be judged before apply.`;
      found.push(finding(['unknown-security-attribute', 'incomplete', 'medium'], resource.address, why, 'possible'));
    }
  }
  found.push(...judgeGrants(resource));
  return found;
}

function judge(opening: Opening, { before, after }: Attribute): 'open' | 'hidden' | 'closed' {
  if (opening.isOpen(after)) return before !== HIDDEN && opening.isOpen(before) ? 'closed' : 'open';
  // Computed by the provider and never set is the usual case of these; only a value that was there before counts.
  return hasHidden(after) && before !== undefined && before !== null ? 'hidden' : 'closed';
}

const PUBLIC_GROUP = /\/(?:AllUsers|AuthenticatedUsers)$/;

/** Access lists of S3 that name the group of everybody. */
function judgeGrants(resource: ChangedResource): readonly ProposedFinding[] {
  if (!/^aws_s3_bucket(?:_acl)?$/.test(resource.type)) return [];
  const isPublic = (side: 'before' | 'after'): boolean =>
    [
      ...blocks(resource.read('grant')[side]),
      ...blocks(resource.read('access_control_policy')[side]).flatMap((policy) =>
        blocks(policy['grant']).flatMap((grant) => blocks(grant['grantee'])),
      ),
    ].some((grantee) => texts(grantee['uri']).some((uri) => PUBLIC_GROUP.test(uri)));
  if (!isPublic('after') || isPublic('before')) return [];
  const why = 'Its access list names the group of everybody.';
  return [finding(['exposure-public-principal', 'public-exposure', 'critical'], resource.address, why)];
}
