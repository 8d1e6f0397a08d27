import { actorOf, appOf, idParam, ok, repoIn, type Call, type Handler } from '../http/call.ts';
import { listed } from '../http/paginate.ts';
import { presentAccount, presentApp } from '../present/account.ts';
import { presentGitCommit } from '../present/commit.ts';
import { presentComment, presentIssue, presentReview } from '../present/pull.ts';
import { repoUrl } from '../present/repository.ts';
import { isoTime } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { PullRecord, TimelineRecord, World } from '../state.ts';
import { pullCommits } from '../world/pull-range.ts';
import { addComment, editComment, findComment, pullOf } from '../world/pulls.ts';

const R = '/repos/{owner}/{repo}';

export const routes: Readonly<Record<string, Handler>> = {
  [`GET ${R}/issues/{issue_number}`]: (call) => ok(presentIssue(call.world, pullIn(call))),
  [`GET ${R}/issues/{issue_number}/comments`]: (call) =>
    listed(call, pullIn(call).comments, (comment) => presentComment(call.world, comment)),
  [`POST ${R}/issues/{issue_number}/comments`]: (call) => {
    const viaApp = call.principal.kind === 'installation' ? appOf(call) : null;
    const body = call.body.filled('body', 65_536);
    const comment = addComment(call.world, pullIn(call), actorOf(call), body, viaApp);
    return ok(presentComment(call.world, comment), 201);
  },
  [`GET ${R}/issues/comments/{comment_id}`]: (call) => {
    const { comment } = findComment(repoIn(call), idParam(call, 'comment_id'));
    return ok(presentComment(call.world, comment));
  },
  [`PATCH ${R}/issues/comments/{comment_id}`]: (call) => {
    const { comment } = findComment(repoIn(call), idParam(call, 'comment_id'));
    const actor = actorOf(call);
    if (call.principal.kind === 'installation' && comment.user.id !== actor.id) {
      throw new Refused(403, 'Resource not accessible by integration');
    }
    editComment(call.world, repoIn(call), comment.id, actor, call.body.filled('body', 65_536));
    return ok(presentComment(call.world, comment));
  },
  [`GET ${R}/issues/{issue_number}/timeline`]: (call) => {
    const pull = pullIn(call);
    return listed(call, timeline(call.world, pull), (entry) => entry.item);
  },
};

function pullIn(call: Call): PullRecord {
  return pullOf(repoIn(call), idParam(call, 'issue_number'));
}

interface Entry {
  readonly at: number;
  readonly item: unknown;
}

/** Commits, reviews, comments and events in one list, by time. */
function timeline(world: World, pull: PullRecord): readonly Entry[] {
  const commits = pullCommits(pull).map((commit) => ({
    at: commit.committer.seconds * 1000,
    item: { event: 'committed', ...presentGitCommit(world, pull.repo, commit) },
  }));
  const reviews = pull.reviews.map((review) => ({
    at: review.submittedAt,
    item: {
      event: 'reviewed',
      ...presentReview(world, pull, review),
      state: review.state.toLowerCase(),
    },
  }));
  const comments = pull.comments.map((comment) => ({
    at: comment.createdAt,
    item: {
      event: 'commented',
      actor: presentAccount(world, comment.user),
      ...presentComment(world, comment),
    },
  }));
  const events = pull.timeline.map((entry) => ({ at: entry.at, item: presentEvent(world, pull, entry) }));
  return [...commits, ...reviews, ...comments, ...events].sort((a, b) => a.at - b.at);
}

function presentEvent(world: World, pull: PullRecord, entry: TimelineRecord): unknown {
  const api = repoUrl(world, pull.repo);
  return {
    id: entry.id,
    node_id: `EV_${entry.id}`,
    url: `${api}/issues/events/${entry.id}`,
    actor: presentAccount(world, entry.actor),
    event: entry.event,
    commit_id: entry.commitId,
    commit_url: entry.commitId === null ? null : `${api}/commits/${entry.commitId}`,
    created_at: isoTime(entry.at),
    performed_via_github_app: entry.viaApp === null ? null : presentApp(world, entry.viaApp),
    ...entry.more,
  };
}
