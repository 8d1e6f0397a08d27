import { z } from 'zod';
import type { Account } from '../../../core/actors/account.ts';
import { handlesIn } from '../../../core/parties/agent-calls.ts';
import type { ChangedFile, CommentFacts, PullFacts, PullReview, TimelineEvent } from '../../../core/facts.ts';
import { appSchema, idSchema, nullableAccountSchema, shaSchema } from './account.ts';

/** A pull request without the App that opened it, which only the issue tells. */
export const pullSchema = z
  .object({
    number: idSchema,
    user: nullableAccountSchema,
    title: z.string(),
    body: z.string().nullable(),
    labels: z.array(z.object({ name: z.string() })),
    state: z.enum(['open', 'closed']),
    draft: z.boolean().optional(),
    merged: z.boolean(),
    merged_by: nullableAccountSchema,
    head: z.object({ sha: shaSchema, ref: z.string().min(1), repo: z.object({ id: idSchema }).nullable() }),
    base: z.object({ sha: shaSchema, ref: z.string().min(1), repo: z.object({ id: idSchema }) }),
  })
  .transform((pull): { readonly repositoryId: number; readonly pull: Omit<PullFacts, 'viaApp'> } => ({
    repositoryId: pull.base.repo.id,
    pull: {
      number: pull.number,
      author: pull.user,
      title: pull.title,
      body: pull.body ?? '',
      labels: pull.labels.map(({ name }) => name),
      state: pull.state,
      draft: pull.draft ?? false,
      merged: pull.merged,
      headSha: pull.head.sha,
      headRef: pull.head.ref,
      headRepositoryId: pull.head.repo?.id ?? null,
      baseRef: pull.base.ref,
      baseSha: pull.base.sha,
      mergedBy: pull.merged_by,
    },
  }));

export const issueSchema = z.object({ number: idSchema, performed_via_github_app: appSchema.nullish() });

/** Short form, as lists carry it. */
export const pullListSchema = z.array(
  z.object({
    number: idSchema,
    // null when the fork is gone.
    head: z.object({ sha: shaSchema, repo: z.object({ id: idSchema }).nullable() }),
  }),
);

export const filesSchema = z.array(
  z
    .object({ filename: z.string().min(1), status: z.string().min(1), previous_filename: z.string().optional() })
    .transform((file): ChangedFile => ({
      path: file.filename,
      previousPath: file.previous_filename ?? null,
      status: file.status,
    })),
);

export const reviewsSchema = z.array(
  z
    .object({
      id: idSchema,
      user: nullableAccountSchema,
      // Lower case in webhooks, upper case here; nobody promises either.
      state: z.string().min(1).toUpperCase(),
      commit_id: shaSchema.nullish(),
      submitted_at: z.string().nullish(),
      body: z.string().nullish(),
    })
    .transform((review): PullReview => ({
      id: review.id,
      reviewer: review.user,
      state: review.state,
      commitSha: review.commit_id ?? null,
      submittedAt: review.submitted_at ?? '',
      body: review.body ?? '',
    })),
);

/** `fullDatabaseId` is a BigInt, which GraphQL writes as a text. */
export const reviewEditsSchema = z.object({
  repository: z.object({
    databaseId: idSchema,
    pullRequest: z.object({
      reviews: z.object({
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
        nodes: z.array(
          z.object({
            fullDatabaseId: z.union([z.string().regex(/^[1-9]\d{0,15}$/), z.int()]).transform(Number),
            lastEditedAt: z.string().nullable(),
          }),
        ),
      }),
    }),
  }),
});

/**
 * The timeline is one list of many kinds: what the gate does not use is dropped, what it uses must be whole. One list of
 * events for every entry, so that pages can be counted.
 */
export const timelineSchema = z.array(z.unknown().transform(toTimelineEvents));

const byActor = z.object({ actor: nullableAccountSchema });

/** What is used of each kind of entry; `copilot_work_started` has its like of other agents (undocumented). */
const ENTRIES: readonly (readonly [kind: RegExp, schema: z.ZodType<readonly TimelineEvent[]>])[] = [
  [/^base_ref_changed$|^automatic_base_change_succeeded$/, z.unknown().transform(() => [{ kind: 'base-changed' }])],
  [/^head_ref_force_pushed$/, byActor.transform(({ actor }) => [{ kind: 'force-pushed', actor }])],
  [
    /_work_started$/,
    byActor
      .extend({ performed_via_github_app: appSchema.nullish() })
      .transform(({ actor, performed_via_github_app: app }) => [{ kind: 'agent-started', actor, viaApp: app ?? null }]),
  ],
  [
    /^assigned$/,
    // GitHub has shown the assignee as `actor` of older entries; where there is an assigner, that is who did it.
    byActor
      .extend({ assignee: nullableAccountSchema, assigner: nullableAccountSchema })
      .transform(({ actor, assignee, assigner }) => [{ kind: 'assigned', actor: assigner ?? actor, assignee }]),
  ],
  [
    /^labeled$/,
    byActor
      .extend({ label: z.object({ name: z.string() }) })
      .transform(({ actor, label }) => [{ kind: 'labelled', actor, label: label.name }]),
  ],
  [/^ready_for_review$/, byActor.transform(({ actor }) => [{ kind: 'ready', actor }])],
  [
    /^auto_(?:merge|squash|rebase)_enabled$|^added_to_merge_queue$/,
    byActor.transform(({ actor }) => [{ kind: 'auto-merge', actor }]),
  ],
  [
    /^commented$/,
    z
      .object({ user: nullableAccountSchema, body: z.string().nullish(), created_at: z.string().nullish() })
      .transform(({ user, body, created_at: at }) => commented(user, body, at)),
  ],
  [
    /^reviewed$/,
    z
      .object({
        id: idSchema,
        user: nullableAccountSchema,
        body: z.string().nullish(),
        submitted_at: z.string().nullish(),
      })
      .transform(({ id, user, body, submitted_at: at }): readonly TimelineEvent[] => [
        { kind: 'reviewed', reviewId: id },
        ...commented(user, body, at),
      ]),
  ],
  [
    /^(?:line|commit)-commented$/,
    z
      .object({
        comments: z.array(
          z.object({ user: nullableAccountSchema, body: z.string().nullish(), created_at: z.string().nullish() }),
        ),
      })
      .transform(({ comments }) => comments.flatMap(({ user, body, created_at: at }) => commented(user, body, at))),
  ],
];

function toTimelineEvents(entry: unknown, context: z.RefinementCtx): readonly TimelineEvent[] {
  // Some entries name no event; none of those is used.
  const head = z.object({ event: z.string().optional() }).safeParse(entry);
  const kind = head.success ? (head.data.event ?? '') : null;
  const schema = ENTRIES.find(([kinds]) => kind !== null && kinds.test(kind))?.[1];
  if (kind !== null && schema === undefined) return [];
  const events = schema?.safeParse(entry);
  if (events?.success === true) return events.data;
  context.addIssue({ code: 'custom', message: 'unknown shape' });
  return [];
}

/** Only a comment that names somebody can have called an agent. */
function commented(
  actor: Account | null,
  body: string | null | undefined,
  at: string | null | undefined,
): readonly TimelineEvent[] {
  const handles = handlesIn(body ?? '');
  return handles.length === 0 ? [] : [{ kind: 'commented', actor, handles, at: at ?? '' }];
}

export const commentSchema = z
  .object({
    id: idSchema,
    user: nullableAccountSchema,
    body: z.string().nullish(),
    created_at: z.string().min(1),
    updated_at: z.string().min(1),
    performed_via_github_app: appSchema.nullish(),
  })
  .transform((comment): CommentFacts => ({
    id: comment.id,
    author: comment.user,
    body: comment.body ?? '',
    edited: comment.updated_at !== comment.created_at,
    viaApp: comment.performed_via_github_app ?? null,
  }));
