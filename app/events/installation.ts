import { z } from 'zod';
import type { Task } from '../../flow/task.ts';
import { defineEvent } from './event-handler.ts';
import type { DeliveryContext } from './event-handler.ts';
import {
  accountOrNull,
  installation as installationPart,
  repository as repositoryPart,
  toRepository,
} from './payload.ts';

const base = z.object({ action: z.string(), installation: installationPart, sender: accountOrNull });

const repositories = z.array(repositoryPart);

/** After these nothing can be read any more, so there is nothing to sweep. */
const ENDING: readonly string[] = ['deleted', 'suspend', 'removed'];

/**
 * Our access began, changed or ended. Where GitHub lists no repositories (suspensions do not), there is nothing to do now:
 * the next sweep finds what can be read.
 */
export const installation = defineEvent({
  event: 'installation',
  actions: ['created', 'deleted', 'suspend', 'unsuspend', 'new_permissions_accepted'],
  schema: base.extend({ repositories: repositories.nullish() }),
  toTasks: (payload, context) => tasksFor(payload, payload.repositories ?? [], context),
});

export const installationRepositories = defineEvent({
  event: 'installation_repositories',
  actions: ['added', 'removed'],
  schema: base.extend({ repositories_added: repositories, repositories_removed: repositories }),
  toTasks: (payload, context) => {
    const listed = payload.action === 'added' ? payload.repositories_added : payload.repositories_removed;
    return tasksFor(payload, listed, context);
  },
});

function tasksFor(
  payload: z.output<typeof base>,
  listed: z.output<typeof repositories>,
  context: DeliveryContext,
): readonly Task[] {
  const change = payload.action;
  return listed.flatMap((found): Task[] => {
    const repository = toRepository({ repository: found, installation: payload.installation }, context);
    const look: Task = { kind: 'installation', repository, change, actor: payload.sender };
    return ENDING.includes(payload.action) ? [look] : [look, { kind: 'sweep', repository }];
  });
}
