import { z } from 'zod';
import type { Account } from '../../../core/actors/account.ts';
import type { AssociatedPull, CommitFacts, Comparison, GitPerson, PushFacts } from '../../../core/facts.ts';
import { actorSchema, idSchema, nullableAccountSchema, shaSchema, userSchema } from './account.ts';
import { filesSchema } from './pull.ts';

/** Author and committer of one commit with their types, which GraphQL's `GitActor.user` does not tell. */
export interface CommitAccounts {
  readonly author: Account | null;
  readonly committer: Account | null;
}

export const commitAccountsSchema = z
  .object({ sha: shaSchema, author: nullableAccountSchema, committer: nullableAccountSchema })
  .transform(({ sha, author, committer }) => ({ sha, accounts: { author, committer } }));

export const commitListSchema = z.array(commitAccountsSchema);

export const comparisonSchema = z.object({
  status: z.enum(['ahead', 'behind', 'identical', 'diverged']) satisfies z.ZodType<Comparison['status']>,
  merge_base_commit: z.object({ sha: shaSchema }),
  total_commits: z.int().min(0),
  commits: commitListSchema,
  // Only on the first page.
  files: filesSchema.optional(),
});

const personSchema = z
  .object({ name: z.string().nullable(), email: z.string().nullable(), user: userSchema.nullable() })
  .transform((person): GitPerson => ({ name: person.name ?? '', email: person.email ?? '', account: person.user }));

/** Nobody: GitHub could not read the line of the commit object. */
const NO_PERSON: GitPerson = { name: '', email: '', account: null };

const connection = <T extends z.ZodType>(item: T) =>
  z.object({ pageInfo: z.object({ hasNextPage: z.boolean() }), nodes: z.array(item) });

const associatedPullSchema = z
  .object({
    number: idSchema,
    headRefOid: shaSchema,
    headRefName: z.string().min(1),
    baseRefName: z.string().min(1),
    merged: z.boolean(),
    isCrossRepository: z.boolean(),
    mergeCommit: z.object({ oid: shaSchema }).nullable(),
    author: actorSchema,
  })
  .transform((pull): AssociatedPull => ({
    number: pull.number,
    author: pull.author,
    headSha: pull.headRefOid,
    headRef: pull.headRefName,
    baseRef: pull.baseRefName,
    mergeCommitSha: pull.mergeCommit?.oid ?? null,
    merged: pull.merged,
    fromFork: pull.isCrossRepository,
  }));

const pageOf = <T extends z.ZodType>(item: T) =>
  z
    .object({
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
      nodes: z.array(item),
    })
    .refine(({ pageInfo }) => !pageInfo.hasNextPage || (pageInfo.endCursor ?? '') !== '', 'no cursor for the next page')
    .transform(({ pageInfo, nodes }) => ({
      items: nodes,
      /** null: these were the last ones. */
      next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null,
    }));

const authorsSchema = pageOf(personSchema);
const pullsSchema = pageOf(associatedPullSchema);

const ofOneCommit = <T extends z.ZodRawShape>(fields: T) =>
  z.object({
    repository: z.object({
      databaseId: idSchema,
      object: z.object({ __typename: z.literal('Commit'), oid: shaSchema, ...fields }),
    }),
  });

/** A page of the authors of one commit. */
export const moreAuthorsSchema = ofOneCommit({ authors: authorsSchema });

/** A page of the pull requests of one commit. */
export const morePullsSchema = ofOneCommit({ associatedPullRequests: pullsSchema });

/** A commit as GraphQL tells it: its signing key and its note are not read yet. */
export interface WireCommit {
  readonly commit: CommitFacts;
  /** Parents are all there. */
  readonly whole: boolean;
  /** Where the authors go on: a 101st co-author may be the reviewer. */
  readonly moreAuthors: string | null;
  /** Where the pull requests go on: anybody can open some with our commit as their head. */
  readonly morePulls: string | null;
  /** Raw signature and what was signed; null where there is none. */
  readonly signed: { readonly signature: string; readonly payload: string } | null;
}

/** `commitFields` of the `commits` operation. */
export const graphqlCommitSchema = z
  .object({
    __typename: z.literal('Commit'),
    oid: shaSchema,
    message: z.string(),
    tree: z.object({ oid: shaSchema }),
    parents: connection(z.object({ oid: shaSchema })),
    authors: authorsSchema,
    committer: personSchema.nullable(),
    authoredDate: z.string().min(1),
    signature: z
      .object({
        isValid: z.boolean(),
        wasSignedByGitHub: z.boolean(),
        signer: userSchema.nullable(),
        signature: z.string(),
        payload: z.string(),
      })
      .nullable(),
    associatedPullRequests: pullsSchema.nullable(),
  })
  .transform((commit): WireCommit => {
    const verified = commit.signature?.isValid ?? false;
    return {
      moreAuthors: commit.authors.next,
      morePulls: commit.associatedPullRequests?.next ?? null,
      whole: !commit.parents.pageInfo.hasNextPage,
      signed: commit.signature,
      commit: {
        sha: commit.oid,
        treeSha: commit.tree.oid,
        parents: commit.parents.nodes.map(({ oid }) => oid),
        message: commit.message,
        authors: commit.authors.items.length === 0 ? [NO_PERSON] : commit.authors.items,
        committer: commit.committer ?? NO_PERSON,
        signature: {
          verified,
          // A signature that does not hold is nobody's, GitHub's neither.
          byGitHub: verified && (commit.signature?.wasSignedByGitHub ?? false),
          signer: commit.signature?.signer ?? null,
          key: null,
        },
        authoredAt: commit.authoredDate,
        aiNote: null,
        pulls: commit.associatedPullRequests?.items ?? [],
      },
    };
  });

/** Where a commit's note may stand in the tree of the notes; see `notesOperation`. */
export const noteBlobSchema = z
  .object({ __typename: z.string(), text: z.string().nullish(), isTruncated: z.boolean().optional() })
  .nullable()
  // A note that is cut or no text is still a note.
  .transform((blob) => (blob?.__typename === 'Blob' ? ((blob.isTruncated === true ? '' : blob.text) ?? '') : null));

export const pushesSchema = z.array(
  z
    .object({
      actor: nullableAccountSchema,
      before: z.string(),
      after: z.string(),
      activity_type: z.string().min(1),
      timestamp: z.string().nullish(),
    })
    .transform((push): PushFacts => ({
      actor: push.actor,
      before: push.before,
      after: push.after,
      kind: push.activity_type,
      at: push.timestamp ?? '',
    })),
);
