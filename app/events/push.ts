import { z } from 'zod';
import type { Task } from '../../flow/task.ts';
import { defineEvent } from './event-handler.ts';
import { accountOrNull, installation, repository, sha, toRepository } from './payload.ts';

/**
 * The evidence branch was made, pushed to or deleted: it is judged by its content, our own pushes too, and a push never
 * causes a write by itself. The default branch moved: the policy may have changed. Other branches do not concern us.
 */
export const push = defineEvent({
  event: 'push',
  actions: null,
  schema: z.object({
    ref: z.string(),
    before: sha,
    after: sha,
    repository: repository.extend({ default_branch: z.string().min(1) }),
    installation,
    sender: accountOrNull,
  }),
  toTasks: (payload, context) => {
    const repository = toRepository(payload, context);
    const tasks: Task[] = [];
    if (payload.ref === `refs/heads/${context.evidenceBranch}`) tasks.push({ kind: 'evidence', repository });
    if (payload.ref === `refs/heads/${payload.repository.default_branch}`) {
      const { before, after, sender: actor } = payload;
      tasks.push({ kind: 'policy', repository, before, after, actor });
    }
    return tasks;
  },
});
