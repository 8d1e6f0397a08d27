import { isMergePush } from '../core/authorship/branch-pushes.ts';
import type { CommitFacts, PullEvidence, RepositoryRef } from '../core/facts.ts';
import type { ReadPorts } from '../core/ports.ts';
import { load } from './state.ts';

/**
 * Merge commits that GitHub itself made of a pull request whose head has a released decision in this log: whoever pressed the
 * button wrote nothing (invariant 3). Squashed and rebased commits are authored, so they are not.
 *
 * GitHub's signature alone does not prove the button: its conflict editor signs merges of any content too, and a pull request
 * whose head reaches the base by a push counts as merged by whatever commit brought it (C21). That the base moved there by
 * merging is told by GitHub's list of pushes.
 */
export async function countersignedMerges(
  ports: ReadPorts,
  ref: RepositoryRef,
  commits: readonly CommitFacts[],
  pulls: readonly PullEvidence[],
): Promise<readonly string[]> {
  const heads = new Map(pulls.map(({ pull }) => [pull.number, pull.headSha]));
  const merged = new Map<string, ReadonlySet<string>>();
  const found: string[] = [];
  for (const commit of commits) {
    if (!commit.signature.verified || !commit.signature.byGitHub || commit.parents.length !== 2) continue;
    for (const { number, mergeCommitSha, baseRef } of commit.pulls) {
      const headSha = heads.get(number);
      if (headSha === undefined || mergeCommitSha !== commit.sha || commit.parents[1] !== headSha) continue;
      if ((await load(ports.documents, ref, 'released-head', `${number}/${headSha}`)) === null) continue;
      const known = merged.get(baseRef) ?? (await mergesOf(ports, ref, baseRef));
      merged.set(baseRef, known);
      if (known.has(commit.sha)) found.push(commit.sha);
    }
  }
  return found;
}

async function mergesOf(ports: ReadPorts, ref: RepositoryRef, branch: string): Promise<ReadonlySet<string>> {
  const pushes = await ports.forge.recentPushes(ref, branch);
  return new Set(pushes.filter(isMergePush).map(({ after }) => after));
}
