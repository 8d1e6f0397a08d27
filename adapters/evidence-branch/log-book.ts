import { equalBytes, fromBase64, toBase64, utf8 } from '../../core/evidence/bytes.ts';
import type { Sha256 } from '../../core/evidence/bytes.ts';
import { CHECKPOINT_KEY_PATH, README_PATH, RECORD_KEY_PATH } from '../../core/evidence/layout.ts';
import { leafHash } from '../../core/evidence/tree/merkle.ts';
import type { Verify } from '../../core/evidence/public-key.ts';
import { renderBatch } from '../../core/evidence/records/render-batch.ts';
import { signNote } from '../../core/evidence/notes/signed-note.ts';
import type { SshCrypto } from '../../core/evidence/people/ssh-signature.ts';
import { appendLeaf, encodeEdge, rootOfEdge } from '../../core/evidence/tree/tree-edge.ts';
import type { TreeEdge } from '../../core/evidence/tree/tree-edge.ts';
import { GateError } from '../../core/errors.ts';
import type { Clock, LogId, LogStore, StoredRecord } from '../../core/ports.ts';
import type { Branch, Changes } from './branch.ts';
import { parseLogState, treeOf } from './log-state.ts';
import type { LogState } from './log-state.ts';
import { ROLES, ownKey } from './log-keys.ts';
import type { KeyRing, OwnKeys } from './log-keys.ts';
import { readmeText } from './readme.ts';
import { keysAfter } from './rotation.ts';

/** Everything that the work on one log needs. */
export interface LogContext {
  readonly log: LogId;
  readonly keys: OwnKeys;
  readonly ring: KeyRing;
  /** Where the keys that this process's replace were stolen: repository id → index from which on they are not believed. */
  readonly revocations: ReadonlyMap<number, number> | null;
  readonly store: LogStore;
  readonly branch: Branch;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly sha512: SshCrypto['sha512'];
  readonly verify: Verify;
  /** Random name of this process, so that it knows a batch that another one is sending. */
  readonly me: string;
}

/** A state with the version that the next compare and set names. */
export interface Page {
  readonly state: LogState;
  readonly version: number;
}

export async function loadPage({ store, log }: Pick<LogContext, 'store' | 'log'>): Promise<Page> {
  const stored = await store.state(log);
  if (stored === null) throw new GateError('ERR_STORE_UNAVAILABLE', 'the state of an evidence log is missing');
  return { state: parseLogState(stored.body), version: stored.version };
}

/**
 * @param resigned records that get another signature in the same step: so one that is on its way never changes
 * @throws {GateError} ERR_STORE_CONFLICT when somebody else moved the log on
 */
export async function savePage(
  { store, log }: LogContext,
  page: Page,
  state: LogState,
  resigned: readonly Pick<StoredRecord, 'digest' | 'signature'>[] = [],
): Promise<Page> {
  await store.advance(log, JSON.stringify(state), page.version, [], resigned);
  return { state, version: page.version + 1 };
}

/**
 * The page is still the newest one. Asked after reading the branch, it makes state and branch one picture: states only
 * follow each other, so this one was in force when the branch was read.
 * @throws {GateError} ERR_STORE_CONFLICT
 */
export async function checkCurrent({ store, log }: LogContext, page: Page): Promise<void> {
  // `latest` first: it is what asks a store that lies elsewhere anew.
  const generation = await store.latest(log);
  const now = await store.state(log);
  if (generation !== log.generation || now?.version !== page.version) {
    throw new GateError('ERR_STORE_CONFLICT', 'the log was moved on by another sequencer');
  }
}

export interface GrownTree {
  readonly size: number;
  readonly edge: TreeEdge;
  /** Base64. */
  readonly root: string;
}

/** The tree once these records follow. */
export function growTree(state: LogState, records: readonly StoredRecord[], sha256: Sha256): GrownTree {
  const start = treeOf(state).edge;
  const edge = records.reduce((grown, { bytes }) => appendLeaf(grown, leafHash(bytes, sha256), sha256), start);
  return { size: state.size + records.length, edge, root: toBase64(rootOfEdge(edge, sha256)) };
}

/** The pending records, in their order. */
export async function pendingRecords({ store, log }: LogContext, state: LogState): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (const digest of state.pending?.digests ?? []) {
    const record = await store.record(log, digest);
    if (record === null) throw new GateError('ERR_STORE_UNAVAILABLE', 'the store lost a record that is on its way');
    records.push(record);
  }
  return records;
}

/**
 * The files of the commit that appends these records to the state.
 * @param note the checkpoint, where it is already known to be signed; otherwise it is signed now, and only the tree that
 *   the stored state allows (`signed`): the last guard before the one act that cannot be taken back
 */
export async function renderChanges(
  context: LogContext,
  state: LogState,
  records: readonly StoredRecord[],
  note?: string,
): Promise<Changes> {
  const { sha256 } = context;
  const { keys } = keysAfter(context, state, records);
  const files = new Map(records.flatMap(({ attachments }) => attachments.map(({ path, bytes }) => [path, bytes])));
  const isRotated = ROLES.some((role) => keys[role] !== state.keys[role]);
  if (isRotated || state.size === 0) files.set(README_PATH, utf8(readmeText(state.origin, keys.checkpoint)));
  if (isRotated) {
    files.set(RECORD_KEY_PATH, utf8(`${keys.record}\n`));
    files.set(CHECKPOINT_KEY_PATH, utf8(`${keys.checkpoint}\n`));
  }
  const sign = async (text: string): Promise<string> => {
    if (text !== `${state.origin}\n${state.signed.size}\n${state.signed.root}\n`) {
      throw new TypeError('a checkpoint was about to be signed that the store does not know');
    }
    // The key in force after the last of these records.
    const { key, signer } = ownKey(context.keys, 'checkpoint', keys.checkpoint);
    return signNote(text, key, (message) => signer.sign(message));
  };
  const rendered = await renderBatch({
    state: treeOf(state),
    // No batch goes beyond a change of the record key, so one of them signs it all.
    keys: {
      record: ownKey(context.keys, 'record', state.keys.record).key,
      checkpoint: ownKey(context.keys, 'checkpoint', state.keys.checkpoint).key,
    },
    records,
    attachments: [...files].map(([path, bytes]) => ({ path, bytes })),
    expunged: records.flatMap(({ expunges }) => expunges ?? []),
    sha256,
    signCheckpoint: (text) => note ?? sign(text),
  });
  return { additions: rendered.additions, deletions: rendered.deletions };
}

/**
 * The state in which these records, and no others, are on their way: the old pending ones first, in their order.
 * @throws {GateError} ERR_LOG_DRIFT when that would not extend what may have been signed
 */
export function withPending(
  context: LogContext,
  state: LogState,
  base: string | null,
  records: readonly StoredRecord[],
): LogState {
  const before = state.pending?.digests ?? [];
  const digests = records.map(({ digest }) => digest);
  const known = growTree(state, records.slice(0, before.length), context.sha256);
  const extends_ = before.every((digest, at) => digests[at] === digest);
  if (!extends_ || known.size !== state.signed.size || !sameRoot(known.root, state.signed.root)) {
    throw new GateError('ERR_LOG_DRIFT', 'the stored state does not agree with what this log may have signed');
  }
  const { size, root } = growTree(state, records, context.sha256);
  return { ...state, pending: { base, digests, by: context.me }, signed: { size, root } };
}

/** The state once the first `count` pending records are on the branch at `head`. */
export function withPublished(
  context: LogContext,
  state: LogState,
  records: readonly StoredRecord[],
  head: string,
): LogState {
  const { size, edge } = growTree(state, records, context.sha256);
  const rest = state.pending?.digests.slice(records.length) ?? [];
  return {
    ...state,
    ...keysAfter(context, state, records),
    size,
    edge: encodeEdge(edge),
    head,
    pending: rest.length === 0 ? null : { base: head, digests: rest, by: context.me },
  };
}

export function sameRoot(left: string, right: string): boolean {
  const [one, other] = [fromBase64(left), fromBase64(right)];
  return one !== null && other !== null && equalBytes(one, other);
}
