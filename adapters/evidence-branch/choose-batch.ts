import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { verifySignature } from '../../core/evidence/signed-note.ts';
import type { StoredRecord } from '../../core/ports.ts';
import { pendingRecords } from './log-book.ts';
import type { LogContext } from './log-book.ts';
import { ownKey } from './log-keys.ts';
import type { LogState } from './log-state.ts';
import { MAX_COMMIT_BYTES, signRecord, sizeOf } from './prepare-record.ts';
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
  const records = [...(await pendingRecords(context, state))];
  const resigned: StoredRecord[] = [];
  const taken = new Set(records.map(({ digest }) => digest));
  const changes = changeRecords(context, state);
  const last = changes.find(({ change }) => change.role === 'record')?.digest;
  const candidates = (await Promise.all(changes.map(({ digest }) => store.record(log, digest)))).filter(isKept);
  for (const record of [...candidates, ...(await store.queued(log, MAX_COMMIT_RECORDS * 2))]) {
    if (last !== undefined && taken.has(last)) break;
    if (taken.has(record.digest)) continue;
    if (!fits([...records, record])) break;
    const signed = await signedFor(context, state, record);
    if (signed !== record) resigned.push(signed);
    records.push(signed);
    taken.add(record.digest);
  }
  return { records, resigned };
}

/**
 * The record, signed by the key in force where it will stand. It was signed when it came, by the key of the process that it
 * came to; meanwhile the log may have gone over to another key, or be another generation.
 */
async function signedFor(
  { keys, verify, sha256 }: LogContext,
  state: LogState,
  record: StoredRecord,
): Promise<StoredRecord> {
  const { key, signer } = ownKey(keys, 'record', state.keys.record);
  const message = preAuthEncoding(PAYLOAD_TYPE, record.bytes);
  if (await verifySignature(key.key, message, record.signature, verify)) return record;
  return { ...record, ...(await signRecord(record, signer, sha256)) };
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
