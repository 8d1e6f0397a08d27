import { z } from 'zod';
import { defineEvent } from './event-handler.ts';
import { positive, repositoryPayload, toRepository } from './payload.ts';

/** A review came, changed or went. Its state, author and commit are read again: the delivery approves nothing. */
export const pullRequestReview = defineEvent({
  event: 'pull_request_review',
  actions: ['submitted', 'edited', 'dismissed'],
  schema: repositoryPayload.extend({ pull_request: z.object({ number: positive }) }),
  toTasks: (payload, context) => [
    { kind: 'pull-request', repository: toRepository(payload, context), number: payload.pull_request.number },
  ],
});
