import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { verifySignature } from '../../core/evidence/notes/signed-note.ts';
import type { StoredRecord } from '../../core/ports.ts';
import { pendingRecords } from './log-book.ts';
import type { LogContext } from './log-book.ts';
import { ownKey } from './log-keys.ts';
import type { LogState } from './log-state.ts';
import { credentialsBefore, findRefusal, isAboutPeople, locate } from './people-records.ts';
import { MAX_COMMIT_BYTES, isTooLong, signRecord, sizeOf } from './prepare-record.ts';
import { changeRecords } from './rotation.ts';

const MAX_COMMIT_RECORDS = 40;
/** GitHub is reported to refuse more than 100 files a call; tree, signatures and checkpoint need some of them. */
const MAX_COMMIT_FILES = 80;

export interface ChosenBatch {
  readonly records: readonly StoredRecord[];
  /** Those of them that now have another signature than in the store. */
  readonly resigned: readonly StoredRecord[];
}

/**
 * The records of the next commit: what is pending, in its order, then changes of keys, then the oldest of the queue while
 * there is room. New ones go to the end only: the order of what may have been signed is never changed. A change of the
 * record key ends a batch, because the signatures of one commit are all by one key.
 */
export async function chooseBatch(context: LogContext, state: LogState): Promise<ChosenBatch> {
  const { store, log } = context;
  const pending = await pendingRecords(context, state);
  const changes = changeRecords(context, state);
  const first = (await Promise.all(changes.map(({ digest }) => store.record(log, digest)))).filter(isKept);
  const last = changes.find(({ change }) => change.role === 'record')?.digest;
  for (let limit = MAX_COMMIT_RECORDS * 2; ; limit *= 2) {
    const queue = await store.queued(log, limit);
    const chosen = await fill(context, state, pending, [...first, ...queue], last);
    // All that was read may be such as must never be sealed.
    if (chosen.records.length > 0 || queue.length < limit) return chosen;
  }
}

/** @param last digest of the record that ends the batch */
async function fill(
  context: LogContext,
  state: LogState,
  pending: readonly StoredRecord[],
  candidates: readonly StoredRecord[],
  last: string | undefined,
): Promise<ChosenBatch> {
  const records = [...pending];
  const resigned: StoredRecord[] = [];
  const taken = new Set(pending.map(({ digest }) => digest));
  const { key, signer } = ownKey(context.keys, 'record', state.keys.record);
  for (const record of candidates) {
    if (last !== undefined && taken.has(last)) break;
    if (taken.has(record.digest)) continue;
    if (!fits([...records, record])) break;
    if (!(await mayStand(context, state, records, record))) continue;
    const message = preAuthEncoding(PAYLOAD_TYPE, record.bytes);
    // It was signed when it came; meanwhile the log may have gone over to another key, or be another generation.
    const isSigned = await verifySignature(key.key, message, record.signature, context.verify);
    // Another process's key could sign it: it waits for that one.
    if (!isSigned && isTooLong(record.bytes, signer)) continue;
    const signed = isSigned ? record : { ...record, ...(await signRecord(record, signer, context.sha256)) };
    if (!isSigned) resigned.push(signed);
    records.push(signed);
    taken.add(record.digest);
  }
  return { records, resigned };
}

/** Would a verifier take it behind these? One that it would not stays in the queue for ever; its sender is told (`seal`). */
async function mayStand(
  context: LogContext,
  state: LogState,
  before: readonly StoredRecord[],
  record: StoredRecord,
): Promise<boolean> {
  const [located] = locate(record, state.size + before.length);
  if (located === undefined) return false;
  if (!isAboutPeople(located.record)) return true;
  return (await findRefusal(context, located, await credentialsBefore(context, state, before))) === null;
}

function isKept(record: StoredRecord | null): record is StoredRecord {
  return record !== null;
}

function fits(batch: readonly StoredRecord[]): boolean {
  if (batch.length === 1) return true;
  const bytes = batch.reduce((sum, record) => sum + sizeOf(record), 0);
  const files = new Set(batch.flatMap(({ attachments }) => attachments.map(({ path }) => path))).size + batch.length;
  return batch.length <= MAX_COMMIT_RECORDS && bytes <= MAX_COMMIT_BYTES && files <= MAX_COMMIT_FILES;
}
