import { createHash } from 'node:crypto';

import type { Changes } from '../../adapters/evidence-branch/branch.ts';
import type { ListedFile } from '../../core/evidence/verify/log-listing.ts';
import type { LogSource } from '../../core/evidence/verify/log-source.ts';

interface StoredFile {
  readonly mode: string;
  readonly bytes: Uint8Array;
}
export type Tree = ReadonlyMap<string, StoredFile>;

interface Commit {
  readonly tree: Tree;
  readonly parent: string | null;
}

/**
 * A repository with one branch, in memory and without any API: commits are immutable, the branch is a name for one. Every
 * move of the branch is remembered, so that a test can see what an observer could ever have seen.
 */
export class BranchRepository {
  readonly #commits = new Map<string, Commit>();
  head: string | null = null;
  /** Every head that the branch ever had, oldest first. */
  readonly heads: string[] = [];

  /** @param by who and when, in one text: two commits with one content are two commits */
  add(tree: Tree, parent: string | null, by: string): string {
    const id = createHash('sha1')
      .update(`${treeKey(tree)} ${parent} ${by}`)
      .digest('hex');
    this.#commits.set(id, { tree, parent });
    return id;
  }

  point(commit: string | null): void {
    this.head = commit;
    if (commit !== null) this.heads.push(commit);
  }

  has(commit: string): boolean {
    return this.#commits.has(commit);
  }

  forget(commit: string): void {
    this.#commits.delete(commit);
  }

  tree(commit: string): Tree {
    const found = this.#commits.get(commit);
    if (found === undefined) throw new TypeError(`no commit ${commit}`);
    return found.tree;
  }

  parent(commit: string): string | null {
    return this.#commits.get(commit)?.parent ?? null;
  }

  /** Everything about the repository that a process could find out. */
  get fingerprint(): string {
    return [this.head, ...[...this.#commits.keys()].sort()].join(' ');
  }

  /** The commit and everything before it. */
  ancestors(commit: string): ReadonlySet<string> {
    const found = new Set<string>();
    for (let at: string | null = commit; at !== null && this.has(at); at = this.parent(at)) found.add(at);
    return found;
  }

  /** What somebody else does who can push: adds a commit on the newest one. */
  foreignCommit(files: Readonly<Record<string, string | null>>): string {
    const tree = new Map(this.head === null ? [] : this.tree(this.head));
    for (const [path, text] of Object.entries(files)) {
      if (text === null) tree.delete(path);
      else tree.set(path, { mode: '100644', bytes: new TextEncoder().encode(text) });
    }
    const commit = this.add(tree, this.head, `somebody ${this.heads.length}`);
    this.point(commit);
    return commit;
  }

  source(commit: string): LogSource {
    const tree = this.tree(commit);
    const listed: ListedFile[] = [...tree].map(([path, { mode }]) => ({ path, mode }));
    return {
      list: () => Promise.resolve(listed),
      read: (path) => {
        const file = tree.get(path);
        return file === undefined ? Promise.reject(new TypeError(`no file ${path}`)) : Promise.resolve(file.bytes);
      },
    };
  }
}

/** The tree with the changes; null where GitHub would refuse: a deletion of what is not there. */
export function applyChanges(base: Tree, { additions, deletions }: Changes): Tree | null {
  const tree = new Map(base);
  for (const path of deletions) if (!tree.delete(path)) return null;
  for (const { path, bytes } of additions) tree.set(path, { mode: '100644', bytes });
  return tree;
}

const keys = new WeakMap<Tree, string>();

/** One text for one tree, modes and bytes included. */
export function treeKey(tree: Tree): string {
  const known = keys.get(tree) ?? hashTree(tree);
  keys.set(tree, known);
  return known;
}

function hashTree(tree: Tree): string {
  const hash = createHash('sha256');
  for (const [path, { mode, bytes }] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${mode}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}
