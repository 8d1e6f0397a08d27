import { CHECKPOINT_PATH } from '../../core/evidence/layout.ts';
import type { GitStore } from '../git-store/open-git-store.ts';
import type { GitClone } from '../git/git-clone.ts';
import type { Branch, Changes } from './branch.ts';

/**
 * The evidence branch over git itself, for a log that a workflow writes. The push compares and sets; nothing is ever forced:
 * every commit that is pushed has the newest one as its parent.
 * @param name without `refs/heads/`, from the policy or the workflow's input
 * @param store where it lies on a ref of the same repository: each commit names the state of it that it rests on
 */
export function gitBranch(
  clone: GitClone,
  name: string,
  store: Pick<GitStore, 'name' | 'knows'> | null = null,
): Branch {
  const ref = `refs/heads/${name}`;
  const saying = (headline: string): string => (store === null ? headline : `${headline}\n\n${store.name()}`);

  /** null: the commit is gone, or a path that was to be deleted is not there. */
  const make = async (parent: string | null, from: string | null | undefined, headline: string, changes: Changes) => {
    for (const commit of [parent, from]) {
      if (commit !== null && commit !== undefined && !(await clone.fetch(commit))) return null;
    }
    const base = from === undefined ? parent : from;
    if (!(await hasAll(base, changes.deletions))) return null;
    const tree = from === undefined || from === null ? from : await treeOf(from);
    return clone.make({ parent, ...(tree === undefined ? {} : { from: tree }), message: headline, ...changes });
  };
  const hasAll = async (commit: string | null, paths: readonly string[]): Promise<boolean> => {
    for (const path of paths) {
      if (commit === null || (await clone.file(commit, path)) === null) return false;
    }
    return true;
  };
  const treeOf = async (commit: string): Promise<string> => {
    const [, tree = ''] = /^tree ([0-9a-f]+)\n/.exec(await clone.commitText(commit)) ?? [];
    return tree;
  };

  return {
    head: () => clone.remoteRef(ref),

    commit: async (expected, headline, changes) => {
      const made = await make(expected, undefined, saying(headline), changes);
      return made !== null && (await clone.push(ref, made.commit, expected)) === 'done' ? made.commit : null;
    },

    replace: async ({ parent, from, headline, changes }) => {
      const made = await make(parent, from, saying(headline), changes);
      return made !== null && (await clone.push(ref, made.commit, parent)) === 'done' ? made.commit : null;
    },

    restore: async (commit, current) => {
      if (current !== null && (await clone.relation(current, commit)) !== 'ahead') return false;
      return (await clone.fetchHistory(commit)) && (await clone.push(ref, commit, current)) === 'done';
    },

    relation: (base, head) => clone.relation(base, head),

    exists: (commit) => clone.exists(commit),

    checkpointAt: async (commit) => ((await clone.fetch(commit)) ? clone.file(commit, CHECKPOINT_PATH) : null),

    hasTree: async (commit, from, changes) => {
      if (!(await clone.fetch(commit))) return false;
      const made = await make(null, from, 'compared only', changes);
      return made !== null && made.tree === (await treeOf(commit));
    },

    ...(store === null
      ? {}
      : { knows: async (base, head) => (await clone.fetch(head)) && store.knows(await clone.messages(head, base)) }),
  };
}
