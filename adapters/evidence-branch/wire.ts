import { z } from 'zod';
import { shaSchema } from '../github/wire/account.ts';

/** GitHub's answers about git objects, as far as the writer uses them. */

export const gitObjectSchema = z.object({ sha: shaSchema });
export const gitCommitSchema = z.object({ sha: shaSchema, tree: z.object({ sha: shaSchema }) });
export const createdCommitSchema = z.object({
  createCommitOnBranch: z.object({ commit: z.object({ oid: shaSchema }) }),
});
/** `identical` cannot be answered: the writer compares two different commits. */
export const comparedSchema = z.object({ status: z.enum(['ahead', 'behind', 'diverged']) });
export const plainFileSchema = z.object({
  type: z.literal('file'),
  encoding: z.literal('base64'),
  content: z.string(),
});
