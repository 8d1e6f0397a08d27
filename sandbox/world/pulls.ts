import { isAncestor } from '../git/history.ts';
import { presentReview, presentPullSimple, presentComment, presentIssue } from '../present/pull.ts';
import { nodeId } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { Account, ReviewState } from '../sandbox.ts';
import type { AppRecord, CommentRecord, PullRecord, RepoRecord, ReviewRecord, TeamRecord, World } from '../state.ts';
import { hasRole } from './accounts.ts';
import { addTimeline, closePull, emitPull } from './pull-sync.ts';

export interface NewPull {
  readonly head: string;
  readonly base?: string;
  readonly title: string;
  readonly body?: string;
  readonly draft?: boolean;
  readonly labels?: readonly string[];
}

export function pullOf(repo: RepoRecord, number: number): PullRecord {
  const pull = repo.pulls.get(number);
  if (pull === undefined) throw new Refused(404, 'Not Found');
  return pull;
}

export function openPull(
  world: World,
  repo: RepoRecord,
  author: Account,
  options: NewPull,
  viaApp: AppRecord | null,
): PullRecord {
  const [owner, branch] = options.head.includes(':') ? options.head.split(':') : [repo.owner.login, options.head];
  const headRepo = [...world.repos.values()].find(
    (candidate) =>
      candidate.owner.login.toLowerCase() === owner?.toLowerCase() &&
      (candidate.id === repo.id || candidate.parent?.id === repo.id),
  );
  const headSha = branch === undefined ? undefined : headRepo?.git.head(branch);
  const baseRef = options.base ?? repo.defaultBranch;
  const baseSha = repo.git.head(baseRef);
  if (headRepo === undefined || headSha === undefined || branch === undefined || baseSha === undefined) {
    throw new Refused(422, 'Validation Failed', [{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
  }
  if (headRepo.id !== repo.id) repo.git.fetch(headRepo.git, headSha);
  if (isAncestor(repo.git, headSha, baseSha)) {
    throw new Refused(422, 'Validation Failed', [{ message: `No commits between ${baseRef} and ${branch}` }]);
  }
  const id = world.nextId('pull');
  const pull: PullRecord = {
    id,
    nodeId: nodeId('PR', id),
    issueId: world.nextId('issue'),
    repo,
    number: repo.nextNumber,
    author,
    viaApp,
    headRepo,
    headRef: branch,
    headSha,
    baseRef,
    baseSha,
    title: options.title,
    body: options.body ?? null,
    draft: options.draft ?? false,
    state: 'open',
    labels: [...(options.labels ?? [])],
    requestedReviewers: [],
    requestedTeams: [],
    mergedAt: null,
    mergedBy: null,
    mergeCommitSha: null,
    closedAt: null,
    createdAt: world.now(),
    updatedAt: world.now(),
    reviews: [],
    comments: [],
    timeline: [],
  };
  repo.nextNumber += 1;
  repo.pulls.set(pull.number, pull);
  repo.git.setRef(`refs/pull/${pull.number}/head`, headSha);
  emitPull(world, pull, 'opened', author, {});
  return pull;
}

export interface PullChanges {
  readonly base?: string;
  readonly title?: string;
  readonly body?: string;
  readonly draft?: boolean;
  readonly addLabel?: string;
  readonly removeLabel?: string;
  readonly state?: 'open' | 'closed';
}

export function editPull(world: World, pull: PullRecord, actor: Account, changes: PullChanges): void {
  if (actor.id !== pull.author.id && !hasRole(world, pull.repo, actor, 'triage')) {
    throw new Refused(403, 'Must have write access to edit the pull request');
  }
  editText(world, pull, actor, changes);
  if (changes.draft !== undefined && changes.draft !== pull.draft) {
    pull.draft = changes.draft;
    addTimeline(world, pull, { event: changes.draft ? 'convert_to_draft' : 'ready_for_review', actor });
    emitPull(world, pull, changes.draft ? 'converted_to_draft' : 'ready_for_review', actor, {});
  }
  editLabels(world, pull, actor, changes);
  if (changes.state === 'closed' && pull.state === 'open') closePull(world, pull, actor, null);
  if (changes.state === 'open' && pull.state === 'closed') reopenPull(world, pull, actor);
}

function editText(world: World, pull: PullRecord, actor: Account, changes: PullChanges): void {
  const was: Record<string, unknown> = {};
  if (changes.base !== undefined && changes.base !== pull.baseRef) {
    const baseSha = pull.repo.git.head(changes.base);
    if (baseSha === undefined) throw new Refused(422, 'Validation Failed', [{ field: 'base', code: 'invalid' }]);
    was['base'] = { ref: { from: pull.baseRef }, sha: { from: pull.baseSha } };
    addTimeline(world, pull, { event: 'base_ref_changed', actor });
    pull.baseRef = changes.base;
    pull.baseSha = baseSha;
  }
  if (changes.title !== undefined && changes.title !== pull.title) {
    was['title'] = { from: pull.title };
    addTimeline(world, pull, {
      event: 'renamed',
      actor,
      more: { rename: { from: pull.title, to: changes.title } },
    });
    pull.title = changes.title;
  }
  if (changes.body !== undefined && changes.body !== pull.body) {
    was['body'] = { from: pull.body ?? '' };
    pull.body = changes.body;
  }
  if (Object.keys(was).length > 0) emitPull(world, pull, 'edited', actor, { changes: was });
}

function editLabels(world: World, pull: PullRecord, actor: Account, changes: PullChanges): void {
  const tell = (action: 'labeled' | 'unlabeled', name: string): void => {
    const label = { name, color: 'ededed', default: false, description: '' };
    addTimeline(world, pull, { event: action, actor, more: { label: { name, color: 'ededed' } } });
    emitPull(world, pull, action, actor, { label });
  };
  if (changes.addLabel !== undefined && !pull.labels.includes(changes.addLabel)) {
    pull.labels.push(changes.addLabel);
    tell('labeled', changes.addLabel);
  }
  if (changes.removeLabel !== undefined && pull.labels.includes(changes.removeLabel)) {
    pull.labels = pull.labels.filter((label) => label !== changes.removeLabel);
    tell('unlabeled', changes.removeLabel);
  }
}

function reopenPull(world: World, pull: PullRecord, actor: Account): void {
  if (pull.mergedAt !== null) throw new Refused(422, 'A merged pull request cannot be reopened');
  const head = pull.headRepo.git.head(pull.headRef);
  if (head === undefined) throw new Refused(422, 'The head branch is gone');
  pull.state = 'open';
  pull.closedAt = null;
  pull.headSha = head;
  addTimeline(world, pull, { event: 'reopened', actor });
  emitPull(world, pull, 'reopened', actor, {});
}

export function requestReviewers(
  world: World,
  pull: PullRecord,
  actor: Account,
  wanted: { readonly reviewers: readonly Account[]; readonly teams: readonly TeamRecord[] },
): void {
  for (const reviewer of wanted.reviewers) {
    if (reviewer.id === pull.author.id) {
      throw new Refused(422, 'Review cannot be requested from pull request author.');
    }
    if (!hasRole(world, pull.repo, reviewer, 'read') || reviewer.type !== 'User') {
      throw new Refused(422, 'Reviews may only be requested from collaborators.');
    }
  }
  for (const reviewer of wanted.reviewers) {
    if (pull.requestedReviewers.some((known) => known.id === reviewer.id)) continue;
    pull.requestedReviewers.push(reviewer);
    addTimeline(world, pull, { event: 'review_requested', actor });
    emitPull(world, pull, 'review_requested', actor, {});
  }
  for (const team of wanted.teams) if (!pull.requestedTeams.includes(team)) pull.requestedTeams.push(team);
}

/** Anyone who can read may review; whether it counts is not GitHub's business here. */
export function addReview(
  world: World,
  pull: PullRecord,
  user: Account,
  options: { readonly state: ReviewState; readonly body?: string; readonly commitId?: string },
): ReviewRecord {
  if (user.id === pull.author.id && options.state !== 'COMMENTED') {
    const word = options.state === 'APPROVED' ? 'approve' : 'request changes on';
    throw new Refused(422, 'Unprocessable Entity', [`Can not ${word} your own pull request`]);
  }
  const id = world.nextId('review');
  const review: ReviewRecord = {
    id,
    nodeId: nodeId('PRR', id),
    user,
    body: options.body ?? '',
    state: options.state,
    commitId: options.commitId ?? pull.headSha,
    submittedAt: world.now(),
    updatedAt: world.now(),
    edited: false,
  };
  pull.reviews.push(review);
  pull.requestedReviewers = pull.requestedReviewers.filter((reviewer) => reviewer.id !== user.id);
  emitReview(world, pull, review, 'submitted', user, {});
  return review;
}

export function reviewOf(pull: PullRecord, id: number): ReviewRecord {
  const review = pull.reviews.find((candidate) => candidate.id === id);
  if (review === undefined) throw new Refused(404, 'Not Found');
  return review;
}

export function editReview(world: World, pull: PullRecord, review: ReviewRecord, actor: Account, body: string): void {
  const from = review.body;
  review.body = body;
  review.edited = true;
  review.updatedAt = world.now();
  emitReview(world, pull, review, 'edited', actor, { changes: { body: { from } } });
}

export function dismissReview(
  world: World,
  pull: PullRecord,
  review: ReviewRecord,
  actor: Account,
  message: string,
): void {
  if (!hasRole(world, pull.repo, actor, 'write')) throw new Refused(403, 'Must have write access to dismiss a review');
  if (review.state === 'COMMENTED') throw new Refused(422, 'Can not dismiss a commented pull request review');
  const state = review.state.toLowerCase();
  review.state = 'DISMISSED';
  review.updatedAt = world.now();
  addTimeline(world, pull, {
    event: 'review_dismissed',
    actor,
    more: { dismissed_review: { state, review_id: review.id, dismissal_message: message } },
  });
  emitReview(world, pull, review, 'dismissed', actor, {});
}

function emitReview(
  world: World,
  pull: PullRecord,
  review: ReviewRecord,
  action: string,
  sender: Account,
  more: Readonly<Record<string, unknown>>,
): void {
  // Webhooks write the state in lower case, REST in upper case.
  const shown = { ...presentReview(world, pull, review), state: review.state.toLowerCase() };
  world.emit({
    event: 'pull_request_review',
    action,
    repo: pull.repo,
    sender,
    payload: { review: shown, pull_request: presentPullSimple(world, pull), ...more },
  });
  world.changed();
}

export function addComment(
  world: World,
  pull: PullRecord,
  user: Account,
  body: string,
  viaApp: AppRecord | null,
): CommentRecord {
  const id = world.nextId('comment');
  const comment: CommentRecord = {
    id,
    nodeId: nodeId('IC', id),
    repo: pull.repo,
    number: pull.number,
    user,
    viaApp,
    body,
    createdAt: world.now(),
    updatedAt: world.now(),
  };
  pull.comments.push(comment);
  emitComment(world, pull, comment, 'created', user, {});
  return comment;
}

export function findComment(
  repo: RepoRecord,
  id: number,
): { readonly pull: PullRecord; readonly comment: CommentRecord } {
  for (const pull of repo.pulls.values()) {
    const comment = pull.comments.find((candidate) => candidate.id === id);
    if (comment !== undefined) return { pull, comment };
  }
  throw new Refused(404, 'Not Found');
}

export function editComment(world: World, repo: RepoRecord, id: number, actor: Account, body: string): void {
  const { pull, comment } = findComment(repo, id);
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = Math.max(world.now(), comment.createdAt + 1000);
  emitComment(world, pull, comment, 'edited', actor, { changes: { body: { from } } });
}

export function deleteComment(world: World, repo: RepoRecord, id: number, actor: Account): void {
  const { pull, comment } = findComment(repo, id);
  pull.comments.splice(pull.comments.indexOf(comment), 1);
  emitComment(world, pull, comment, 'deleted', actor, {});
}

function emitComment(
  world: World,
  pull: PullRecord,
  comment: CommentRecord,
  action: string,
  sender: Account,
  more: Readonly<Record<string, unknown>>,
): void {
  world.emit({
    event: 'issue_comment',
    action,
    repo: pull.repo,
    sender,
    payload: { issue: presentIssue(world, pull), comment: presentComment(world, comment), ...more },
  });
  world.changed();
}
