import { z } from 'zod';
import { defineEvent } from './event-handler.ts';
import { repositoryPayload, sha, toRepository } from './payload.ts';

/** A merge queue waits for the check on a commit of its own. */
export const mergeGroup = defineEvent({
  event: 'merge_group',
  actions: ['checks_requested'],
  schema: repositoryPayload.extend({ merge_group: z.object({ head_sha: sha }) }),
  toTasks: (payload, context) => [
    { kind: 'merge-group', repository: toRepository(payload, context), headSha: payload.merge_group.head_sha },
  ],
});
