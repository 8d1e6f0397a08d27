import type { StoredRecord } from '../../core/ports.ts';
import { pendingRecords } from './log-book.ts';
import type { LogContext } from './log-book.ts';
import type { LogState } from './log-state.ts';
import { MAX_COMMIT_BYTES, sizeOf } from './prepare-record.ts';

const MAX_COMMIT_RECORDS = 40;
/** GitHub is reported to refuse more than 100 files a call; tree, signatures and checkpoint need some of them. */
const MAX_COMMIT_FILES = 80;

/**
 * The records of the next commit: what is pending, in its order, then the oldest of the queue while there is room. New
 * ones go to the end only: the order of what may have been signed is never changed.
 */
export async function chooseBatch(context: LogContext, state: LogState): Promise<readonly StoredRecord[]> {
  const batch = [...(await pendingRecords(context, state))];
  const taken = new Set(batch.map(({ digest }) => digest));
  const queue = await context.store.queued(context.log, MAX_COMMIT_RECORDS * 2);
  for (const record of queue) {
    if (taken.has(record.digest)) continue;
    if (!fits([...batch, record])) break;
    batch.push(record);
  }
  return batch;
}

function fits(batch: readonly StoredRecord[]): boolean {
  if (batch.length === 1) return true;
  const bytes = batch.reduce((sum, record) => sum + sizeOf(record), 0);
  const files = new Set(batch.flatMap(({ attachments }) => attachments.map(({ path }) => path))).size + batch.length;
  return batch.length <= MAX_COMMIT_RECORDS && bytes <= MAX_COMMIT_BYTES && files <= MAX_COMMIT_FILES;
}
