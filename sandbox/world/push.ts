import { commitsBetween, isAncestor } from '../git/history.ts';
import { diffTrees } from '../git/diff.ts';
import type { Commit, Person } from '../git/commit.ts';
import { presentPerson } from '../present/commit.ts';
import { isoTime } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { Account } from '../sandbox.ts';
import type { ActivityRecord, RepoRecord, World } from '../state.ts';
import { accountByEmail } from './accounts.ts';
import { followPush } from './pull-sync.ts';

export const NO_COMMIT = '0'.repeat(40);

export interface RefMove {
  /** In full: `refs/heads/main`. */
  readonly ref: string;
  /** null deletes. */
  readonly to: string | null;
  readonly actor: Account;
  readonly kind?: 'pr_merge' | 'merge_queue_merge';
}

/** Moves a ref and lets everything follow that follows a push: activity, webhook, pull requests. Checks nothing; a ref that is neither branch nor tag moves in silence. */
export function moveRef(world: World, repo: RepoRecord, move: RefMove): void {
  const told = /^refs\/(?:heads|tags)\//.test(move.ref);
  const before = (told ? repo.knownRefs.get(move.ref) : repo.git.ref(move.ref)) ?? null;
  if (before === move.to) return;
  repo.git.setRef(move.ref, move.to);
  if (told) tellMove(world, repo, move, before);
}

/** Looks for refs that a git push over HTTP has moved, and tells about each as that person's push. */
export function tellPushedRefs(world: World, repo: RepoRecord, actor: Account): void {
  const now = new Map([...repo.git.refs('refs/heads/'), ...repo.git.refs('refs/tags/')]);
  for (const ref of new Set([...now.keys(), ...repo.knownRefs.keys()])) {
    const before = repo.knownRefs.get(ref) ?? null;
    const to = now.get(ref) ?? null;
    if (before !== to) tellMove(world, repo, { ref, to, actor }, before);
  }
}

/** A ref by API or by hand: fast-forward unless forced. */
export function checkFastForward(repo: RepoRecord, ref: string, to: string): void {
  const before = commitAt(repo, repo.git.ref(ref) ?? null);
  if (before !== null && !isAncestor(repo.git, before, commitAt(repo, to) ?? to)) {
    throw new Refused(422, 'Update is not a fast forward');
  }
}

function tellMove(world: World, repo: RepoRecord, move: RefMove, before: string | null): void {
  const refs = new Map(repo.knownRefs);
  if (move.to === null) refs.delete(move.ref);
  else refs.set(move.ref, move.to);
  repo.knownRefs = refs;
  repo.pushedAt = world.now();
  const [from, to] = [commitAt(repo, before), commitAt(repo, move.to)];
  const forced = from !== null && to !== null && !isAncestor(repo.git, from, to);
  repo.activity.push({
    id: world.nextId('activity'),
    ref: move.ref,
    before: before ?? NO_COMMIT,
    after: move.to ?? NO_COMMIT,
    type: activityType(move, before, forced),
    actor: move.actor,
    at: world.now(),
  });
  emitPush(world, repo, move, before, forced);
  if (move.ref.startsWith('refs/heads/')) {
    followPush(world, repo, { branch: move.ref.slice(11), before, after: move.to, actor: move.actor, forced });
  }
  world.changed();
}

/** Of an annotated tag the commit that it names. */
function commitAt(repo: RepoRecord, sha: string | null): string | null {
  return sha === null ? null : (repo.git.peel(sha)?.sha ?? null);
}

function activityType(move: RefMove, before: string | null, forced: boolean): ActivityRecord['type'] {
  if (move.to === null) return 'branch_deletion';
  if (before === null) return 'branch_creation';
  if (move.kind !== undefined) return move.kind;
  return forced ? 'force_push' : 'push';
}

function emitPush(world: World, repo: RepoRecord, move: RefMove, before: string | null, forced: boolean): void {
  const base = commitAt(repo, before) ?? repo.git.head(repo.defaultBranch) ?? null;
  const to = commitAt(repo, move.to);
  const list = to === null ? [] : commitsBetween(repo.git, base === to ? null : base, to);
  const head = to === null ? undefined : repo.git.commit(to);
  world.emit({
    event: 'push',
    repo,
    sender: move.actor,
    payload: {
      ref: move.ref,
      before: before ?? NO_COMMIT,
      after: move.to ?? NO_COMMIT,
      pusher: { name: move.actor.login, email: null },
      created: before === null,
      deleted: move.to === null,
      forced,
      base_ref: null,
      compare: `${world.url}/${repo.fullName}/compare/${(before ?? NO_COMMIT).slice(0, 12)}...${(move.to ?? NO_COMMIT).slice(0, 12)}`,
      commits: list.slice(-20).map((commit) => pushedCommit(world, repo, commit)),
      head_commit: head === undefined ? null : pushedCommit(world, repo, head),
    },
  });
}

function pushedCommit(world: World, repo: RepoRecord, commit: Commit): Record<string, unknown> {
  const parent = commit.parents[0];
  const before = parent === undefined ? null : (repo.git.commit(parent)?.tree ?? null);
  const files = diffTrees(repo.git.objects, before, commit.tree);
  const named = (person: Person): Record<string, unknown> => {
    const account = accountByEmail(world, person.email);
    return { ...presentPerson(person), ...(account === null ? {} : { username: account.login }) };
  };
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message.trimEnd(),
    timestamp: isoTime(commit.committer.seconds * 1000),
    url: `${world.url}/${repo.fullName}/commit/${commit.sha}`,
    author: named(commit.author),
    committer: named(commit.committer),
    added: files.filter((file) => file.status === 'added' || file.status === 'renamed').map((file) => file.path),
    removed: files.filter((file) => file.status === 'removed').map((file) => file.path),
    modified: files.filter((file) => file.status === 'modified').map((file) => file.path),
  };
}
