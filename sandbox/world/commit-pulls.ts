import { ancestors, isAncestor } from '../git/history.ts';
import type { PullRecord, RepoRecord } from '../state.ts';
import { pullBase } from './pull-range.ts';

/** The merged pull request that brought a commit to the default branch, else the open ones that hold it. */
export function pullsOfCommit(repo: RepoRecord, sha: string): readonly PullRecord[] {
  const all = [...repo.pulls.values()];
  const merged = all.filter((pull) => pull.mergedAt !== null && (pull.mergeCommitSha === sha || brought(pull, sha)));
  return merged.length > 0 ? merged : all.filter((pull) => pull.state === 'open' && brought(pull, sha));
}

function brought(pull: PullRecord, sha: string): boolean {
  const base = pullBase(pull);
  const { git } = pull.repo;
  return ancestors(git, pull.headSha).has(sha) && (base === null || !isAncestor(git, sha, base));
}
