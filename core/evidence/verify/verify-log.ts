import { equalBytes } from '../bytes.ts';
import { checkChunk, readChunk } from './check-chunk.ts';
import type { EvidenceCrypto } from './check-chunk.ts';
import { checkRecords } from './check-records.ts';
import type { CheckedRecords, ChunkChecker } from './check-records.ts';
import { checkAttachments, checkTree, notInTree } from './check-tree.ts';
import { checkWitnessed } from './check-witnessed.ts';
import type { Checkpoint } from '../notes/checkpoint.ts';
import type { WitnessKey } from '../notes/cosignature.ts';
import { buildLevels, HASH_BYTES, rootAt } from '../tree/hash-levels.ts';
import type { HashLevels } from '../tree/hash-levels.ts';
import { atCheckpoint, checkSigned, isSignedByStranger, lower, readHead, readRegister } from './log-head.ts';
import type { LogHead, LogRegister } from './log-head.ts';
import { checkCoverage, sortListing } from './log-listing.ts';
import type { LogListing } from './log-listing.ts';
import type { LogSource } from './log-source.ts';
import { openOlder, readOlderLevels } from './older-checkpoint.ts';
import { readOlder } from './older-records.ts';
import type { Problem, RecordProblem } from '../problem.ts';
import type { VerifierKey } from '../notes/signed-note.ts';
import { describeVerified } from './verify-result.ts';
import type { LogVerified } from './verify-result.ts';

export interface VerifyOptions extends EvidenceCrypto {
  /** A checkpoint key of the log, known from elsewhere. Without it the log is only checked against itself. */
  readonly checkpointKey?: VerifierKey | undefined;
  /** An older checkpoint (the note's bytes) that this log must extend; what it signs is not checked again. */
  readonly since?: Uint8Array | undefined;
  /** Each of them must have cosigned `checkpoint.witnessed`. */
  readonly witnesses?: readonly WitnessKey[] | undefined;
  /** Checks the records of a log where many are to be checked; otherwise they are checked in this thread. */
  readonly pool?: ChunkChecker | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export type VerifyResult = LogVerified | { readonly ok: false; readonly problem: Problem };

/** Below it, starting other threads takes longer than the check. */
const POOL_FROM = 2_000;

/** While the signatures of one chunk are verified (in Node on other threads) the next is read and parsed. */
const WIDTH_HERE = 3;

/**
 * Verifies a log: paths and modes, checkpoint, every record with its signature and its rules, tree and tiles, policies and
 * facts. Names the first thing that is wrong: files that do not belong, then the checkpoint, then records by index, then the
 * tree, then attachments.
 * Throws only what `source` and `pool` throw.
 */
export async function verifyLog(source: LogSource, options: VerifyOptions): Promise<VerifyResult> {
  const listing = sortListing(await source.list());
  if ('code' in listing) return { ok: false, problem: listing };
  const head = await readHead(source, listing);
  if ('code' in head) return { ok: false, problem: head };
  const register = await readRegister(source, listing, head.checkpoint.size, options);
  if ('code' in register) return { ok: false, problem: register };
  const result = await checkLog({ source, listing, head, register, options });
  return 'code' in result ? { ok: false, problem: result } : result;
}

interface Log {
  readonly source: LogSource;
  readonly listing: LogListing;
  readonly head: LogHead;
  readonly register: LogRegister;
  readonly options: VerifyOptions;
}

async function checkLog(log: Log): Promise<LogVerified | Problem> {
  const { source, listing, head, register, options } = log;
  const { checkpoint } = head;
  const { schedule } = register.register;
  const gap = checkCoverage(listing, checkpoint.size);
  const refused = await checkHead(log, gap);
  if (refused !== null) return refused;

  const older = await openSince(log);
  const known = older === null || 'code' in older || gap !== null ? null : await readLevels(log, older);
  const bad = lower(register.problem, gap);
  const limit = bad === null ? checkpoint.size : Math.min(bad === gap ? bad.index : bad.index + 1, checkpoint.size);
  const { leaves, checked } = await checkFrom(log, known, limit);
  const first = firstOf(log, checked, bad);
  if (first !== null) return first;

  const levels = buildLevels(leaves, options.sha256, known ?? undefined);
  const problem =
    (await checkTree({ source, listing, checkpoint, levels, sha256: options.sha256 }, checked)) ??
    checkSince(older, levels, options) ??
    (await checkAttachments({
      source,
      listing,
      referenced: checked.referenced,
      isWhole: known === null,
      sha256: options.sha256,
    }));
  if (problem !== null) return problem;
  const witnesses = options.witnesses ?? [];
  const witnessed = await checkWitnessed({ source, listing }, { levels, schedule }, witnesses, options);
  if (witnessed !== null && 'code' in witnessed) return witnessed;
  return describeVerified({
    checkpoint,
    register: register.register,
    witnessed,
    witnessesAsked: witnesses.length,
    isPinned: options.checkpointKey !== undefined,
    since: older === null || 'code' in older ? null : { size: older.size, isSkipped: known !== null },
    notEvidence: listing.notEvidence,
  });
}

/** The checkpoint's signature, by the key that the register says; where it is not known, records come first. */
async function checkHead(log: Log, gap: RecordProblem | null): Promise<Problem | null> {
  const { head, register, options } = log;
  const { schedule } = register.register;
  if (register.problem !== null) return null;
  const problem = await checkSigned(head, schedule, options.checkpointKey, options.verify);
  if (problem === null) return null;
  if (gap?.code === 'record-missing' && isSignedByStranger(head, schedule)) return gap;
  // Checkpoint and first record do not fit. If the first record is not what its signature signs, that one was changed.
  const { checked } = await checkFrom(log, null, Math.min(1, head.checkpoint.size, gap?.index ?? 1));
  return checked.problem ?? problem;
}

async function openSince({ head, register, options }: Log): Promise<Checkpoint | Problem | null> {
  if (options.since === undefined) return null;
  return openOlder(options.since, head.checkpoint, register.register.schedule, options);
}

/** Hashes of the records that need not be read again, or null where they do: then a problem is named as in every check. */
async function readLevels(
  { source, listing, head, register, options }: Log,
  older: Checkpoint,
): Promise<HashLevels | null> {
  if (older.size === 0) return null;
  const levels = await readOlderLevels(source, listing, older, head.checkpoint.size, options);
  const leaves = levels?.levels[0];
  if (leaves === undefined) return null;
  // What keys and credentials are taken from is checked nowhere else: an older enrolment or key could be slipped in.
  for (const [index, leaf] of register.leaves) {
    if (index >= older.size) continue;
    if (!equalBytes(leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES), leaf)) return null;
  }
  return levels;
}

/** Checks the records after those whose hashes are known, below `limit`. */
async function checkFrom(
  { source, listing, head, register, options }: Log,
  known: HashLevels | null,
  limit: number,
): Promise<{ readonly leaves: Uint8Array; readonly checked: CheckedRecords }> {
  const { size } = head.checkpoint;
  const from = Math.min(known?.size ?? 0, limit);
  const leaves = new Uint8Array(limit * HASH_BYTES);
  const knownLeaves = known?.levels[0] ?? new Uint8Array();
  leaves.set(knownLeaves.subarray(0, leaves.length));
  const here: ChunkChecker = {
    width: WIDTH_HERE,
    check: async (task, against) => {
      const files = await readChunk(task, (path, id) => source.read(path, id));
      return checkChunk(task, files, against, options);
    },
  };
  const checked = await checkRecords({
    listing,
    register: register.register,
    registerLeaves: register.leaves,
    size,
    from,
    limit,
    leaves,
    recall: (wanted) => readOlder({ source, listing, size: from, leaves, crypto: options }, wanted),
    checker: limit - from < POOL_FROM ? here : (options.pool ?? here),
    onProgress: options.onProgress,
  });
  return { leaves, checked };
}

/** Of what is wrong among the records the lowest; a doubt counts once something above it hides the root. */
function firstOf(
  { listing, head }: Log,
  { problem, doubt }: CheckedRecords,
  bad: RecordProblem | null,
): Problem | null {
  const worst = lower(problem, bad);
  if (worst === null || doubt === null || doubt >= worst.index) return worst;
  return notInTree(listing, doubt, head.checkpoint.size);
}

/** Does the log extend the checkpoint that somebody kept? Its root is computed again from the first leaves. */
function checkSince(
  older: Checkpoint | Problem | null,
  levels: HashLevels,
  { sha256 }: EvidenceCrypto,
): Problem | null {
  if (older === null || 'code' in older) return older;
  if (equalBytes(rootAt(levels, older.size, sha256), older.root)) return null;
  return atCheckpoint('since-is-not-a-prefix', `its first ${older.size} records are not those of the older checkpoint`);
}
