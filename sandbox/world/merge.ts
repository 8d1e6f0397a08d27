import { GITHUB_SIGNER, type Person } from '../git/commit.ts';
import { mergeChanges } from '../git/history.ts';
import { editTree } from '../git/tree.ts';
import { Refused } from '../refused.ts';
import type { Account } from '../sandbox.ts';
import type { PullRecord, RepoRecord, World } from '../state.ts';
import { hasRole } from './accounts.ts';
import { latestCheck } from './checks.ts';
import { pullBase, pullCommits } from './pull-range.ts';
import { closePull } from './pull-sync.ts';
import { moveRef } from './push.ts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** Merges as GitHub's button does; merge and squash commits are signed by GitHub, rebased ones by nobody. */
export function mergePull(world: World, pull: PullRecord, actor: Account, method: MergeMethod): string {
  const { repo } = pull;
  if (!hasRole(world, repo, actor, 'write')) throw new Refused(403, 'Must have write access to merge');
  if (pull.state !== 'open') throw new Refused(405, 'Pull Request is not open');
  if (pull.draft) throw new Refused(405, 'Pull Request is still a draft');
  checkRequired(world, pull);
  const base = repo.git.head(pull.baseRef);
  if (base === undefined) throw new Refused(405, 'The base branch is gone');
  const sha = method === 'rebase' ? rebase(world, pull, base, actor) : mergeCommit(world, pull, base, actor, method);
  // Closed before the base moves, so that the push finds nothing left to close.
  pull.baseSha = base;
  closePull(world, pull, actor, sha);
  moveRef(world, repo, { ref: `refs/heads/${pull.baseRef}`, to: sha, actor, kind: 'pr_merge' });
  return sha;
}

/** The commit that `pull_request` workflows run on: `refs/pull/N/merge`, its head merged into its base for a try. */
export function testMerge(world: World, pull: PullRecord): string {
  const { repo } = pull;
  const base = repo.git.head(pull.baseRef);
  if (base === undefined) throw new Refused(405, 'The base branch is gone');
  const person: Person = { name: 'GitHub', email: 'noreply@github.com', seconds: seconds(world) };
  const sha = repo.git.writeCommit(
    {
      tree: mergedTree(repo, { base: pullBase(pull), ours: base, theirs: pull.headSha }),
      parents: [base, pull.headSha],
      author: { name: pull.author.login, email: noreply(pull.author), seconds: seconds(world) },
      committer: person,
      message: `Merge ${pull.headSha} into ${base}`,
    },
    GITHUB_SIGNER,
  );
  repo.git.setRef(`refs/pull/${pull.number}/merge`, sha);
  return sha;
}

function checkRequired(world: World, pull: PullRecord): void {
  for (const required of pull.repo.requiredChecks) {
    if (required.branch !== pull.baseRef) continue;
    const check = latestCheck(world, pull.repo, pull.headSha, required.name, required.app);
    const passed =
      check?.conclusion === 'success' || check?.conclusion === 'neutral' || check?.conclusion === 'skipped';
    if (!passed) throw new Refused(405, `Required status check "${required.name}" is expected.`);
  }
}

function mergeCommit(world: World, pull: PullRecord, base: string, actor: Account, method: 'merge' | 'squash'): string {
  const { repo } = pull;
  const tree = mergedTree(repo, { base: pullBase(pull), ours: base, theirs: pull.headSha });
  const committer: Person = { name: 'GitHub', email: 'noreply@github.com', seconds: seconds(world) };
  const author = method === 'merge' ? actor : pull.author;
  const title =
    method === 'merge'
      ? `Merge pull request #${pull.number} from ${pull.headRepo.owner.login}/${pull.headRef}\n\n${pull.title}\n`
      : `${pull.title} (#${pull.number})\n${coAuthors(pull, author)}`;
  return repo.git.writeCommit(
    {
      tree,
      parents: method === 'merge' ? [base, pull.headSha] : [base],
      author: { name: author.login, email: noreply(author), seconds: seconds(world) },
      committer,
      message: title,
    },
    GITHUB_SIGNER,
  );
}

function rebase(world: World, pull: PullRecord, base: string, actor: Account): string {
  const { repo } = pull;
  let tip = base;
  for (const commit of pullCommits(pull)) {
    if (commit.parents.length > 1) throw new Refused(405, 'This branch cannot be rebased: it holds a merge');
    const tree = mergedTree(repo, { base: commit.parents[0] ?? null, ours: tip, theirs: commit.sha });
    const committer = { name: actor.login, email: noreply(actor), seconds: seconds(world) };
    tip = repo.git.writeCommit({ tree, parents: [tip], author: commit.author, committer, message: commit.message });
  }
  return tip;
}

/** A commit that merges pull requests one after the other onto the base, as the merge queue tests it. */
export function makeMergeGroup(
  world: World,
  repo: RepoRecord,
  actor: Account,
  numbers: readonly number[],
): { readonly headSha: string; readonly headRef: string } {
  const pulls = numbers.map((number) => repo.pulls.get(number)).filter((pull) => pull !== undefined);
  const baseRef = pulls[0]?.baseRef ?? repo.defaultBranch;
  const baseSha = repo.git.head(baseRef);
  if (baseSha === undefined || pulls.length !== numbers.length) throw new Refused(404, 'Not Found');
  const headSha = pulls.reduce((tip, pull) => mergeCommit(world, pull, tip, actor, 'merge'), baseSha);
  const headRef = `refs/heads/gh-readonly-queue/${baseRef}/pr-${numbers.at(-1) ?? 0}-${baseSha}`;
  moveRef(world, repo, { ref: headRef, to: headSha, actor });
  const head = repo.git.commit(headSha);
  world.emit({
    event: 'merge_group',
    action: 'checks_requested',
    repo,
    sender: actor,
    payload: {
      merge_group: {
        head_sha: headSha,
        head_ref: headRef,
        base_sha: baseSha,
        base_ref: `refs/heads/${baseRef}`,
        head_commit: { id: headSha, tree_id: head?.tree, message: head?.message },
      },
    },
  });
  return { headSha, headRef };
}

function mergedTree(
  repo: RepoRecord,
  commits: { readonly base: string | null; readonly ours: string; readonly theirs: string },
): string {
  const tree = (sha: string): string => {
    const commit = repo.git.commit(sha);
    if (commit === undefined) throw new Refused(405, 'Pull Request is not mergeable');
    return commit.tree;
  };
  const ours = tree(commits.ours);
  const base = commits.base === null ? null : tree(commits.base);
  const changes = mergeChanges(repo.git, { base, ours, theirs: tree(commits.theirs) });
  if (changes === null) throw new Refused(405, 'Pull Request is not mergeable');
  return editTree(repo.git.objects, ours, changes);
}

function coAuthors(pull: PullRecord, author: Account): string {
  const others = new Map<string, string>();
  for (const commit of pullCommits(pull)) {
    if (commit.author.email !== author.email && commit.author.email !== noreply(author)) {
      others.set(commit.author.email, `Co-authored-by: ${commit.author.name} <${commit.author.email}>`);
    }
  }
  return others.size === 0 ? '' : `\n${[...others.values()].join('\n')}\n`;
}

function noreply(account: Account): string {
  return `${account.id}+${account.login}@users.noreply.github.com`;
}

function seconds(world: World): number {
  return Math.floor(world.now() / 1000);
}
