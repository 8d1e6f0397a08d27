import { ok, param, repoIn, type Handler } from '../http/call.ts';
import { presentAccount } from '../present/account.ts';
import { presentCommit } from '../present/commit.ts';
import { presentRepository, repoUrl } from '../present/repository.ts';
import { isoTime, type Schemas } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { ActivityRecord } from '../state.ts';

const R = '/repos/{owner}/{repo}';
const LIMIT = 5000;

export const routes: Readonly<Record<string, Handler>> = {
  'GET /meta': () =>
    ok({ verifiable_password_authentication: false, installed_version: '3.19.0', hooks: ['127.0.0.1/32'] }),
  'GET /rate_limit': (call) => {
    const rate = { limit: LIMIT, remaining: LIMIT, reset: Math.ceil(call.world.now() / 1000) + 3600, used: 0 };
    return ok({ resources: { core: rate, search: rate, graphql: rate }, rate });
  },
  'GET /repositories/{repository_id}': (call) => ok(presentRepository(call.world, repoIn(call))),
  [`GET ${R}`]: (call) => ok(presentRepository(call.world, repoIn(call))),
  [`GET ${R}/branches/{branch}`]: (call) => {
    const repo = repoIn(call);
    const name = param(call, 'branch');
    const commit = repo.git.commit(repo.git.head(name) ?? '');
    if (commit === undefined) throw new Refused(404, 'Branch not found');
    const self = `${repoUrl(call.world, repo)}/branches/${encodeURIComponent(name)}`;
    const required = repo.requiredChecks.some((check) => check.branch === name);
    return ok({
      name,
      commit: presentCommit(call.world, repo, commit),
      protected: required,
      protection: { enabled: required },
      protection_url: `${self}/protection`,
      _links: { self, html: `${call.world.url}/${repo.fullName}/tree/${name}` },
    });
  },
  [`GET ${R}/activity`]: (call) => activity(call),
};

/** Newest first; pages by cursor, not by number. */
const activity: Handler = (call) => {
  const repo = repoIn(call);
  const { query } = call;
  const ref = query.get('ref');
  const wanted = ref === null ? null : `refs/heads/${ref.replace(/^refs\/heads\//, '')}`;
  const type = query.get('activity_type');
  const actor = query.get('actor')?.toLowerCase();
  const all = repo.activity
    .filter(
      (entry) =>
        (wanted === null || entry.ref === wanted) &&
        (type === null || entry.type === type) &&
        (actor === undefined || entry.actor.login.toLowerCase() === actor),
    )
    .toReversed();
  if (query.has('page')) throw new Refused(422, 'activity is paged by the cursors before and after');
  const size = Math.min(100, Number(query.get('per_page') ?? 30));
  const after = query.get('after');
  const before = query.get('before');
  let start = after === null ? 0 : all.findIndex((entry) => cursor(entry) === after) + 1;
  if (before !== null) start = Math.max(0, all.findIndex((entry) => cursor(entry) === before) - size);
  const items = all.slice(start, start + size);
  const links: string[] = [];
  const link = (key: 'before' | 'after', entry: ActivityRecord | undefined, rel: string): void => {
    if (entry === undefined) return;
    const next = new URLSearchParams(query);
    next.delete('before');
    next.delete('after');
    next.set(key, cursor(entry));
    links.push(`<${call.world.apiUrl}${call.path}?${next.toString()}>; rel="${rel}"`);
  };
  if (start > 0) link('before', items[0], 'prev');
  if (start + size < all.length) link('after', items.at(-1), 'next');
  const body = items.map((entry): Schemas['activity'] => ({
    id: entry.id,
    node_id: `PSH_${entry.id}`,
    before: entry.before,
    after: entry.after,
    ref: entry.ref,
    timestamp: isoTime(entry.at),
    activity_type: entry.type,
    actor: presentAccount(call.world, entry.actor),
  }));
  return { status: 200, body, headers: links.length === 0 ? {} : { link: links.join(', ') } };
};

function cursor(entry: ActivityRecord): string {
  return Buffer.from(`activity:${entry.id}`).toString('base64url');
}
