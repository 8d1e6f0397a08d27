import { words } from './words.ts';

/**
 * Types of resources by what is lost or opened when they change. Sources: the CloudFormation list of stateful resources (cfn-lint),
 * Google's, Azure's and Kubernetes' counterparts, and the persistence and exfiltration techniques of stratus-red-team.
 */

/** Data, keys and names that do not come back by applying again. `*` stands for the rest of a type's name. */
const STATEFUL: readonly string[] = [
  ...words(
    `
  backup_vault cloudformation_stack* cognito_user_pool docdb_cluster docdb_cluster_instance docdb_cluster_snapshot docdb_global_cluster docdbelastic_cluster dynamodb_table
  dynamodb_global_table ebs_volume ebs_snapshot* efs_file_system emr_cluster elasticache_*cluster
  elasticache_replication_group elasticache_serverless_cache memorydb_cluster elasticsearch_domain opensearch_domain
  opensearchserverless_collection fsx_* kms_key kms_external_key kms_replica_key kinesis_stream cloudwatch_log_group
  neptune_cluster neptune_cluster_instance neptune_cluster_snapshot neptune_global_cluster organizations_account qldb_ledger db_instance db_snapshot* db_cluster_snapshot rds_cluster rds_cluster_instance rds_cluster_snapshot_copy
  rds_global_cluster redshift_cluster redshiftserverless_namespace s3_bucket s3_bucket_object s3_object
  s3_directory_bucket simpledb_domain sqs_queue secretsmanager_secret ssm_parameter msk_*cluster mq_broker
  ecr_repository eks_cluster keyspaces_* timestreamwrite_* glacier_vault glue_catalog_* lightsail_database
  lightsail_disk route53_zone athena_database ami ami_copy
`,
    'aws_',
  ),
  ...words(
    `
  sql_database sql_database_instance spanner_instance spanner_database bigtable_instance bigtable_table
  bigquery_dataset bigquery_table storage_bucket storage_bucket_object compute_disk compute_region_disk
  compute_snapshot compute_image filestore_* kms_key_ring kms_crypto_key kms_crypto_key_version redis_instance redis_cluster
  firestore_database firestore_document alloydb_* project container_cluster pubsub_topic pubsub_subscription
  secret_manager_secret* artifact_registry_repository dataproc_cluster memcache_instance dns_managed_zone
  logging_*bucket*
`,
    'google_',
  ),
  ...words(
    `
  mssql_server mssql_database mssql_managed_* mssql_elasticpool sql_server sql_database postgresql_server postgresql_database postgresql_flexible_server
  postgresql_flexible_server_database mysql_server mysql_database mysql_flexible_server mysql_flexible_database
  mariadb_server mariadb_database cosmosdb_*
  storage_account storage_container storage_blob storage_share* storage_queue storage_table* storage_data_lake_gen2_*
  key_vault key_vault_key key_vault_secret key_vault_certificate managed_disk snapshot image redis_cache redis_enterprise_cluster redis_enterprise_database
  recovery_services_vault backup_* data_protection_backup_* resource_group kubernetes_cluster log_analytics_workspace
  eventhub* servicebus_queue servicebus_topic container_registry kusto_* synapse_workspace netapp_volume dns_zone
  private_dns_zone data_factory
`,
    'azurerm_',
  ),
  ...words('namespace persistent_volume* stateful_set* secret secret_v1 namespace_v1', 'kubernetes_'),
  ...words(`
  helm_release cloudflare_zone cloudflare_r2_bucket cloudflare_d1_database mongodbatlas_*cluster
  digitalocean_database_cluster digitalocean_database_db digitalocean_spaces_bucket digitalocean_domain vault_mount
  github_repository snowflake_database snowflake_schema snowflake_table
  postgresql_schema gitlab_project
`),
];

/** Words that a type of unknown making ends with when it keeps something. */
const STATEFUL_WORDS: ReadonlySet<string> = new Set(
  words(`
  database db bucket volume disk cluster vault key queue table snapshot zone secret filesystem topic stream dataset
  repository backup
`),
);
/** They end with such a word and keep nothing. */
const STATELESS: ReadonlySet<string> = new Set(
  words(`
  aws_route_table azurerm_route_table aws_key_pair aws_ec2_transit_gateway_route_table
`),
);

const stateful = matcher(STATEFUL);

/** `certain`: in the list. `likely`: only its name says so. */
export function isStateful(type: string): 'certain' | 'likely' | null {
  if (stateful(type)) return 'certain';
  if (STATELESS.has(type)) return null;
  const parts = type.replace(/_v\d+(?:(?:alpha|beta)\d+)?$/, '').split('_');
  const last = (parts.at(-1) ?? '').toLowerCase().replace(/s$/, '');
  return parts.length > 1 && STATEFUL_WORDS.has(last) ? 'likely' : null;
}

/** Hands data to others, or makes a way for it. */
export const isDataExport = matcher(
  words(`
  aws_snapshot_create_volume_permission aws_ami_launch_permission aws_rds_export_task
  aws_s3_bucket_replication_configuration aws_datasync_* aws_dms_* aws_ram_resource_share
  aws_ram_principal_association aws_ram_resource_association aws_glue_resource_policy aws_lakeformation_permissions
  aws_redshift_datashare_* aws_cloudwatch_log_subscription_filter aws_ecr_repository_policy
  aws_ecr_replication_configuration aws_kms_grant aws_vpc_endpoint_service* google_storage_transfer_job
  google_bigquery_job google_bigquery_data_transfer_config google_bigquery_analytics_hub_* google_logging_*_sink
  azurerm_storage_object_replication azurerm_data_factory* azurerm_eventhub_capture* snowflake_share databricks_share
`),
);

/** Watches what people and programs do. */
export const isAudit = matcher(
  words(`
  aws_cloudtrail* aws_flow_log aws_guardduty_* aws_config_configuration_recorder* aws_config_delivery_channel
  aws_securityhub_account aws_accessanalyzer_analyzer aws_macie2_account aws_s3_bucket_logging aws_inspector2_enabler
  aws_route53_resolver_query_log_config* aws_wafv2_web_acl_logging_configuration google_logging_*_sink
  google_*_iam_audit_config azurerm_monitor_diagnostic_setting azurerm_monitor_log_profile
  azurerm_network_watcher_flow_log azurerm_security_center_*
`),
);

/** Holds or makes what lets somebody in. */
export const isSecret = matcher(
  words(`
  aws_secretsmanager_secret* aws_ssm_parameter aws_iam_access_key aws_iam_user_login_profile
  aws_iam_service_specific_credential aws_iam_user_ssh_key aws_key_pair aws_kms_key aws_kms_external_key
  google_secret_manager_secret* google_service_account_key google_storage_hmac_key google_apikeys_key
  google_kms_crypto_key azurerm_key_vault_secret azurerm_key_vault_key azurerm_key_vault_certificate
  azuread_application_password azuread_service_principal_password kubernetes_secret kubernetes_secret_v1
  vault_generic_secret vault_kv_secret* tls_private_key random_password github_actions_*secret*
  github_repository_deploy_key github_user_ssh_key gitlab_deploy_token *_api_key *_access_key *_access_token
  *_password *_credential *_credentials *_private_key
`),
);

/** What everything else stands on. */
export const isNetworkCore = matcher(
  words(`
  aws_vpc aws_default_vpc aws_vpc_peering_connection* aws_route aws_route_table* aws_main_route_table_association
  aws_route53_zone* aws_route53_record aws_internet_gateway aws_nat_gateway aws_ec2_transit_gateway* aws_vpn_*
  aws_dx_* aws_lb_listener* aws_alb_listener* aws_wafv2_web_acl_association aws_wafregional_web_acl_association
  aws_network_acl* google_compute_network google_compute_network_peering google_compute_route google_compute_router*
  google_compute_vpn_* google_dns_* azurerm_virtual_network* azurerm_route* azurerm_dns_* azurerm_private_dns_*
  azurerm_express_route_* cloudflare_record cloudflare_dns_record cloudflare_zone* kubernetes_network_policy
  kubernetes_network_policy_v1
`),
);

/** Says who may do what. */
export const isIam = matcher(
  words(`
  aws_iam_* aws_organizations_policy* aws_ssoadmin_* aws_identitystore_* aws_eks_access_* google_*_iam_*
  google_service_account google_service_account_key google_iam_* google_*_iam_custom_role azurerm_role_*
  azurerm_user_assigned_identity azurerm_federated_identity_credential azuread_* kubernetes_role*
  kubernetes_cluster_role* kubernetes_service_account* vault_policy vault_*_role github_membership
  github_team_membership github_team_repository github_repository_collaborator* github_branch_protection*
  github_repository_ruleset github_organization_ruleset gitlab_*_membership snowflake_grant_* postgresql_grant*
  postgresql_role mysql_grant mysql_user databricks_permissions
`),
);

/** Patterns of types, in which `*` stands for any characters; matched without regular expressions from outside. */
function matcher(patterns: readonly string[]): (type: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const open = patterns
    .filter((pattern) => pattern.includes('*'))
    .map((pattern) => new RegExp(`^${pattern.replaceAll('*', '[a-z0-9_]*')}$`));
  const known = new Map<string, boolean>();
  return (type) => {
    const seen = known.get(type);
    if (seen !== undefined) return seen;
    const found = exact.has(type) || (type.length <= 200 && open.some((pattern) => pattern.test(type)));
    // A hostile plan may name a million types.
    if (known.size < 10_000) known.set(type, found);
    return found;
  };
}
