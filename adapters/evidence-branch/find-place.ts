import { fromUtf8, toBase64 } from '../../core/evidence/bytes.ts';
import { parseCheckpoint } from '../../core/evidence/notes/checkpoint.ts';
import { parseOrigin } from '../../core/evidence/records/log-origin.ts';
import type { LogOrigin } from '../../core/evidence/records/log-origin.ts';
import type { PublicKey } from '../../core/evidence/public-key.ts';
import { formatVerifierKey, openNote, parseNote, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { LogId, StoredRecord } from '../../core/ports.ts';
import { growTree, renderChanges, sameRoot } from './log-book.ts';
import type { LogContext } from './log-book.ts';
import type { LogState } from './log-state.ts';
import { keysAfter } from './rotation.ts';

/** What the branch is, compared with what the log believes. Found by reading only. */
export type Place =
  /** Nothing that is pending has landed; the next commit goes on `base` (`null`: there is no branch). */
  | { readonly kind: 'ready'; readonly base: string | null }
  /** The first `count` pending records, exactly as this log writes them, and nothing else. */
  | { readonly kind: 'published'; readonly count: number; readonly head: string }
  /** Our state with something on top that this log did not write; or, before the first record, somebody's branch. */
  | { readonly kind: 'foreign'; readonly head: string }
  | { readonly kind: 'rolled-back'; readonly head: string }
  | { readonly kind: 'deleted' }
  /** Our last commit is not in the branch's history, or is gone altogether. */
  | { readonly kind: 'rewritten'; readonly head: string | null }
  /** Signed by our key, but unknown here: this store is not the one that wrote the log. Going on would equivocate. */
  | { readonly kind: 'drift' };

export async function findPlace(
  context: LogContext,
  state: LogState,
  pending: readonly StoredRecord[],
): Promise<Place> {
  const { branch } = context;
  const { head } = state;
  const found = await branch.head();
  if (found === head || (state.pending !== null && found === state.pending.base)) return { kind: 'ready', base: found };
  if (found === null) {
    if (head === null) return { kind: 'ready', base: null };
    return (await branch.exists(head)) ? { kind: 'deleted' } : { kind: 'rewritten', head: null };
  }
  const relation = head === null ? 'ahead' : await branch.relation(head, found);
  if (relation === 'behind') return { kind: 'rolled-back', head: found };

  const checkpoint = await readCheckpoint(context, found, keysToCome(context, state));
  const own = checkpoint !== null && checkpoint.signedBy !== null ? checkpoint : null;
  if (own !== null && isUnknown(context, state, pending, own)) return { kind: 'drift' };
  if (relation !== 'ahead') return { kind: 'rewritten', head: found };
  // Somebody's commit on top may hide ours, and be a copy of one that is pending here.
  if (branch.knows !== undefined && !(await branch.knows(head, found))) return { kind: 'drift' };
  const count = own === null ? 0 : await landed(context, state, pending, { ...own, commit: found });
  return count > 0 ? { kind: 'published', count, head: found } : { kind: 'foreign', head: found };
}

export interface FoundCheckpoint {
  readonly origin: string;
  readonly ids: LogOrigin;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly note: string;
  /** One signature and no other line, as this log writes it. */
  readonly isPlain: boolean;
  /** vkey of ours, where it is of this repository, whatever its generation. null: anybody may have written it. */
  readonly signedBy: string | null;
}

/**
 * The checkpoint keys that this log signs with from its state on: the one in force, and the one that it gives way to. One
 * that was replaced has no say any more: whoever stole it cannot make this log stop.
 */
function keysToCome({ keys }: LogContext, state: LogState): readonly PublicKey[] {
  const [current] = keys.checkpoint;
  const coming = current.vkey === state.keys.checkpoint ? [current] : keys.checkpoint;
  return coming.map(({ key }) => key.key);
}

/**
 * The checkpoint at a commit, or null where no such file can be read as one.
 * @param ours public keys that count as ours
 */
export async function readCheckpoint(
  {
    branch,
    log,
    sha256,
    verify,
  }: Pick<LogContext, 'branch' | 'sha256' | 'verify'> & { readonly log: Omit<LogId, 'generation'> },
  commit: string,
  ours: readonly PublicKey[],
): Promise<FoundCheckpoint | null> {
  const bytes = await branch.checkpointAt(commit);
  const parsed = bytes === null ? null : parseNote(bytes);
  if (bytes === null || !parsed?.ok) return null;
  const checkpoint = parseCheckpoint(parsed.value.text);
  const ids = checkpoint.ok ? parseOrigin(checkpoint.value.origin) : checkpoint;
  if (!checkpoint.ok || !ids.ok) return null;
  const { origin, size, root } = checkpoint.value;
  const keys = ours.map((key) => toVerifierKey(origin, key, sha256));
  const opened = isSameRepository(ids.value, log) ? await openNote(bytes, keys, verify) : null;
  const [signer] = opened?.ok === true ? opened.value.verified : [];
  return {
    origin,
    ids: ids.value,
    size,
    root: toBase64(root),
    note: fromUtf8(bytes) ?? '',
    isPlain: parsed.value.signatures.length === 1,
    signedBy: signer === undefined ? null : formatVerifierKey(signer),
  };
}

export function isSameRepository(ids: LogOrigin, log: Omit<LogId, 'generation'>): boolean {
  return ids.host === log.host && ids.installationId === log.installationId && ids.repositoryId === log.repositoryId;
}

/** Is it a tree that our key signed and that is no prefix of the sequence in this store? */
function isUnknown(
  { log, sha256 }: LogContext,
  state: LogState,
  pending: readonly StoredRecord[],
  { ids, size, root }: FoundCheckpoint,
): boolean {
  if (ids.generation !== log.generation) return ids.generation > log.generation;
  const count = size - state.size;
  if (count < 0) return false;
  return count > pending.length || !sameRoot(growTree(state, pending.slice(0, count), sha256).root, root);
}

/** How many pending records the commit holds: all but 0 means that its whole tree is as this log would have made it. */
async function landed(
  context: LogContext,
  state: LogState,
  pending: readonly StoredRecord[],
  found: FoundCheckpoint & { readonly commit: string },
): Promise<number> {
  const count = found.size - state.size;
  if (found.ids.generation !== context.log.generation || count < 1 || !found.isPlain) return 0;
  const records = pending.slice(0, count);
  // By the other of our two keys it would not verify, whoever made it.
  if (found.signedBy !== keysAfter(context, state, records).keys.checkpoint) return 0;
  const changes = await renderChanges(context, state, records, found.note);
  return (await context.branch.hasTree(found.commit, state.head, changes)) ? count : 0;
}
