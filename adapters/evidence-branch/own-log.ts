import type { Sha256 } from '../../core/evidence/bytes.ts';
import { formatOrigin } from '../../core/evidence/records/log-origin.ts';
import type { LogId } from '../../core/ports.ts';
import { driftRecord, logOpenedRecord, repairedRecord } from '../../core/record/log-records.ts';
import type { RecordFrame } from '../../core/record/record-frame.ts';
import type { LogState, Notice } from './log-state.ts';

export function originOf({ host, installationId, repositoryId, generation }: LogId): string {
  return formatOrigin({ host, installationId, repositoryId, generation });
}

/** The log's first record: the same bytes in every process. */
export function openedRecord(log: LogId, state: LogState, sha256: Sha256): Uint8Array {
  const { origin, previous, keys } = state;
  return logOpenedRecord(frameOf(log, state.openedAtMs, sha256), {
    origin,
    generation: log.generation,
    recordKey: keys.record,
    checkpointKey: keys.checkpoint,
    ...(previous === null ? {} : { previous }),
  });
}

/** The record that tells what somebody did to the branch. */
export function noticeRecord(log: LogId, notice: Notice, sha256: Sha256): Uint8Array {
  const { what, expectedHead, foundHead, atMs } = notice;
  const frame = frameOf(log, atMs, sha256);
  if (what === 'rewritten') {
    const because = [{ code: 'evidence-drift', params: { what: WHAT_HAPPENED[what] } }] as const;
    return driftRecord(frame, { what: 'evidence-branch', expectedHead, foundHead, by: null, because });
  }
  const because = [{ code: 'evidence-repaired', params: { what: WHAT_HAPPENED[what] } }] as const;
  return repairedRecord(frame, { expectedHead, foundHead, by: null, because });
}

const WHAT_HAPPENED = {
  'foreign-commit': 'a commit that this log did not make stood on the branch',
  'rolled-back': 'the branch had been moved back to an older commit',
  deleted: 'the branch had been deleted',
  rewritten: 'the history of the branch had been replaced; this log continues the one before it',
} as const satisfies Record<Notice['what'], string>;

export function frameOf({ host, installationId, repositoryId }: LogId, nowMs: number, sha256: Sha256): RecordFrame {
  return { nowMs, repository: { host, installationId, id: repositoryId }, sha256 };
}
