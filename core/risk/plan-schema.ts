import { z } from 'zod';

const anything = z.unknown().optional();
/** Longer than any that Terraform makes. */
const address = z.string().min(1).max(10_000);

const change = z.object({
  actions: z.array(z.string().max(100)).min(1).max(10),
  before: anything,
  after: anything,
  after_unknown: anything,
  before_sensitive: anything,
  after_sensitive: anything,
  replace_paths: z.array(z.unknown()).nullish(),
  importing: anything,
});

const resourceChange = z.object({
  address,
  previous_address: z.string().nullish(),
  mode: z.string(),
  type: z.string().min(1).max(1_000),
  deposed: z.string().nullish(),
  action_reason: z.string().nullish(),
  change,
});

const output = z.object({ before_sensitive: anything, after_sensitive: anything });

const check = z.object({
  address: z.object({ to_display: z.string().max(10_000).nullish() }).nullish(),
  status: z.string().nullish(),
});

const invocation = z.object({ address: address.nullish() });

/**
 * The fields of a Terraform or OpenTofu plan (`show -json`, format versions 0 and 1) that are looked at; others are left alone,
 * so that a newer version can add some. Values stay unknown: no rule trusts their shape.
 */
export const planSchema = z.object({
  format_version: z.string().max(50),
  terraform_version: z.string().nullish(),
  planned_values: z.record(z.string(), z.unknown()),
  configuration: anything,
  resource_changes: z.array(resourceChange).nullish(),
  resource_drift: z.array(resourceChange).nullish(),
  output_changes: z.record(z.string(), output).nullish(),
  deferred_changes: z.array(z.unknown()).nullish(),
  action_invocations: z.array(invocation).nullish(),
  deferred_action_invocations: z.array(z.unknown()).nullish(),
  checks: z.array(check).nullish(),
  complete: z.boolean().nullish(),
  errored: z.boolean().nullish(),
});

export type Plan = z.output<typeof planSchema>;
export type ResourceChange = z.output<typeof resourceChange>;
