import { z } from 'zod';
import { defineEvent } from './event-handler.ts';
import { account, positive, repositoryPayload, sha, toRepository } from './payload.ts';

/** The check run of a pull request's head; deployments have names of their own. */
const PULL_REQUEST_CHECK = 'countersign';

/**
 * Somebody pressed "re-run" or one of our buttons. Only our own check runs count: another App's check run could carry any
 * external id. The sender of a button is its presser; whether that person may decide is judged later.
 */
export const checkRun = defineEvent({
  event: 'check_run',
  actions: ['rerequested', 'requested_action'],
  schema: repositoryPayload.extend({
    action: z.string(),
    check_run: z.object({
      id: positive,
      name: z.string(),
      head_sha: sha,
      external_id: z.string().nullish(),
      app: z.object({ id: positive }),
    }),
    requested_action: z.object({ identifier: z.string().max(20) }).nullish(),
    sender: account,
  }),
  toTasks: (payload, context) => {
    const { check_run: check } = payload;
    if (check.app.id !== context.appId) return [];
    const repository = toRepository(payload, context);
    if (payload.action === 'rerequested') {
      // A deployment's check names no run; a sweep looks at every run that waits.
      return check.name === PULL_REQUEST_CHECK
        ? [{ kind: 'check', repository, headSha: check.head_sha }]
        : [{ kind: 'sweep', repository }];
    }
    const identifier = payload.requested_action?.identifier;
    if (identifier === undefined) return { unusable: 'requested_action' };
    const externalId = check.external_id ?? '';
    if (externalId === '') return { unusable: 'check_run.external_id' };
    return [
      {
        kind: 'button',
        repository,
        deliveryId: context.deliveryId,
        checkRunId: check.id,
        externalId,
        identifier,
        actor: payload.sender,
        at: context.receivedAt,
      },
    ];
  },
});
