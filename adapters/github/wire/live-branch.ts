import { z } from 'zod';
import { idSchema, shaSchema } from './account.ts';

/** Answers of `liveBranch` and `blobs`; what a path names may be anything, and is told apart by the caller. */

const blobSchema = z.object({
  __typename: z.literal('Blob'),
  oid: shaSchema,
  text: z.string().nullable(),
  isBinary: z.boolean().nullable(),
  isTruncated: z.boolean(),
});

const treeSchema = z.object({
  __typename: z.literal('Tree'),
  entries: z.array(z.object({ name: z.string(), mode: z.int(), oid: shaSchema })),
});

/** Something else stands there. What says that it is the wanted thing, and has another shape, is an error. */
function otherThan(name: string) {
  return z.object({ __typename: z.string().refine((found) => found !== name) }).transform(() => null);
}

const fileSchema = z.object({ mode: z.int(), object: z.union([blobSchema, otherThan('Blob')]).nullable() }).nullable();
export const folderSchema = z.object({ object: z.union([treeSchema, otherThan('Tree')]).nullable() }).nullable();

export const liveBranchSchema = z.object({
  repository: z.object({
    databaseId: idSchema,
    defaultBranchRef: z
      .object({ target: z.object({ __typename: z.literal('Commit'), oid: shaSchema, policy: fileSchema }) })
      .nullable(),
    ref: z
      .object({
        // The folders that were asked for stand beside these, each under a name of its own.
        target: z.looseObject({ __typename: z.literal('Commit'), oid: shaSchema, checkpoint: fileSchema }),
      })
      .nullable(),
  }),
});

export const blobsSchema = z.object({
  repository: z.looseObject({ databaseId: idSchema }),
});

export const namedBlobSchema = z.union([blobSchema, otherThan('Blob')]).nullable();

export type WireFile = z.output<typeof fileSchema>;
export type WireTarget = NonNullable<z.output<typeof liveBranchSchema>['repository']['ref']>['target'];
export type WireBlob = z.output<typeof blobSchema>;

/** A file of the contents API; a folder, a link or a file of more than a megabyte has another shape. */
export const contentSchema = z.object({
  type: z.literal('file'),
  encoding: z.literal('base64'),
  content: z.string(),
});

export const tagRefSchema = z.object({
  ref: z.string(),
  object: z.object({ type: z.enum(['commit', 'tag', 'tree', 'blob']), sha: shaSchema }),
});

export const tagSchema = z.object({
  sha: shaSchema,
  object: z.object({ type: z.enum(['commit', 'tag', 'tree', 'blob']), sha: shaSchema }),
});
