import type { Commit } from './commit.ts';
import type { GitRepository } from './repository.ts';
import { listTree, type FileEntry } from './tree.ts';

export function ancestors(git: GitRepository, sha: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [sha];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(git.commit(next)?.parents ?? []));
  }
  return seen;
}

export function isAncestor(git: GitRepository, ancestor: string, sha: string): boolean {
  // Most moves are one commit forward; those need no walk.
  if (ancestor === sha || git.commit(sha)?.parents.includes(ancestor) === true) return true;
  return ancestors(git, sha).has(ancestor);
}

/** Commits reachable from `head` and not from `base`; parents always before children, then by date. */
export function commitsBetween(git: GitRepository, base: string | null, head: string): readonly Commit[] {
  const excluded = base === null ? new Set<string>() : ancestors(git, base);
  const wanted = new Map<string, Commit>();
  for (const sha of ancestors(git, head)) {
    const commit = excluded.has(sha) ? undefined : git.commit(sha);
    if (commit !== undefined) wanted.set(sha, commit);
  }
  const waitsFor = new Map<string, number>();
  const children = new Map<string, Commit[]>();
  for (const commit of wanted.values()) {
    const parents = [...new Set(commit.parents)].filter((parent) => wanted.has(parent));
    waitsFor.set(commit.sha, parents.length);
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), commit]);
  }
  const ordered: Commit[] = [];
  let layer = [...wanted.values()].filter((commit) => waitsFor.get(commit.sha) === 0);
  while (layer.length > 0) {
    layer.sort((a, b) => a.committer.seconds - b.committer.seconds || (a.sha < b.sha ? -1 : 1));
    ordered.push(...layer);
    const next: Commit[] = [];
    for (const commit of layer) {
      for (const child of children.get(commit.sha) ?? []) {
        const left = (waitsFor.get(child.sha) ?? 0) - 1;
        waitsFor.set(child.sha, left);
        if (left === 0) next.push(child);
      }
    }
    layer = next;
  }
  return ordered;
}

/** A best common ancestor, or null when the histories are unrelated. */
export function mergeBase(git: GitRepository, a: string, b: string): string | null {
  const left = ancestors(git, a);
  if (left.has(b)) return b;
  const right = ancestors(git, b);
  if (right.has(a)) return a;
  const common = new Set([...left].filter((sha) => right.has(sha)));
  const heads = new Set(common);
  for (const sha of common) for (const parent of git.commit(sha)?.parents ?? []) heads.delete(parent);
  const best = [...heads]
    .map((sha) => git.commit(sha))
    .filter((commit) => commit !== undefined)
    .sort((x, y) => y.committer.seconds - x.committer.seconds)[0];
  return best?.sha ?? null;
}

/** Three-way merge by file: what `theirs` changed since the base, as a change of `ours`; null when both changed a file. */
export function mergeChanges(
  git: GitRepository,
  trees: { readonly base: string | null; readonly ours: string; readonly theirs: string },
): ReadonlyMap<string, FileEntry | null> | null {
  const files = (tree: string | null): ReadonlyMap<string, FileEntry> =>
    tree === null ? new Map() : listTree(git.objects, tree);
  const [base, ours, theirs] = [files(trees.base), files(trees.ours), files(trees.theirs)];
  const changes = new Map<string, FileEntry | null>();
  for (const path of new Set([...base.keys(), ...theirs.keys()])) {
    const [was, mine, yours] = [base.get(path), ours.get(path), theirs.get(path)];
    if (same(was, yours) || same(mine, yours)) continue;
    if (!same(was, mine)) return null;
    changes.set(path, yours ?? null);
  }
  return changes;
}

function same(a: FileEntry | undefined, b: FileEntry | undefined): boolean {
  return a?.sha === b?.sha && a?.mode === b?.mode;
}
