import { instantOf } from '../core/evidence/verify/check-witnessed.ts';
import type { ProvenGrowth } from '../core/evidence/proofs/consistency-text.ts';
import { formatWitnessKey } from '../core/evidence/notes/cosignature.ts';
import { claimsHumanSignature } from '../core/evidence/people/human-signature.ts';
import type { EvidenceRecord } from '../core/evidence/records/parse-record.ts';
import { formatVerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { ProvenEntry } from '../core/evidence/proofs/tlog-proof.ts';
import type { TrustedCheckpoint } from '../core/evidence/notes/trusted-checkpoint.ts';
import { describeRecord } from './describe-record.ts';
import { printable } from './printable.ts';

/** A record that stands in a log. */
export interface CheckedRecord {
  readonly entry: ProvenEntry;
  readonly record: EvidenceRecord;
  /** For a person: what is known of its DSSE signature. */
  readonly signature: string;
}

/** What somebody who was handed a record and its proof wants to see. */
export function reportRecord({ entry, record, signature }: CheckedRecord): string {
  const { index, checkpoint } = entry;
  const lines = [
    `shown: this record stands in the log ${checkpoint.origin}`,
    `  kind: ${record.kind}`,
    `  when: ${record.at} (by its writer's clock)`,
    `  where: repository ${record.repository.id} at ${printable(record.repository.host)}`,
    ...describeRecord(record).map(([label, value]) => `  ${label}: ${printable(value)}`),
    `  index: ${index} (the first is 0), of ${checkpoint.size} that the checkpoint signs`,
    ...trustLines(entry),
    `  signature of the record: ${signature}`,
    ...limitsOf(entry, record).map((limit) => `not shown: ${limit}`),
  ];
  return `${lines.join('\n')}\n`;
}

export function reportGrowth({ older, newer }: ProvenGrowth): string {
  const lines = [
    `shown: ${newer.checkpoint.origin} has ${newer.checkpoint.size} records, and the first ${older.checkpoint.size} are those of the older checkpoint`,
    ...trustLines(newer),
    'not shown: what its records say, and whether there are newer ones.',
  ];
  return `${lines.join('\n')}\n`;
}

function trustLines({ key, cosignatures }: TrustedCheckpoint): string[] {
  return [
    `  checkpoint key: ${formatVerifierKey(key)}`,
    ...cosignatures.map(({ witness, timestamp }) => `  witness: ${printable(witness.name)}, ${instantOf(timestamp)}`),
  ];
}

/** What somebody who was handed two files may be tempted to believe. */
function limitsOf({ checkpoint, cosignatures }: ProvenEntry, record: EvidenceRecord): string[] {
  return [
    `anything about later records: what this one says may have been revoked, superseded or undone since, and a key too.`,
    'that the rules between records hold and that nothing is missing: countersign verify checks the whole log.',
    ...(claimsHumanSignature(record)
      ? ["that the person's own signature in it is good: that takes their enrolment, which verify and prove read."]
      : []),
    ...(cosignatures.length === 0
      ? ['that others are shown the same log: only the holder of its key vouches for it (--require-witness).']
      : [`that the log has not changed for others after its first ${checkpoint.size} records.`]),
  ];
}

export function recordFields({ entry, record, signature }: CheckedRecord): Readonly<Record<string, unknown>> {
  const { kind, at, repository } = record;
  const said = describeRecord(record).map(([label, value]) => ({ label, value }));
  const notShown = limitsOf(entry, record);
  return { ...trustFields(entry), index: entry.index, kind, at, repository, said, signature, notShown };
}

export function growthFields({ older, newer }: ProvenGrowth): Readonly<Record<string, unknown>> {
  return { ...trustFields(newer), olderSize: older.checkpoint.size };
}

function trustFields({ checkpoint, key, cosignatures }: TrustedCheckpoint): Readonly<Record<string, unknown>> {
  const witnesses = cosignatures.map(({ witness, timestamp }) => {
    return { witness: formatWitnessKey(witness), at: instantOf(timestamp) };
  });
  return { origin: checkpoint.origin, size: checkpoint.size, checkpointKey: formatVerifierKey(key), witnesses };
}
