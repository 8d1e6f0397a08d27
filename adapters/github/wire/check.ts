import { z } from 'zod';
import { idSchema, shaSchema } from './account.ts';

export const checkRunSchema = z.object({
  id: idSchema,
  name: z.string(),
  head_sha: shaSchema,
  app: z.object({ id: idSchema }).nullable(),
});

export const checkRunListSchema = z.object({ total_count: z.int().min(0), check_runs: z.array(checkRunSchema) });

/** What a write that makes something answers, as far as it proves that GitHub understood. */
export const createdSchema = z.object({ id: idSchema });
