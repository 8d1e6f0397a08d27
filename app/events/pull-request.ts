import { z } from 'zod';
import { defineEvent } from './event-handler.ts';
import { positive, repositoryPayload, sha, toRepository } from './payload.ts';

/**
 * Everything that changes head, base, draft state, words or labels. The check of the head is looked at besides the pull
 * request: it belongs to the SHA, and other pull requests may have the same one.
 */
export const pullRequest = defineEvent({
  event: 'pull_request',
  actions: [
    'opened',
    'synchronize',
    'reopened',
    'closed',
    'edited',
    'ready_for_review',
    'converted_to_draft',
    'labeled',
    'unlabeled',
  ],
  schema: repositoryPayload.extend({ pull_request: z.object({ number: positive, head: z.object({ sha }) }) }),
  toTasks: (payload, context) => {
    const repository = toRepository(payload, context);
    return [
      { kind: 'pull-request', repository, number: payload.pull_request.number },
      { kind: 'check', repository, headSha: payload.pull_request.head.sha },
    ];
  },
});
