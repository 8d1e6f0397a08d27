import { z } from 'zod';
import { defineEvent } from './event-handler.ts';
import { positive, repositoryPayload, toRepository } from './payload.ts';

/** A run began, went on, ended or was cancelled: its gates are opened, followed or closed. */
export const workflowRun = defineEvent({
  event: 'workflow_run',
  actions: ['requested', 'in_progress', 'completed'],
  schema: repositoryPayload.extend({ workflow_run: z.object({ id: positive }) }),
  toTasks: (payload, context) => [
    { kind: 'run', repository: toRepository(payload, context), runId: payload.workflow_run.id },
  ],
});
