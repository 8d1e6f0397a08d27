import type { Commit } from '../git/commit.ts';
import { diffTrees, type FileChange } from '../git/diff.ts';
import { commitsBetween, mergeBase } from '../git/history.ts';
import type { PullRecord } from '../state.ts';

/** Where the pull request begins: merge base of its head with the base branch (as it was when it was merged). */
export function pullBase(pull: PullRecord): string | null {
  const tip = pull.state === 'open' ? (pull.repo.git.head(pull.baseRef) ?? pull.baseSha) : pull.baseSha;
  return mergeBase(pull.repo.git, tip, pull.headSha);
}

/** Oldest first. */
export function pullCommits(pull: PullRecord): readonly Commit[] {
  return commitsBetween(pull.repo.git, pullBase(pull), pull.headSha);
}

export function pullFiles(pull: PullRecord): readonly FileChange[] {
  const base = pullBase(pull);
  const before = base === null ? null : (pull.repo.git.commit(base)?.tree ?? null);
  const after = pull.repo.git.commit(pull.headSha)?.tree;
  return after === undefined ? [] : diffTrees(pull.repo.git.objects, before, after);
}
