import type { Account } from '../sandbox.ts';
import type { CommentRecord, PullRecord, RepoRecord, ReviewRecord, World } from '../state.ts';
import { pullCommits, pullFiles } from '../world/pull-range.ts';
import { presentAccount, presentApp, presentTeam } from './account.ts';
import { presentRepository, repoUrl } from './repository.ts';
import { isoOrNull, isoTime, type Schemas } from './schemas.ts';

/** The long form: GET one, and webhooks of the pull request itself. */
export function presentPull(world: World, pull: PullRecord): Schemas['pull-request'] {
  const { labels: _l, user: _u, requested_teams: _t, ...simple } = presentPullSimple(world, pull);
  const files = pullFiles(pull);
  return {
    ...simple,
    labels: presentLabels(world, pull),
    user: presentAccount(world, pull.author),
    state: pull.state,
    head: presentSide(world, pull.headRepo, pull.headRef, pull.headSha),
    base: presentSide(world, pull.repo, pull.baseRef, pull.baseSha),
    requested_teams: pull.requestedTeams.map((team) => presentTeam(world, team)),
    merged: pull.mergedAt !== null,
    mergeable: pull.state === 'open' ? true : null,
    mergeable_state: pull.draft ? 'draft' : 'clean',
    rebaseable: false,
    merged_by: pull.mergedBy === null ? null : presentAccount(world, pull.mergedBy),
    comments: pull.comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: pullCommits(pull).length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  };
}

/** The short form: lists, and the `pull_requests` of other webhooks. */
export function presentPullSimple(world: World, pull: PullRecord): Schemas['pull-request-simple'] {
  const api = repoUrl(world, pull.repo);
  const url = `${api}/pulls/${pull.number}`;
  const page = `${world.url}/${pull.repo.fullName}/pull/${pull.number}`;
  const issue = `${api}/issues/${pull.number}`;
  const statuses = `${api}/statuses/${pull.headSha}`;
  return {
    url,
    id: pull.id,
    node_id: pull.nodeId,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: presentAccount(world, pull.author),
    body: pull.body,
    created_at: isoTime(pull.createdAt),
    updated_at: isoTime(pull.updatedAt),
    closed_at: isoOrNull(pull.closedAt),
    merged_at: isoOrNull(pull.mergedAt),
    merge_commit_sha: pull.mergeCommitSha,
    assignee: null,
    assignees: [],
    requested_reviewers: pull.requestedReviewers.map((reviewer) => presentAccount(world, reviewer)),
    requested_teams: pull.requestedTeams.map((team) => presentTeam(world, team)),
    labels: presentLabels(world, pull),
    milestone: null,
    draft: pull.draft,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    head: presentSide(world, pull.headRepo, pull.headRef, pull.headSha),
    base: presentSide(world, pull.repo, pull.baseRef, pull.baseSha),
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${api}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
    author_association: association(pull.repo, pull.author, world),
    auto_merge: null,
    active_lock_reason: null,
  };
}

/** What runs and checks list. */
export function presentPullMinimal(world: World, pull: PullRecord): Schemas['pull-request-minimal'] {
  const side = (repo: RepoRecord, ref: string, sha: string) => ({
    ref,
    sha,
    repo: { id: repo.id, url: repoUrl(world, repo), name: repo.name },
  });
  return {
    id: pull.id,
    number: pull.number,
    url: `${repoUrl(world, pull.repo)}/pulls/${pull.number}`,
    head: side(pull.headRepo, pull.headRef, pull.headSha),
    base: side(pull.repo, pull.baseRef, pull.baseSha),
  };
}

export function presentReview(world: World, pull: PullRecord, review: ReviewRecord): Schemas['pull-request-review'] {
  const url = `${repoUrl(world, pull.repo)}/pulls/${pull.number}`;
  const page = `${world.url}/${pull.repo.fullName}/pull/${pull.number}#pullrequestreview-${review.id}`;
  return {
    id: review.id,
    node_id: review.nodeId,
    user: presentAccount(world, review.user),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: url,
    author_association: association(pull.repo, review.user, world),
    _links: { html: { href: page }, pull_request: { href: url } },
    submitted_at: isoTime(review.submittedAt),
    commit_id: review.commitId,
  };
}

export function presentIssue(world: World, pull: PullRecord): Schemas['issue'] {
  const api = repoUrl(world, pull.repo);
  const url = `${api}/issues/${pull.number}`;
  const page = `${world.url}/${pull.repo.fullName}/pull/${pull.number}`;
  return {
    id: pull.issueId,
    node_id: pull.nodeId,
    url,
    repository_url: api,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: page,
    number: pull.number,
    state: pull.state,
    title: pull.title,
    body: pull.body,
    user: presentAccount(world, pull.author),
    labels: pull.labels,
    assignee: null,
    assignees: [],
    milestone: null,
    locked: false,
    comments: pull.comments.length,
    closed_at: isoOrNull(pull.closedAt),
    created_at: isoTime(pull.createdAt),
    updated_at: isoTime(pull.updatedAt),
    draft: pull.draft,
    author_association: association(pull.repo, pull.author, world),
    performed_via_github_app: pull.viaApp === null ? null : presentApp(world, pull.viaApp),
    timeline_url: `${url}/timeline`,
    pull_request: {
      url: `${api}/pulls/${pull.number}`,
      html_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      merged_at: isoOrNull(pull.mergedAt),
    },
  };
}

export function presentComment(world: World, comment: CommentRecord): Schemas['issue-comment'] {
  const api = repoUrl(world, comment.repo);
  return {
    id: comment.id,
    node_id: comment.nodeId,
    url: `${api}/issues/comments/${comment.id}`,
    html_url: `${world.url}/${comment.repo.fullName}/pull/${comment.number}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${comment.number}`,
    user: presentAccount(world, comment.user),
    created_at: isoTime(comment.createdAt),
    updated_at: isoTime(comment.updatedAt),
    author_association: association(comment.repo, comment.user, world),
    body: comment.body,
    performed_via_github_app: comment.viaApp === null ? null : presentApp(world, comment.viaApp),
  };
}

function presentLabels(world: World, pull: PullRecord) {
  return pull.labels.map((name, index) => ({
    id: pull.id * 100 + index,
    node_id: `LA_${index}`,
    url: `${repoUrl(world, pull.repo)}/labels/${encodeURIComponent(name)}`,
    name,
    color: 'ededed',
    default: false,
    description: '',
  }));
}

function presentSide(world: World, repo: RepoRecord, ref: string, sha: string) {
  return {
    label: `${repo.owner.login}:${ref}`,
    ref,
    sha,
    user: presentAccount(world, repo.owner),
    repo: presentRepository(world, repo),
  };
}

/** Says nothing of write access, as on GitHub. */
export function association(repo: RepoRecord, account: Account, world: World): Schemas['author-association'] {
  const login = account.login.toLowerCase();
  if (repo.owner.id === account.id) return 'OWNER';
  if (world.orgs.get(repo.owner.login.toLowerCase())?.members.has(login) === true) return 'MEMBER';
  if (repo.collaborators.has(login)) return 'COLLABORATOR';
  return account.type === 'Bot' ? 'CONTRIBUTOR' : 'NONE';
}
