import { fromUtf8 } from '../bytes.ts';
import type { EvidenceCrypto } from './check-chunk.ts';
import { parseCheckpoint } from '../notes/checkpoint.ts';
import type { Checkpoint } from '../notes/checkpoint.ts';
import { checkpointKeyFor, pinProblem } from '../notes/key-schedule.ts';
import type { KeySchedule } from '../notes/key-schedule.ts';
import { ATTRIBUTES_PATH, ATTRIBUTES_TEXT, CHECKPOINT_PATH, padIndex } from '../layout.ts';
import type { LocatedRecord } from '../records/located-record.ts';
import type { LogListing } from './log-listing.ts';
import { parseLogOpened } from '../records/log-opened.ts';
import type { LogOpened } from '../records/log-opened.ts';
import { readEach } from './log-source.ts';
import type { LogSource } from './log-source.ts';
import { leafHash } from '../tree/merkle.ts';
import { parseRecord } from '../records/parse-record.ts';
import type { Problem, RecordProblem } from '../problem.ts';
import type { Verify } from '../public-key.ts';
import { buildRegister, registerKinds } from './register.ts';
import type { ReadRegister } from './register.ts';
import { formatVerifierKey, openNote, parseNote } from '../notes/signed-note.ts';
import type { VerifierKey } from '../notes/signed-note.ts';

/** What a log says of itself before its records are checked. Its signatures are not verified yet. */
export interface LogHead {
  /** Bytes of the note `checkpoint`. */
  readonly note: Uint8Array;
  readonly checkpoint: Checkpoint;
}

export async function readHead(source: LogSource, { heads }: LogListing): Promise<LogHead | Problem> {
  if (fromUtf8(await source.read(ATTRIBUTES_PATH, heads.get(ATTRIBUTES_PATH))) !== ATTRIBUTES_TEXT) {
    return { code: 'attributes-changed', path: ATTRIBUTES_PATH, message: 'it would let git change bytes' };
  }
  const note = await source.read(CHECKPOINT_PATH, heads.get(CHECKPOINT_PATH));
  const parsed = parseNote(note);
  if (!parsed.ok) return atCheckpoint('checkpoint-malformed', parsed.issue);
  const checkpoint = parseCheckpoint(parsed.value.text);
  if (!checkpoint.ok) return atCheckpoint('checkpoint-malformed', checkpoint.issue);
  const [signature, ...more] = parsed.value.signatures;
  if (signature?.name !== checkpoint.value.origin || more.length > 0) {
    return atCheckpoint('checkpoint-malformed', 'it has exactly one signature, by the key named as its origin');
  }
  return { note, checkpoint: checkpoint.value };
}

/** The first record and those that the register is built from. */
export interface LogRegister extends ReadRegister {
  readonly opened: LogOpened;
  /** Index → leaf hash of each record that was read for it. */
  readonly leaves: ReadonlyMap<number, Uint8Array>;
}

/** @param size records of the log that there are to be; one that is missing is left out */
export async function readRegister(
  source: LogSource,
  { records }: LogListing,
  size: number,
  crypto: EvidenceCrypto,
): Promise<LogRegister | Problem> {
  const { sha256 } = crypto;
  const listed = records.get(0);
  if (listed === undefined) {
    const path = `records/…/${padIndex(0)}-log-opened.json`;
    return { code: 'record-missing', path, index: 0, message: 'the log has no first record' };
  }
  const { path } = listed;
  const firstBytes = await source.read(path, listed.id);
  const first = parseRecord(firstBytes);
  if (!first.ok) return { code: 'record-malformed', path, index: 0, message: first.issue };
  const opened = parseLogOpened(first.value, sha256);
  if (!opened.ok) return { code: 'log-opened-malformed', path, index: 0, message: opened.issue };

  const leaves = new Map([[0, leafHash(firstBytes, sha256)]]);
  const located: LocatedRecord[] = [];
  let malformed: RecordProblem | null = null;
  await readEach(source, records.ofKinds(registerKinds, 1, size), (bytes, file) => {
    const { index, kind } = file;
    leaves.set(index, leafHash(bytes, sha256));
    const parsed = parseRecord(bytes);
    if (parsed.ok && parsed.value.kind === kind) {
      located.push({ index, path: file.path, bytes, record: parsed.value });
    } else if (parsed.ok) {
      const message = `it says it is "${parsed.value.kind}"`;
      malformed ??= { code: 'record-misplaced', path: file.path, index, message };
    } else malformed ??= { code: 'record-malformed', path: file.path, index, message: parsed.issue };
    return null;
  });
  const { register, problem } = await buildRegister(opened.value, located, crypto);
  return { opened: opened.value, register, problem: lower(malformed, problem), leaves };
}

/**
 * Is the checkpoint signed by the key that is in force at its size, and does the pinned key lead to that one?
 * @param pinned known from elsewhere; without it the log is only held against itself
 */
export async function checkSigned(
  { note, checkpoint }: LogHead,
  schedule: KeySchedule,
  pinned: VerifierKey | undefined,
  verify: Verify,
): Promise<Problem | null> {
  const key = checkpointKeyFor(schedule, checkpoint.size);
  if (pinned !== undefined) {
    const problem = pinProblem(schedule, pinned);
    // Whoever wrote the checkpoint does not hold the pinned key: that says more than what the first record names.
    if (problem?.code === 'key-not-pinned') return (await checkNote(note, pinned, verify)) ?? problem;
    if (problem !== null) return problem;
  }
  if (key.name !== checkpoint.origin) return atCheckpoint('checkpoint-of-another-log', `the log is ${key.name}`);
  return checkNote(note, key, verify);
}

/** Does the checkpoint name a key that this schedule has never heard of? Then a record that brought it may be missing. */
export function isSignedByStranger({ note }: LogHead, { segments }: KeySchedule): boolean {
  const parsed = parseNote(note);
  if (!parsed.ok) return true;
  return !parsed.value.signatures.some(({ id }) => segments.some(({ checkpoint }) => checkpoint.id === id));
}

export async function checkNote(note: Uint8Array, key: VerifierKey, verify: Verify): Promise<Problem | null> {
  const opened = await openNote(note, [key], verify);
  return opened.ok ? null : atCheckpoint('checkpoint-signature', `${opened.issue} (key ${formatVerifierKey(key)})`);
}

export function atCheckpoint(code: Problem['code'], message: string): Problem {
  return { code, path: CHECKPOINT_PATH, message };
}

/** The one of the lower index; of the same, the left. */
export function lower(left: RecordProblem | null, right: RecordProblem | null): RecordProblem | null {
  if (left === null || right === null) return left ?? right;
  return right.index < left.index ? right : left;
}
