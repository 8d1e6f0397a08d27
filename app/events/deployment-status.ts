import { z } from 'zod';
import { defineEvent } from './event-handler.ts';
import { positive, repositoryPayload, toRepository } from './payload.ts';

/**
 * A deployment moved. Anyone with `deployments: write` can invent a status, so it only makes us look. `log_url` and
 * `target_url` are that writer's words and are not read; a status without a run leads to a sweep.
 */
export const deploymentStatus = defineEvent({
  event: 'deployment_status',
  actions: ['created'],
  schema: repositoryPayload.extend({ workflow_run: z.object({ id: positive }).nullish() }),
  toTasks: (payload, context) => {
    const repository = toRepository(payload, context);
    const run = payload.workflow_run ?? null;
    return run === null ? [{ kind: 'sweep', repository }] : [{ kind: 'run', repository, runId: run.id }];
  },
});
