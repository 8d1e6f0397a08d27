import type { EvidenceRecord } from './parse-record.ts';
import type { Problem } from '../problem.ts';

/** A record with its place in the log. */
export interface LocatedRecord {
  readonly index: number;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly record: EvidenceRecord;
}

/** Why a record is refused; whoever located it adds path and index. */
export type Refusal = Pick<Problem, 'code' | 'message'>;
