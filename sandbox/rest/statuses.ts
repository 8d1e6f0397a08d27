import { actorOf, ok, param, repoIn, type Answer, type Call, type Handler } from '../http/call.ts';
import { listed } from '../http/paginate.ts';
import { presentAccount } from '../present/account.ts';
import { repoUrl } from '../present/repository.ts';
import { isoTime, nodeId, type Schemas } from '../present/schemas.ts';
import { Refused } from '../refused.ts';

const R = '/repos/{owner}/{repo}';
const STATES = ['error', 'failure', 'pending', 'success'] as const;

/**
 * Commit statuses: whoever may write can post one of any name on any commit. A rule that expects its check from an App
 * does not take them.
 */
export const routes: Readonly<Record<string, Handler>> = {
  [`POST ${R}/statuses/{sha}`]: make,
  [`GET ${R}/commits/{ref}/statuses`]: (call) => {
    const { sha } = commitIn(call, 'ref');
    return listed(
      call,
      repoIn(call)
        .statuses.filter((status) => status.url.endsWith(`/${sha}`))
        .toReversed(),
      (status) => status,
    );
  },
};

function commitIn(call: Call, name: string): { readonly sha: string } {
  const commit = repoIn(call).git.resolve(param(call, name));
  if (commit === undefined) throw new Refused(422, `No commit found for SHA: ${param(call, name)}`);
  return commit;
}

function make(call: Call): Answer {
  const { world, body } = call;
  const repo = repoIn(call);
  const { sha } = commitIn(call, 'sha');
  const id = world.nextId('status');
  const status: Schemas['status'] = {
    id,
    node_id: nodeId('SC', id),
    url: `${repoUrl(world, repo)}/statuses/${sha}`,
    avatar_url: null,
    state: body.oneOf('state', STATES),
    context: body.optionalText('context', 255) ?? 'default',
    description: body.optionalText('description', 140) ?? null,
    target_url: body.optionalText('target_url') ?? null,
    creator: presentAccount(world, actorOf(call)),
    created_at: isoTime(world.now()),
    updated_at: isoTime(world.now()),
  };
  repo.statuses.push(status);
  world.changed();
  return ok(status, 201);
}
