import type { RepositoryRef } from '../../core/facts.ts';

export interface Changes {
  readonly additions: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** Paths that are there; a path that is not makes the whole commit fail. */
  readonly deletions: readonly string[];
}

/**
 * One git branch behind an API, as little of it as the writer needs. No write is ever sent again by the branch itself.
 *
 * Writes answer the new commit's id; `null` says that the branch was not where the writer thought (or that GitHub said no
 * for a reason that only reading again can tell): nothing was changed.
 * @throws {GateError} from every method: ERR_FORGE_UNAVAILABLE with effect `unknown` when a reply was lost or 5xx (a write
 *   may have happened), ERR_FORGE_RATE_LIMITED, ERR_FORGE_SHAPE, ERR_LOG_REFUSED when the branch may not be written
 */
export interface Branch {
  /** Commit that the branch names now; `null`: there is no such branch. */
  head(): Promise<string | null>;
  /** Compare and set: adds a commit if the branch is at `expected`. Plain files only, all else of the tree stays. */
  commit(expected: string, headline: string, changes: Changes): Promise<string | null>;
  /**
   * Adds a commit on `parent` (`null`: a root commit, and the branch is made) whose tree is exactly that of the commit
   * `from` (`null`: empty) with the changes: whatever stands in `parent`'s tree is gone. Forward only.
   */
  replace(given: Replacement): Promise<string | null>;
  /** Makes the branch at a commit that exists, or moves it forward to it; `false`: it was not possible any more. */
  restore(commit: string, current: string | null): Promise<boolean>;
  /** Where `head` stands as seen from `base`, which is another commit. `unrelated`: no common history, or one of them is gone. */
  relation(base: string, head: string): Promise<'ahead' | 'behind' | 'diverged' | 'unrelated'>;
  /** Does GitHub still have this commit? */
  exists(commit: string): Promise<boolean>;
  /** Bytes of the file `checkpoint` at a commit, or `null`. Not trusted. */
  checkpointAt(commit: string): Promise<Uint8Array | null>;
  /** Is the commit's tree exactly that of `from` (`null`: empty) with these changes, file modes included? */
  hasTree(commit: string, from: string | null, changes: Changes): Promise<boolean>;
  /**
   * Only where those who may push can put the store back: is everything in it that our commits rest on which `head` has and
   * `base` (null: the beginning), an earlier commit, has not? Whatever stands on top of them.
   */
  knows?(base: string | null, head: string): Promise<boolean>;
}

export interface Replacement {
  readonly parent: string | null;
  readonly from: string | null;
  readonly headline: string;
  readonly changes: Changes;
}

export type BranchOf = (ref: RepositoryRef) => Promise<Branch>;
