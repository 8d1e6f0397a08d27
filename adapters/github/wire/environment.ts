import { z } from 'zod';

export const environmentSchema = z.object({
  name: z.string().min(1),
  /** null: every branch and tag may use it. */
  deployment_branch_policy: z
    .object({ protected_branches: z.boolean(), custom_branch_policies: z.boolean() })
    .nullable(),
});

export const branchPoliciesSchema = z.object({
  total_count: z.int().min(0),
  branch_policies: z.array(z.object({ name: z.string().min(1) })),
});

export const branchSchema = z.object({ name: z.string().min(1), protected: z.boolean() });
