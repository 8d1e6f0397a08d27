import { z } from 'zod';

/**
 * One piece of work, made from a webhook, a sweep or another task, and kept in the job queue as JSON. A task never says
 * what is true, only where to look: the flow re-reads GitHub before it acts (invariant 10). The exceptions are `answer`
 * tasks: a click or a comment's author exists only in its (signed) delivery.
 */

const positive = z.int().positive();

const repository = z.strictObject({
  host: z.string().min(1),
  installationId: positive,
  id: positive,
  owner: z.string().min(1),
  name: z.string().min(1),
});

const account = z.strictObject({
  id: positive,
  login: z.string().min(1),
  type: z.enum(['User', 'Bot', 'Organization', 'Mannequin', 'Unknown']),
});

export const taskSchema = z.discriminatedUnion('kind', [
  /** Look at a run: open, decide, release or close the gates of every environment of its current attempt. */
  z.strictObject({ kind: z.literal('run'), repository, runId: positive }),
  /** Look at a pull request: its head, reviews and state. */
  z.strictObject({ kind: z.literal('pull-request'), repository, number: positive }),
  /** Put the check `countersign` of a commit in line with every open pull request that has it as head. */
  z.strictObject({ kind: z.literal('check'), repository, headSha: z.string().regex(/^[0-9a-f]{40}$/) }),
  /** `/countersign …` in a comment, as created (edits never count). */
  z.strictObject({
    kind: z.literal('comment'),
    repository,
    issueNumber: positive,
    commentId: positive,
    author: account,
    viaApp: z.string().nullable(),
    body: z.string().max(65_536),
    at: z.string(),
  }),
  /** A button of one of our own check runs. */
  z.strictObject({
    kind: z.literal('button'),
    repository,
    deliveryId: z.string().min(1),
    checkRunId: positive,
    externalId: z.string(),
    identifier: z.string().max(20),
    actor: account,
    at: z.string(),
  }),
  /** A merge group asks for its check. */
  z.strictObject({ kind: z.literal('merge-group'), repository, headSha: z.string().regex(/^[0-9a-f]{40}$/) }),
  /** The evidence branch was pushed to or deleted by somebody: judge it by content. */
  z.strictObject({ kind: z.literal('evidence'), repository }),
  /** The default branch moved: if the policy changed, record it and look again at everything held. */
  z.strictObject({
    kind: z.literal('policy'),
    repository,
    before: z.string(),
    after: z.string(),
    actor: account.nullable(),
  }),
  /** Find what no webhook told: waiting runs, open gates, open pull requests. */
  z.strictObject({ kind: z.literal('sweep'), repository }),
  /** Our access to the repository changed (installed, suspended, removed, permissions): a record and a look. */
  z.strictObject({
    kind: z.literal('installation'),
    repository,
    change: z.string().max(60),
    actor: account.nullable(),
  }),
]);

export type Task = z.infer<typeof taskSchema>;

/** Tasks of one subject never run side by side. */
export function taskSubject(task: Task): string {
  const base = `${task.repository.host}/${task.repository.installationId}/${task.repository.id}`;
  switch (task.kind) {
    case 'run':
      return `${base}/run/${task.runId}`;
    case 'pull-request':
      return `${base}/pull/${task.number}`;
    case 'check':
    case 'merge-group':
      return `${base}/check/${task.headSha}`;
    case 'comment':
      return `${base}/comment/${task.commentId}`;
    case 'button':
      return `${base}/button/${task.deliveryId}`;
    case 'evidence':
    case 'policy':
    case 'sweep':
    case 'installation':
      return `${base}/${task.kind}`;
  }
}
