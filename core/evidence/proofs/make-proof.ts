import { equalBytes, utf8 } from '../bytes.ts';
import type { EvidenceCrypto } from '../verify/check-chunk.ts';
import type { Checkpoint } from '../notes/checkpoint.ts';
import { formatConsistencyText, verifyConsistencyText } from './consistency-text.ts';
import { openCosignedCheckpoint } from '../notes/cosignature.ts';
import { checkHumanSignature, claimsHumanSignature } from '../people/human-signature.ts';
import { checkpointKeyFor } from '../notes/key-schedule.ts';
import { WITNESSED_PATH } from '../layout.ts';
import type { LocatedRecord } from '../records/located-record.ts';
import { atCheckpoint } from '../verify/log-head.ts';
import { openOlder } from '../verify/older-checkpoint.ts';
import { readRecord } from './open-log.ts';
import type { OpenedLog } from './open-log.ts';
import type { Problem } from '../problem.ts';
import type { VerifierKey } from '../notes/signed-note.ts';
import { formatTlogProof, verifyTlogProof } from './tlog-proof.ts';
import type { TreeReader } from '../tree/tree-reader.ts';

/** The checkpoint that a proof ends in. */
export interface ProofHead {
  /** Bytes of the note. */
  readonly note: Uint8Array;
  /** Records that it signs. */
  readonly size: number;
  readonly key: VerifierKey;
}

/** The newest checkpoint. */
export function newestHead({ note, checkpoint, register }: OpenedLog): ProofHead {
  return { note, size: checkpoint.size, key: checkpointKeyFor(register.schedule, checkpoint.size) };
}

/** The newest one that witnesses have cosigned. Whose cosignatures count is for the reader of the proof to say. */
export async function witnessedHead(log: OpenedLog, { verify }: EvidenceCrypto): Promise<ProofHead | Problem> {
  const { source, listing, register, tree } = log;
  const path = WITNESSED_PATH;
  if (!listing.heads.has(path)) {
    return { code: 'file-missing', path, message: 'no witness has cosigned a checkpoint of this log yet' };
  }
  const note = await source.read(path, listing.heads.get(path));
  const opened = await openCosignedCheckpoint(
    note,
    ({ size }) => checkpointKeyFor(register.schedule, size),
    [],
    verify,
  );
  if (!opened.ok) return { code: 'checkpoint-signature', path, message: opened.issue };
  const { checkpoint } = opened.value;
  const foreign: Problem = { code: 'witnessed-not-of-this-log', path, message: 'it is no earlier state of this log' };
  const problem = await checkEarlier(tree, checkpoint, foreign);
  if (problem !== null) return problem;
  return { note, size: checkpoint.size, key: checkpointKeyFor(register.schedule, checkpoint.size) };
}

/**
 * Proves that a record stands in the log. A person's signature in it is checked too, because that takes other records.
 * @returns the text of a tlog-proof, verified as its reader will verify it, and the record
 */
export async function proveRecord(
  log: OpenedLog,
  head: ProofHead,
  index: number,
  crypto: EvidenceCrypto,
): Promise<{ readonly text: string; readonly record: LocatedRecord } | Problem> {
  if (index >= head.size) {
    return { code: 'not-in-log', path: '', index, message: `the checkpoint signs only ${head.size} records` };
  }
  const located = await readRecord(log, index, crypto);
  if ('code' in located) return located;
  const { path, bytes, record } = located;
  if (claimsHumanSignature(record)) {
    const human = await checkHumanSignature(record, index, log.register.enrolments, crypto);
    if ('code' in human) return { ...human, path, index };
  }
  const hashes = await log.tree.inclusionProof(index, head.size);
  if ('code' in hashes) return hashes;
  const text = formatTlogProof({ extra: null, index, hashes, checkpoint: head.note });
  const checked = await verifyTlogProof(utf8(text), bytes, { ...crypto, keys: [head.key] });
  return 'code' in checked ? { ...checked, path, index } : { text, record: located };
}

/**
 * Proves that the log extends a checkpoint that somebody kept.
 * @param since its note; untrusted
 * @returns the text of a consistency proof, verified as its reader will verify it, and the size of the older tree
 */
export async function proveGrowth(
  log: OpenedLog,
  head: ProofHead,
  since: Uint8Array,
  crypto: EvidenceCrypto,
): Promise<{ readonly text: string; readonly olderSize: number } | Problem> {
  const { checkpoint, register, tree } = log;
  const older = await openOlder(since, { ...checkpoint, size: head.size }, register.schedule, crypto);
  if ('code' in older) return older;
  const { size } = older;
  if (size === 0)
    return atCheckpoint('since-malformed', 'the older checkpoint signs no record: every log extends that');
  const message = `its first ${size} records are not those of the older checkpoint`;
  const problem = await checkEarlier(tree, older, atCheckpoint('since-is-not-a-prefix', message));
  if (problem !== null) return problem;
  const hashes = await tree.consistencyProof(size, head.size);
  if ('code' in hashes) return hashes;
  const text = formatConsistencyText({ olderSize: size, hashes, checkpoint: head.note });
  const keys = [checkpointKeyFor(register.schedule, size), head.key];
  const checked = await verifyConsistencyText(utf8(text), since, { ...crypto, keys });
  return 'code' in checked ? atCheckpoint(checked.code, checked.message) : { text, olderSize: size };
}

/** Was this an earlier state of the tree? */
async function checkEarlier(tree: TreeReader, { size, root }: Checkpoint, otherwise: Problem): Promise<Problem | null> {
  if (size < 1 || size > tree.size) return otherwise;
  const own = await tree.rootAt(size);
  if ('code' in own) return own;
  return equalBytes(own, root) ? null : otherwise;
}
