import { z } from 'zod';
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
export const pullListSchema = z.array(z.object({ number: idSchema, head: z.object({ sha: shaSchema }) }));

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

const timelineActorSchema = z.object({
  actor: nullableAccountSchema,
  performed_via_github_app: appSchema.nullish(),
});

/** The timeline is one list of many kinds; what the gate does not use is dropped, what it uses must be whole. */
export const timelineSchema = z.array(z.unknown().transform(toTimelineEvent));

function toTimelineEvent(entry: unknown, context: z.RefinementCtx): TimelineEvent | null {
  const refuse = (): null => {
    context.addIssue({ code: 'custom', message: 'unknown shape' });
    return null;
  };
  // Some entries (line comments) name no event; none of those is used.
  const head = z.object({ event: z.string().optional() }).safeParse(entry);
  if (!head.success) return refuse();
  const kind = head.data.event ?? '';
  if (kind === 'reviewed') {
    const review = z.object({ id: idSchema }).safeParse(entry);
    return review.success ? { kind: 'reviewed', reviewId: review.data.id } : refuse();
  }
  if (kind === 'base_ref_changed' || kind === 'automatic_base_change_succeeded') return { kind: 'base-changed' };
  // `copilot_work_started`; undocumented, so its like of other agents counts as well.
  const agentStarted = kind.endsWith('_work_started');
  if (kind !== 'head_ref_force_pushed' && !agentStarted) return null;
  const event = timelineActorSchema.safeParse(entry);
  if (!event.success) return refuse();
  const { actor, performed_via_github_app: app } = event.data;
  return agentStarted ? { kind: 'agent-started', actor, viaApp: app ?? null } : { kind: 'force-pushed', actor };
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
