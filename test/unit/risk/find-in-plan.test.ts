import { describe, expect, test } from 'vitest';
import { changed, rulesOf } from './plan-builder.ts';

type Row = readonly [what: string, entry: Readonly<Record<string, unknown>>, rules: readonly string[]];

const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (action: unknown, resource: unknown = '*', more: object = {}): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});
const create = (type: string, after: unknown, rest = {}) => changed(type, 'create', null, after, rest);
const update = (type: string, before: unknown, after: unknown, rest = {}) =>
  changed(type, 'update', before, after, rest);
const remove = (type: string, rest = {}) => changed(type, 'delete', { id: 'x' }, null, rest);

function table(title: string, rows: readonly Row[]): void {
  describe(`risk: ${title}`, () => {
    test.each(rows)('%s', (_, entry, rules) => {
      expect(rulesOf([entry])).toEqual(rules);
    });
  });
}

table('what becomes of a resource', [
  ['nothing happens', changed('aws_db_instance', 'no-op', {}, {}), []],
  ['it is made', create('aws_s3_bucket', {}), []],
  ['it is changed', update('aws_sns_topic_subscription', { a: 1 }, { a: 2 }), []],
  ['a database goes', remove('aws_db_instance'), ['critical tf-stateful-delete']],
  [
    'a disk is replaced',
    changed('google_compute_disk', ['delete', 'create'], {}, {}),
    ['critical tf-stateful-replace'],
  ],
  [
    'made first, then deleted',
    changed('azurerm_managed_disk', ['create', 'delete'], {}, {}),
    ['critical tf-stateful-replace'],
  ],
  ['a zone of names goes', remove('aws_route53_zone'), ['critical tf-stateful-delete', 'medium network-core']],
  ['a type of unknown making', remove('acme_customer_database'), ['critical tf-stateful-delete']],
  ['a type of unknown making with a version', remove('acme_block_volumes_v2'), ['critical tf-stateful-delete']],
  ['a route table keeps nothing', remove('aws_route_table'), ['high tf-delete', 'medium network-core']],
  ['something else goes', remove('aws_instance'), ['high tf-delete']],
  ['something else is replaced', changed('aws_instance', ['delete', 'create'], {}, {}), ['medium tf-replace']],
  ['one instance less', remove('aws_instance', { action_reason: 'delete_because_count_index' }), ['medium tf-delete']],
  ['it is left alone', changed('aws_instance', 'forget', {}, null), ['medium tf-forget']],
  ['made anew, the old one left alone', changed('aws_instance', ['create', 'forget'], {}, {}), ['medium tf-forget']],
  ['it is taken in', update('aws_instance', {}, {}, { change: { importing: { id: 'x' } } }), ['medium tf-import']],
  ['it is moved', changed('aws_instance', 'no-op', {}, {}, { previous_address: 'aws_instance.was' }), ['low tf-moved']],
  ['an unknown action', changed('aws_instance', 'teleport', {}, {}), ['high tf-unknown-action']],
  [
    'an unknown action beside a deletion',
    changed('aws_db_instance', ['delete', 'archive'], {}, null),
    ['critical tf-stateful-delete', 'high tf-unknown-action'],
  ],
  ['an unknown combination', changed('aws_instance', ['create', 'update'], {}, {}), ['high tf-unknown-action']],
  ['an unknown reason', remove('aws_instance', { action_reason: 'delete_because_of_the_weather' }), ['high tf-delete']],
  ['a leftover of a database', remove('aws_db_instance', { deposed: '1a2b3c4d' }), ['critical tf-stateful-delete']],
]);

table('protection', [
  [
    'is switched off',
    update('aws_db_instance', { deletion_protection: true }, { deletion_protection: false }),
    ['high protection-removed'],
  ],
  ['is gone', update('aws_db_instance', { deletion_protection: true }, {}), ['high protection-removed']],
  [
    'is not known yet',
    update(
      'aws_db_instance',
      { deletion_protection: true },
      {},
      { change: { after_unknown: { deletion_protection: true } } },
    ),
    ['medium unknown-security-attribute'],
  ],
  ['is switched on', update('aws_db_instance', { deletion_protection: false }, { deletion_protection: true }), []],
  [
    'ends by a switch that deletes',
    update('aws_s3_bucket', { force_destroy: false }, { force_destroy: true }),
    ['high protection-removed'],
  ],
  [
    'is shorter',
    update('aws_db_instance', { backup_retention_period: 30 }, { backup_retention_period: 0 }),
    ['high protection-removed'],
  ],
  ['is longer', update('aws_db_instance', { backup_retention_period: 7 }, { backup_retention_period: 30 }), []],
  [
    'of a block is off',
    update('aws_s3_bucket', { versioning: [{ enabled: true }] }, { versioning: [{ enabled: false }] }),
    ['high protection-removed'],
  ],
  [
    'of a nested block is off',
    update(
      'google_sql_database_instance',
      { settings: [{ backup_configuration: [{ enabled: true }] }] },
      { settings: [] },
    ),
    ['high protection-removed'],
  ],
]);

table('policies of AWS', [
  [
    'everything on everything',
    create('aws_iam_policy', { policy: policy(allow('*')) }),
    ['critical iam-admin-grant', 'medium iam-change'],
  ],
  [
    'as before',
    update('aws_iam_policy', { policy: policy(allow('*')) }, { policy: policy(allow('*'), allow('s3:Get*')) }),
    ['medium iam-change'],
  ],
  [
    'everything but',
    create('aws_iam_policy', { policy: policy({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }) }),
    ['critical iam-admin-grant', 'medium iam-change'],
  ],
  [
    'passing on roles',
    create('aws_iam_role_policy', { policy: policy(allow(['s3:Get*', 'iam:PassRole'])) }),
    ['high iam-privilege-escalation', 'medium iam-change'],
  ],
  [
    'by a wildcard',
    create('aws_iam_role_policy', { policy: policy(allow('iam:Put*Policy')) }),
    ['high iam-privilege-escalation', 'medium iam-change'],
  ],
  [
    'reading only',
    create('aws_iam_role_policy', { policy: policy(allow(['s3:Get*', 'iam:Get*'])) }),
    ['medium iam-change'],
  ],
  [
    'denied',
    create('aws_iam_role_policy', { policy: policy({ Effect: 'Deny', Action: '*', Resource: '*' }) }),
    ['medium iam-change'],
  ],
  [
    'no JSON',
    create('aws_iam_role_policy', { policy: 'what is this' }),
    ['medium iam-change', 'medium unknown-security-attribute'],
  ],
  [
    'not known yet',
    create('aws_iam_role_policy', {}, { change: { after_unknown: { policy: true } } }),
    ['medium iam-change', 'medium unknown-security-attribute'],
  ],
  [
    'marked as sensitive',
    create('aws_iam_role_policy', { policy: policy(allow('*')) }, { change: { after_sensitive: { policy: true } } }),
    ['medium iam-change', 'medium unknown-security-attribute'],
  ],
  [
    'a bucket for everybody',
    create('aws_s3_bucket_policy', { policy: policy({ ...allow('s3:GetObject'), Principal: '*' }) }),
    ['critical exposure-public-principal'],
  ],
  [
    'for everybody with a condition',
    create('aws_s3_bucket_policy', {
      policy: policy({
        ...allow('s3:GetObject'),
        Principal: { AWS: ['*'] },
        Condition: { StringEquals: { 'aws:SourceVpce': 'x' } },
      }),
    }),
    ['medium exposure-conditional-principal'],
  ],
  [
    'attached to administrators',
    create('aws_iam_role_policy_attachment', { policy_arn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
    ['critical iam-admin-grant', 'medium iam-change'],
  ],
  [
    'a role for another account',
    update(
      'aws_iam_role',
      {
        assume_role_policy: policy({
          Effect: 'Allow',
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        }),
      },
      { assume_role_policy: policy({ Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 'sts:AssumeRole' }) },
    ),
    ['high trust-widened', 'medium iam-change'],
  ],
  [
    'a role for everybody',
    create('aws_iam_role', {
      assume_role_policy: policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }),
    }),
    ['critical trust-widened', 'medium iam-change'],
  ],
  [
    'a role for a service',
    create('aws_iam_role', {
      assume_role_policy: policy({
        Effect: 'Allow',
        Principal: { Service: 'ec2.amazonaws.com' },
        Action: 'sts:AssumeRole',
      }),
    }),
    ['medium iam-change'],
  ],
  [
    'a role for any workflow',
    create('aws_iam_role', {
      assume_role_policy: policy({
        Effect: 'Allow',
        Principal: { Federated: 'arn:p' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringLike: { 'tokens:sub': 'repo:*' } },
      }),
    }),
    ['high trust-widened', 'medium iam-change'],
  ],
  [
    'a role for any token',
    create('aws_iam_role', {
      assume_role_policy: policy({
        Effect: 'Allow',
        Principal: { Federated: 'arn:p' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { 'tokens:aud': 'x' } },
      }),
    }),
    ['high trust-widened', 'medium iam-change'],
  ],
]);

table('roles elsewhere', [
  [
    'an owner',
    create('google_project_iam_member', { role: 'roles/owner', member: 'user:x' }),
    ['critical iam-admin-grant', 'medium iam-change'],
  ],
  [
    'a binding is authoritative',
    create('google_project_iam_binding', { role: 'roles/viewer', members: [] }),
    ['high iam-authoritative', 'medium iam-change'],
  ],
  [
    'everybody',
    create('google_storage_bucket_iam_member', { role: 'roles/viewer', member: 'allUsers' }),
    ['critical exposure-public-principal', 'medium iam-change'],
  ],
  [
    'in a policy as text',
    create('google_project_iam_policy', {
      policy_data: '{"bindings":[{"role":"roles/editor","members":["allAuthenticatedUsers"]}]}',
    }),
    ['critical exposure-public-principal', 'critical iam-admin-grant', 'high iam-authoritative', 'medium iam-change'],
  ],
  [
    'who makes tokens',
    create('google_project_iam_member', { role: 'roles/iam.serviceAccountTokenCreator', member: 'x' }),
    ['high iam-privilege-escalation', 'medium iam-change'],
  ],
  [
    'a permission in a role of one’s own',
    update(
      'google_project_iam_custom_role',
      { permissions: [] },
      { permissions: ['resourcemanager.projects.setIamPolicy'] },
    ),
    ['high iam-privilege-escalation', 'medium iam-change'],
  ],
  [
    'Azure by name',
    create('azurerm_role_assignment', { role_definition_name: 'Owner' }),
    ['critical iam-admin-grant', 'medium iam-change'],
  ],
  [
    'Azure by id',
    create('azurerm_role_assignment', { role_definition_id: '/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635' }),
    ['critical iam-admin-grant', 'medium iam-change'],
  ],
  ['Azure, a reader', create('azurerm_role_assignment', { role_definition_name: 'Reader' }), ['medium iam-change']],
  [
    'cluster-admin',
    create('kubernetes_cluster_role_binding', { role_ref: [{ name: 'cluster-admin' }], subject: [{ name: 'x' }] }),
    ['critical iam-admin-grant', 'medium iam-change'],
  ],
  [
    'reading secrets',
    create('kubernetes_cluster_role_v1', { rule: [{ verbs: ['get'], resources: ['secrets'] }] }),
    ['high iam-privilege-escalation', 'medium iam-change'],
  ],
  [
    'reading pods',
    create('kubernetes_role', { rule: [{ verbs: ['get'], resources: ['pods'] }] }),
    ['medium iam-change'],
  ],
]);

const ingress = (cidr: unknown, from: number, to = from) => ({
  ingress: [{ cidr_blocks: cidr, from_port: from, to_port: to, protocol: 'tcp' }],
});
table('ways in', [
  [
    'a shell for everybody',
    create('aws_security_group', ingress(['0.0.0.0/0'], 22)),
    ['critical exposure-open-ingress'],
  ],
  [
    'everything for everybody',
    create('aws_security_group', {
      ingress: [{ cidr_blocks: ['0.0.0.0/0'], from_port: 0, to_port: 0, protocol: '-1' }],
    }),
    ['critical exposure-open-ingress'],
  ],
  [
    'half of everybody',
    create('aws_security_group', ingress(['0.0.0.0/1', '128.0.0.0/1'], 8081)),
    ['high exposure-open-ingress'],
  ],
  ['a web port', create('aws_security_group', ingress(['0.0.0.0/0'], 443)), ['medium exposure-open-ingress']],
  ['our own network', create('aws_security_group', ingress(['10.0.0.0/8'], 22)), []],
  ['as before', update('aws_security_group', ingress(['0.0.0.0/0'], 0, 65_535), ingress(['0.0.0.0/0'], 22)), []],
  [
    'a rule of its own',
    create('aws_vpc_security_group_ingress_rule', {
      cidr_ipv6: '::/0',
      from_port: 5432,
      to_port: 5432,
      ip_protocol: 'tcp',
    }),
    ['critical exposure-open-ingress'],
  ],
  [
    'a way out',
    create('aws_security_group_rule', {
      type: 'egress',
      cidr_blocks: ['0.0.0.0/0'],
      from_port: 22,
      to_port: 22,
      protocol: 'tcp',
    }),
    [],
  ],
  [
    'not known yet',
    create(
      'aws_security_group_rule',
      { type: 'ingress', from_port: 22, to_port: 22, protocol: 'tcp' },
      { change: { after_unknown: { cidr_blocks: true } } },
    ),
    ['medium unknown-security-attribute'],
  ],
  [
    'Google',
    create('google_compute_firewall', {
      source_ranges: ['0.0.0.0/0'],
      allow: [{ protocol: 'tcp', ports: ['3000-4000'] }],
    }),
    ['critical exposure-open-ingress'],
  ],
  [
    'Azure',
    create('azurerm_network_security_rule', {
      direction: 'Inbound',
      access: 'Allow',
      source_address_prefix: 'Internet',
      destination_port_range: '3389',
    }),
    ['critical exposure-open-ingress'],
  ],
  [
    'a database of Google',
    create('google_sql_database_instance', {
      settings: [{ ip_configuration: [{ authorized_networks: [{ value: '0.0.0.0/0' }] }] }],
    }),
    ['critical exposure-open-ingress'],
  ],
]);

table('what is opened, watched, kept secret, handed on', [
  ['an access list', create('aws_s3_bucket_acl', { acl: 'public-read' }), ['critical exposure-public-principal']],
  ['an access list as before', update('aws_s3_bucket_acl', { acl: 'public-read' }, { acl: 'public-read' }), []],
  ['no block any more', remove('aws_s3_bucket_public_access_block'), ['high exposure-block-removed', 'high tf-delete']],
  [
    'a database on the Internet',
    update('aws_db_instance', { publicly_accessible: false }, { publicly_accessible: true }),
    ['high exposure-opened'],
  ],
  [
    'a container',
    create('azurerm_storage_container', { container_access_type: 'blob' }),
    ['critical exposure-public-principal'],
  ],
  [
    'an image for all',
    create('aws_ami_launch_permission', { group: 'all' }),
    ['critical exposure-public-principal', 'high data-export'],
  ],
  ['a trail deleted', remove('aws_cloudtrail'), ['high audit-weakened', 'high tf-delete']],
  [
    'a trail stopped',
    update('aws_cloudtrail', { enable_logging: true }, { enable_logging: false }),
    ['high audit-weakened'],
  ],
  ['a secret', update('aws_secretsmanager_secret_version', {}, {}), ['high secrets-touched']],
  ['a share', create('snowflake_share', {}), ['high data-export']],
  ['data of a program', changed('external', 'read', null, {}, { mode: 'data' }), ['high code-at-apply']],
  [
    'a machine starts otherwise',
    update('aws_instance', { user_data: 'a' }, { user_data: 'b' }),
    ['high code-at-apply'],
  ],
  ['a machine starts as before', update('aws_instance', { user_data: 'a' }, { user_data: 'a' }), []],
]);
