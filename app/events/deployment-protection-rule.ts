import { z } from 'zod';
import { parseCallbackPath } from './callback-path.ts';
import { defineEvent } from './event-handler.ts';
import { repositoryPayload, toRepository } from './payload.ts';

/**
 * A job waits for our answer. Run, attempt, jobs, environment and SHA are all read again from GitHub; this says only where.
 * A callback that names another repository than the payload is a mix-up of tenants (C60) and leads nowhere.
 */
export const deploymentProtectionRule = defineEvent({
  event: 'deployment_protection_rule',
  actions: ['requested'],
  schema: repositoryPayload.extend({ deployment_callback_url: z.string().max(2048) }),
  toTasks: (payload, context) => {
    const repository = toRepository(payload, context);
    const path = parseCallbackPath(payload.deployment_callback_url);
    if (path === null) return { unusable: 'deployment_callback_url' };
    const named = `${path.owner}/${path.name}`.toLowerCase();
    if (named !== `${repository.owner}/${repository.name}`.toLowerCase()) {
      return { unusable: 'deployment_callback_url names another repository' };
    }
    return [{ kind: 'run', repository, runId: path.runId }];
  },
});
