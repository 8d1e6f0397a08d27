import type { GitClone } from '../git/git-clone.ts';
import type { StoreSeal } from './store-seal.ts';

export type Restored =
  /** @param found commit that the ref named instead; null: there was no such ref */
  | { readonly kind: 'restored'; readonly commit: string; readonly found: string | null }
  /** It is at that state already. */
  | { readonly kind: 'intact' }
  /** Nothing was changed. `why` is a phrase that names the commit where one is known. */
  | { readonly kind: 'impossible'; readonly why: string };

export interface RestoreGiven {
  readonly ref: string;
  /** The evidence branch as it is now: the messages of all its commits, and whether its checkpoint is by the current key. */
  readonly branch: () => Promise<{ readonly messages: string; readonly isByCurrentKey: boolean }>;
  /** Points the ref at a commit. Should somebody else have moved it forward meanwhile, the branch will say so. */
  readonly point: (commit: string, isThere: boolean) => Promise<void>;
}

/**
 * Puts the store back to the newest state that the evidence branch names. That is right whatever others did to the ref: what
 * came after it is on no branch, so nobody was told of it; and what is on the branch is all in it.
 *
 * Not where somebody says that there is a newer one that our key did not seal, and the branch is not by our key either: it may
 * be a job with newer keys that says so. Where the branch is by our key no such job has written, and anybody could say it.
 * @throws {GateError} ERR_FORGE_*, ERR_LOG_REFUSED, and what `point` throws
 */
export async function restoreStore(clone: GitClone, seal: StoreSeal, given: RestoreGiven): Promise<Restored> {
  const { ref, branch, point } = given;
  // The ref first: whatever it then was, the branch says a moment later what it rests on.
  const found = await clone.lookAt(ref, null);
  const { messages, isByCurrentKey } = await branch();
  const { ours, claimed } = seal.named(messages);
  const [newest] = ours;
  if (newest === undefined) return impossible('no commit of the evidence branch names a state of it');
  const { commit, number } = newest;
  if (found === commit) return { kind: 'intact' };
  const text = found === null || !(await clone.fetch(found)) ? '' : await clone.commitText(found);
  const said = isByCurrentKey ? -1 : Math.max(seal.claimOf(text), claimed);
  if (Math.max(seal.numberOf(text) ?? -1, said) > number) {
    return impossible(`the newest state by this key is ${commit}, and others claim a newer one`);
  }
  if (!(await clone.fetch(commit))) {
    return impossible(`its newest state, ${commit}, is not at the server any more`);
  }
  await point(commit, found !== null);
  return { kind: 'restored', commit, found };
}

function impossible(why: string): Restored {
  return { kind: 'impossible', why };
}
