import { z } from 'zod';
import { isAddressedToUs } from '../../core/gate/command.ts';
import { defineEvent } from './event-handler.ts';
import { account, positive, repositoryPayload, toRepository } from './payload.ts';

/** GitHub's own limit for a comment. */
const MAX_CHARACTERS = 65_536;

/**
 * What begins like `/countersign …`, as created: an edit is never a command, since whoever may edit others' comments could speak for them
 * (C39). Other comments are not stored. The sender must be the author, or it is not known who spoke.
 */
export const issueComment = defineEvent({
  event: 'issue_comment',
  actions: ['created'],
  schema: repositoryPayload.extend({
    issue: z.object({ number: positive }),
    comment: z.object({
      id: positive,
      user: account,
      body: z.string(),
      created_at: z.iso.datetime({ offset: true }),
      performed_via_github_app: z.object({ slug: z.string().min(1) }).nullish(),
    }),
    sender: account,
  }),
  toTasks: (payload, context) => {
    const { comment } = payload;
    if (!isAddressedToUs(comment.body)) return [];
    if (comment.body.length > MAX_CHARACTERS) return { unusable: 'comment.body' };
    if (payload.sender.id !== comment.user.id) return { unusable: 'sender' };
    return [
      {
        kind: 'comment',
        repository: toRepository(payload, context),
        issueNumber: payload.issue.number,
        commentId: comment.id,
        author: comment.user,
        viaApp: comment.performed_via_github_app?.slug ?? null,
        body: comment.body,
        at: comment.created_at,
      },
    ];
  },
});
