import { z } from 'zod';
import { shaSchema } from './account.ts';

/** What stands in a folder; asking for anything that is none answers this alone. */
export const entrySchema = z.object({
  name: z.string().min(1),
  type: z.string().min(1),
  size: z.int().min(0),
  sha: shaSchema,
  git_url: z.string().nullable(),
  submodule_git_url: z.string().optional(),
});

export const directorySchema = z.array(entrySchema);

export const blobSchema = z.object({ sha: shaSchema, encoding: z.literal('base64'), content: z.string() });
