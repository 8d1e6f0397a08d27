import { GITHUB_SIGNER, type Person } from '../git/commit.ts';
import { formatTag } from '../git/tag.ts';
import { editTree } from '../git/tree.ts';
import { Refused } from '../refused.ts';
import type { Account, CommitOptions } from '../sandbox.ts';
import type { RepoRecord, World } from '../state.ts';
import { hasRole } from '../world/accounts.ts';
import { checkFastForward, moveRef } from '../world/push.ts';

/** Commits on a branch and pushes; a branch that is not there begins at `from` or the default branch. */
export function commitFiles(
  world: World,
  repo: RepoRecord,
  actor: Account,
  branch: string,
  options: CommitOptions,
): string {
  const parents = parentsOf(repo, branch, options);
  const base = parents[0] === undefined ? null : (repo.git.commit(parents[0])?.tree ?? null);
  const changes = Object.entries(options.files).map(
    ([path, content]): [string, { mode: string; sha: string } | null] => [
      path,
      content === null ? null : { mode: '100644', sha: repo.git.writeBlob(content) },
    ],
  );
  const tree = editTree(repo.git.objects, base, new Map(changes));
  const seconds = Math.floor(world.now() / 1000);
  const self: Person = { name: actor.login, email: actor.email, seconds };
  const byGitHub = options.web === true || (options.verified === true && actor.type === 'Bot');
  const author = options.author === undefined ? self : { ...options.author, seconds };
  const parts = {
    tree,
    parents,
    author,
    committer: committerOf(options, { self, author, byGitHub }),
    message: options.message,
  };
  const personal = options.verified === true ? actor.login.toLowerCase() : undefined;
  const sha = repo.git.writeCommit(parts, byGitHub ? GITHUB_SIGNER : personal);
  if (options.push !== false) pushRef(world, repo, actor, { branch, to: sha, force: options.force ?? false });
  return sha;
}

function committerOf(
  options: CommitOptions,
  known: { readonly self: Person; readonly author: Person; readonly byGitHub: boolean },
): Person {
  const { seconds } = known.self;
  if (options.committer !== undefined) return { ...options.committer, seconds };
  if (known.byGitHub) return { name: 'GitHub', email: 'noreply@github.com', seconds };
  return options.verified === true ? known.self : known.author;
}

function parentsOf(repo: RepoRecord, branch: string, options: CommitOptions): readonly string[] {
  if (options.parents !== undefined) return options.parents;
  const name = options.from ?? (repo.git.head(branch) === undefined ? repo.defaultBranch : branch);
  const parent = repo.git.resolve(name);
  if (parent === undefined) throw new Refused(422, `No ref found for: ${name}`);
  return [parent.sha];
}

/** Moves a branch as a push does: write access, and fast-forward unless forced. */
export function pushRef(
  world: World,
  repo: RepoRecord,
  actor: Account,
  move: { readonly branch: string; readonly to: string | null; readonly force: boolean },
): void {
  if (!hasRole(world, repo, actor, 'write')) throw new Refused(403, `${actor.login} has no write access`);
  const ref = `refs/heads/${move.branch}`;
  if (move.to !== null) {
    if (repo.git.commit(move.to) === undefined) throw new Refused(422, 'Object does not exist');
    if (!move.force) checkFastForward(repo, ref, move.to);
  }
  moveRef(world, repo, { ref, to: move.to, actor });
}

/** Makes or moves a tag; with a message it is an object of its own. Answers what the ref points to. */
export function pushTag(
  world: World,
  repo: RepoRecord,
  actor: Account,
  name: string,
  options: { readonly to: string; readonly message?: string },
): string {
  if (!hasRole(world, repo, actor, 'write')) throw new Refused(403, `${actor.login} has no write access`);
  const commit = repo.git.resolve(options.to);
  if (commit === undefined) throw new Refused(422, `No ref found for: ${options.to}`);
  const tagger: Person = { name: actor.login, email: actor.email, seconds: Math.floor(world.now() / 1000) };
  const tag = { object: commit.sha, type: 'commit', name, tagger, message: options.message ?? '' };
  const to = options.message === undefined ? commit.sha : repo.git.objects.write('tag', formatTag(tag));
  moveRef(world, repo, { ref: `refs/tags/${name}`, to, actor });
  return to;
}
