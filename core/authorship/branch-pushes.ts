import type { ChangeFacts, CommitFacts, PushFacts } from '../facts.ts';

export interface BranchPushes {
  /** Pushes by which somebody brought commits in past every pull request. */
  readonly direct: readonly PushFacts[];
  /** SHAs of commits that nothing but their own text vouches for: neither signature, nor pull request, nor a known push. */
  readonly unknown: readonly string[];
}

/** GitHub's own merges: whoever pressed the button pushed nothing. */
const MERGES: readonly string[] = ['pr_merge', 'merge_queue_merge'];

/**
 * Who brought in what came through no pull request. Git names only whom the maker of a commit chose to name (C10, C11, C13);
 * the list of pushes is GitHub's own. A pull request's commits are left to the pushes of its branch.
 */
export function findBranchPushes(change: ChangeFacts): BranchPushes {
  const known = found.get(change);
  if (known !== undefined) return known;
  const pushes = readBranchPushes(change);
  found.set(change, pushes);
  return pushes;
}

/** Every commit asks, and a long range has thousands: found out once a change, and kept as long as that is. */
const found = new WeakMap<ChangeFacts, BranchPushes>();

function readBranchPushes(change: ChangeFacts): BranchPushes {
  const { branchPushes } = change;
  if (branchPushes === null) return { direct: [], unknown: [] };
  const commits = new Map(change.commits.map((commit) => [commit.sha, commit]));
  const unknown = new Set(change.commits.filter(isLoose).map(({ sha }) => sha));
  const loose = new Set(unknown);
  const direct = branchPushes.filter((push) => {
    const before = reachable(push.before, commits);
    const brought = [...reachable(push.after, commits)].filter((sha) => loose.has(sha) && !before.has(sha));
    for (const sha of brought) unknown.delete(sha);
    return brought.length > 0 && !isMergePush(push);
  });
  return { direct, unknown: [...unknown] };
}

/** True when GitHub moved the branch by merging a pull request. */
export function isMergePush({ kind }: PushFacts): boolean {
  return MERGES.includes(kind);
}

/** True when only a push can tell who brought the commit in: its author did not sign it, and no pull request contains it. */
export function isLoose(commit: CommitFacts): boolean {
  // The commit of the merge itself was in no pull request's branch; unsigned, GitHub did not make it by merging either.
  return !isSigned(commit) && !commit.pulls.some(({ mergeCommitSha }) => mergeCommitSha !== commit.sha);
}

/**
 * True when a commit came through a fork's pull request unsigned: who pushed it there is told to nobody here, so anyone with
 * access to the fork may have written it under its author's mailbox (C10).
 */
export function isUnseen(commit: CommitFacts, { unseenPulls, branchPushes }: ChangeFacts): boolean {
  if (unseenPulls.length === 0 || isSigned(commit)) return false;
  // All commits of a change without branch pushes are those of its one pull request.
  return branchPushes === null || commit.pulls.some(({ number }) => unseenPulls.includes(number));
}

function isSigned({ signature, authors }: CommitFacts): boolean {
  const { verified, byGitHub, signer } = signature;
  return verified && (byGitHub || (signer !== null && signer.id === authors[0]?.account?.id));
}

/** The commits of the change from this one down. */
function reachable(from: string, commits: ReadonlyMap<string, CommitFacts>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [from];
  for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
    const commit = commits.get(sha);
    if (commit === undefined || found.has(sha)) continue;
    found.add(sha);
    open.push(...commit.parents);
  }
  return found;
}
