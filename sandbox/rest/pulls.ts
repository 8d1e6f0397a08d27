import { idParam, actorOf, ok, repoIn, type Call, type Handler } from '../http/call.ts';
import { listed } from '../http/paginate.ts';
import { presentCommit, presentFile } from '../present/commit.ts';
import { presentPull, presentPullSimple, presentReview } from '../present/pull.ts';
import { Refused } from '../refused.ts';
import type { PullRecord } from '../state.ts';
import { teamBySlug } from '../world/accounts.ts';
import { pullCommits, pullFiles } from '../world/pull-range.ts';
import { pullOf, requestReviewers } from '../world/pulls.ts';

const R = '/repos/{owner}/{repo}';
const MOST_FILES = 3000;
const MOST_COMMITS = 250;

export const routes: Readonly<Record<string, Handler>> = {
  [`GET ${R}/pulls`]: (call) => {
    const state = call.query.get('state') ?? 'open';
    const head = call.query.get('head');
    const base = call.query.get('base');
    const found = [...repoIn(call).pulls.values()]
      .filter((pull) => state === 'all' || pull.state === state)
      // GitHub ignores a `head` that is not `owner:branch`.
      .filter((pull) => head === null || !head.includes(':') || head === `${pull.headRepo.owner.login}:${pull.headRef}`)
      .filter((pull) => base === null || base === pull.baseRef);
    const ordered = call.query.get('direction') === 'asc' ? found : found.toReversed();
    return listed(call, ordered, (pull) => presentPullSimple(call.world, pull));
  },
  [`GET ${R}/pulls/{pull_number}`]: (call) => ok(presentPull(call.world, pullIn(call))),
  [`GET ${R}/pulls/{pull_number}/files`]: (call) => {
    const pull = pullIn(call);
    const files = pullFiles(pull).slice(0, MOST_FILES);
    return listed(call, files, (file) => presentFile(call.world, pull.repo, file, pull.headSha));
  },
  [`GET ${R}/pulls/{pull_number}/commits`]: (call) => {
    const pull = pullIn(call);
    const commits = pullCommits(pull).slice(0, MOST_COMMITS);
    return listed(call, commits, (commit) => presentCommit(call.world, pull.repo, commit));
  },
  [`GET ${R}/pulls/{pull_number}/reviews`]: (call) => {
    const pull = pullIn(call);
    return listed(call, pull.reviews, (review) => presentReview(call.world, pull, review));
  },
  [`POST ${R}/pulls/{pull_number}/requested_reviewers`]: (call) => {
    const pull = pullIn(call);
    const { world, body } = call;
    const reviewers = body.texts('reviewers').map((login) => world.accounts.get(login.toLowerCase()));
    const teams = body.texts('team_reviewers').map((slug) => teamBySlug(world, pull.repo.owner.login, slug));
    const known = {
      reviewers: reviewers.filter((account) => account !== undefined),
      teams: teams.filter((team) => team !== undefined),
    };
    if (known.reviewers.length < reviewers.length || known.teams.length < teams.length) {
      throw new Refused(422, 'Reviews may only be requested from collaborators.');
    }
    requestReviewers(world, pull, actorOf(call), known);
    return ok(presentPullSimple(world, pull), 201);
  },
};

function pullIn(call: Call): PullRecord {
  return pullOf(repoIn(call), idParam(call, 'pull_number'));
}
