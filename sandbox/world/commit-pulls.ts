import { ancestors, isAncestor } from '../git/history.ts';
import type { PullRecord, RepoRecord } from '../state.ts';
import { pullBase } from './pull-range.ts';

/** The merged pull requests that brought a commit in; the open ones that hold it only while the default branch does not. */
export function pullsOfCommit(repo: RepoRecord, sha: string): readonly PullRecord[] {
  const all = [...repo.pulls.values()];
  const merged = all.filter((pull) => pull.mergedAt !== null && (pull.mergeCommitSha === sha || brought(pull, sha)));
  const tip = repo.git.head(repo.defaultBranch);
  if (tip !== undefined && isAncestor(repo.git, sha, tip)) return merged;
  return [...merged, ...all.filter((pull) => pull.state === 'open' && brought(pull, sha))];
}

function brought(pull: PullRecord, sha: string): boolean {
  const base = pullBase(pull);
  const { git } = pull.repo;
  return ancestors(git, pull.headSha).has(sha) && (base === null || !isAncestor(git, sha, base));
}
