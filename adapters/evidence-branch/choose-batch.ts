import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { verifySignature } from '../../core/evidence/notes/signed-note.ts';
import type { StoredRecord } from '../../core/ports.ts';
import { pendingRecords } from './log-book.ts';
import type { LogContext } from './log-book.ts';
import { ownKey } from './log-keys.ts';
import type { LogState } from './log-state.ts';
import { restsOnRevoked } from './distrust.ts';
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
 *
 * A change that revokes the old key comes behind what rests on that key: it would not verify later, and whatever a thief put
 * into the queue must not get a signature by the new one.
 */
export async function chooseBatch(context: LogContext, state: LogState): Promise<ChosenBatch> {
  const { store, log } = context;
  const pending = await pendingRecords(context, state);
  const changes = changeRecords(context, state);
  const first = (await Promise.all(changes.map(({ digest }) => store.record(log, digest)))).filter(isKept);
  const last = changes.find(({ change }) => change.role === 'record')?.digest;
  const revokedFrom = state.rotation?.revokedFrom ?? null;
  if (revokedFrom !== null) {
    const queue = await store.queued(log, Number.MAX_SAFE_INTEGER);
    const { before, after } = await divide(context, revokedFrom, queue);
    return fill(context, state, pending, [...before, ...first, ...after], last);
  }
  for (let limit = MAX_COMMIT_RECORDS * 2; ; limit *= 2) {
    const queue = await store.queued(log, limit);
    const chosen = await fill(context, state, pending, [...first, ...queue], last);
    // All that was read may be such as must never be sealed.
    if (chosen.records.length > 0 || queue.length < limit) return chosen;
  }
}

/** What waits, divided by a change that revokes the old key: behind it comes only what the new key signed and stands by itself. */
async function divide(
  context: LogContext,
  revokedFrom: number,
  queue: readonly StoredRecord[],
): Promise<{ readonly before: readonly StoredRecord[]; readonly after: readonly StoredRecord[] }> {
  const [{ key }] = context.keys.record;
  const toCome = { revoked: [{ role: 'record', key: '', from: revokedFrom, at: Number.MAX_SAFE_INTEGER }] } as const;
  const before: StoredRecord[] = [];
  const after: StoredRecord[] = [];
  for (const record of queue) {
    const message = preAuthEncoding(PAYLOAD_TYPE, record.bytes);
    const isOurs = await verifySignature(key.key, message, record.signature, context.verify);
    const [located] = locate(record, 0);
    const rests =
      located !== undefined &&
      (isAboutPeople(located.record) || (await restsOnRevoked(context, toCome, located.record)) !== null);
    (isOurs && !rests ? after : before).push(record);
  }
  return { before, after };
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
  if ((await restsOnRevoked(context, state, located.record)) !== null) return false;
  if (!isAboutPeople(located.record)) return true;
  return (await findRefusal(context, state, located, await credentialsBefore(context, state, before))) === null;
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
