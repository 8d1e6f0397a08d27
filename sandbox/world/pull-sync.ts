import { isAncestor } from '../git/history.ts';
import { presentPull } from '../present/pull.ts';
import type { Account } from '../sandbox.ts';
import type { AppRecord, PullRecord, RepoRecord, World } from '../state.ts';

export interface PushedBranch {
  readonly branch: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly actor: Account;
  readonly forced: boolean;
}

/** What a push does to pull requests: new head, deleted head, or a base that now contains the head. */
export function followPush(world: World, repo: RepoRecord, push: PushedBranch): void {
  for (const target of world.repos.values()) {
    for (const pull of target.pulls.values()) {
      if (pull.state !== 'open') continue;
      if (pull.headRepo.id === repo.id && pull.headRef === push.branch) followHead(world, pull, push);
      else if (target.id === repo.id && pull.baseRef === push.branch && push.after !== null) {
        const merged = isAncestor(repo.git, pull.headSha, push.after) && pull.baseSha !== push.after;
        if (merged) closePull(world, pull, push.actor, push.after);
      }
    }
  }
}

function followHead(world: World, pull: PullRecord, push: PushedBranch): void {
  if (push.after === null) {
    closePull(world, pull, push.actor, null);
    return;
  }
  if (push.after === pull.headSha) return;
  const before = pull.headSha;
  if (pull.headRepo.id !== pull.repo.id) pull.repo.git.fetch(pull.headRepo.git, push.after);
  pull.headSha = push.after;
  pull.baseSha = pull.repo.git.head(pull.baseRef) ?? pull.baseSha;
  pull.repo.git.setRef(`refs/pull/${pull.number}/head`, push.after);
  if (push.forced)
    addTimeline(world, pull, { event: 'head_ref_force_pushed', actor: push.actor, commitId: push.after });
  emitPull(world, pull, 'synchronize', push.actor, { before, after: push.after });
}

/** Closed by hand or by deletion (`mergeSha` null), or merged at that commit of the base. */
export function closePull(world: World, pull: PullRecord, actor: Account, mergeSha: string | null): void {
  pull.state = 'closed';
  pull.closedAt = world.now();
  if (mergeSha !== null) {
    pull.mergedAt = world.now();
    pull.mergedBy = actor;
    pull.mergeCommitSha = mergeSha;
    addTimeline(world, pull, { event: 'merged', actor, commitId: mergeSha });
  }
  addTimeline(world, pull, { event: 'closed', actor });
  emitPull(world, pull, 'closed', actor, {});
}

export function addTimeline(
  world: World,
  pull: PullRecord,
  entry: {
    readonly event: string;
    readonly actor: Account;
    readonly commitId?: string;
    readonly viaApp?: AppRecord | null;
    readonly more?: Readonly<Record<string, unknown>>;
  },
): void {
  pull.timeline.push({
    id: world.nextId('event'),
    event: entry.event,
    actor: entry.actor,
    viaApp: entry.viaApp ?? null,
    at: world.now(),
    commitId: entry.commitId ?? null,
    more: entry.more ?? {},
  });
}

export function emitPull(
  world: World,
  pull: PullRecord,
  action: string,
  sender: Account,
  more: Readonly<Record<string, unknown>>,
): void {
  pull.updatedAt = world.now();
  world.emit({
    event: 'pull_request',
    action,
    repo: pull.repo,
    sender,
    payload: { number: pull.number, pull_request: presentPull(world, pull), ...more },
  });
  world.changed();
}
