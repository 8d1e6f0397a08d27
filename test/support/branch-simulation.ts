import type { Branch } from '../../adapters/evidence-branch/branch.ts';
import { GateError } from '../../core/errors.ts';
import { applyChanges, treeKey } from './branch-repository.ts';
import type { BranchRepository, Tree } from './branch-repository.ts';

/** What becomes of one call: the caller decides when its effect happens and what the caller's caller hears. */
export type Interceptor = <T>(
  call: { readonly name: keyof Branch; readonly isWrite: boolean },
  effect: () => T,
) => Promise<T>;

export const undisturbed: Interceptor = async (_call, effect) => Promise.resolve(effect());

export function unavailable(): GateError {
  return new GateError('ERR_FORGE_UNAVAILABLE', 'the simulated GitHub did not answer', { effect: 'unknown' });
}

/** Thrown by an interceptor: GitHub understood the write, changed nothing and said no. */
export class SaysNo extends Error {}

const EMPTY: Tree = new Map();

/** The `Branch` of the writer over a repository in memory, with GitHub's rules: compare and set, forward only. */
export function simulatedBranch(
  repository: BranchRepository,
  name: string,
  intercept: Interceptor = undisturbed,
): Branch {
  let commits = 0;
  const by = (): string => `${name} ${(commits += 1)}`;
  const read = <T>(name: keyof Branch, effect: () => T): Promise<T> => intercept({ name, isWrite: false }, effect);
  const write = <T>(name: keyof Branch, no: T, effect: () => T): Promise<T> =>
    intercept({ name, isWrite: true }, effect).catch((error: unknown) => {
      if (error instanceof SaysNo) return no;
      throw error;
    });

  const move = (commit: string, isNew: boolean): boolean => {
    const { head } = repository;
    if (!repository.has(commit) || isNew !== (head === null)) return false;
    if (head !== null && !repository.ancestors(commit).has(head)) return false;
    repository.point(commit);
    return true;
  };

  return {
    head: () => read('head', () => repository.head),
    commit: (expected, _headline, changes) =>
      write<string | null>('commit', null, () => {
        if (repository.head !== expected) return null;
        const tree = applyChanges(repository.tree(expected), changes);
        if (tree === null) return null;
        const commit = repository.add(tree, expected, by());
        repository.point(commit);
        return commit;
      }),
    replace: ({ parent, from, changes }) =>
      write<string | null>('replace', null, () => {
        const tree = applyChanges(from === null ? EMPTY : repository.tree(from), changes);
        if (tree === null) return null;
        const commit = repository.add(tree, parent, by());
        return move(commit, parent === null) ? commit : null;
      }),
    restore: (commit, current) => write('restore', false, () => move(commit, current === null)),
    relation: (base, head) =>
      read('relation', () => {
        if (!repository.has(base)) return 'unrelated';
        if (repository.ancestors(head).has(base)) return 'ahead';
        if (repository.ancestors(base).has(head)) return 'behind';
        const before = repository.ancestors(base);
        return [...repository.ancestors(head)].some((commit) => before.has(commit)) ? 'diverged' : 'unrelated';
      }),
    exists: (commit) => read('exists', () => repository.has(commit)),
    checkpointAt: (commit) => read('checkpointAt', () => repository.tree(commit).get('checkpoint')?.bytes ?? null),
    hasTree: (commit, from, changes) =>
      read('hasTree', () => {
        const tree = applyChanges(from === null ? EMPTY : repository.tree(from), changes);
        return tree !== null && treeKey(tree) === treeKey(repository.tree(commit));
      }),
  };
}
