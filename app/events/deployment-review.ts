import { z } from 'zod';
import { defineEvent } from './event-handler.ts';
import { positive, repositoryPayload, toRepository } from './payload.ts';

/** Somebody was asked, or answered, at the deployment prompt. Who and what is read again from the run's approvals. */
export const deploymentReview = defineEvent({
  event: 'deployment_review',
  actions: ['requested', 'approved', 'rejected'],
  schema: repositoryPayload.extend({ workflow_run: z.object({ id: positive }) }),
  toTasks: (payload, context) => [
    { kind: 'run', repository: toRepository(payload, context), runId: payload.workflow_run.id },
  ],
});
