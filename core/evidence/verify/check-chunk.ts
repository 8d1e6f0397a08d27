import { equalBytes } from '../bytes.ts';
import type { Parsed } from '../bytes.ts';
import { PAYLOAD_TYPE, preAuthEncodings } from '../dsse.ts';
import { HASH_BYTES } from '../tree/hash-levels.ts';
import { checkHumanSignature, claimsHumanSignature } from '../people/human-signature.ts';
import { recordKeyAt } from '../notes/key-schedule.ts';
import { recordPath } from '../layout.ts';
import { belongsTo } from '../records/log-opened.ts';
import { noteOf } from './log-semantics.ts';
import type { RecordNote } from './log-semantics.ts';
import { leafHash } from '../tree/merkle.ts';
import { parseRecord } from '../records/parse-record.ts';
import type { EvidenceRecord } from '../records/parse-record.ts';
import type { ProblemCode, RecordProblem } from '../problem.ts';
import type { Register } from './register.ts';
import { parseSignatureFile, recordKeyHint } from '../records/signature-file.ts';
import type { SignatureFile } from '../records/signature-file.ts';
import { verifySignature } from '../notes/signed-note.ts';
import type { VerifierKey } from '../notes/signed-note.ts';
import type { SshCrypto } from '../people/ssh-signature.ts';
import { TILE_WIDTH } from '../tree/tiles.ts';

/** What a verifier computes with; handed in, because this room has no cryptography of its own. */
export type EvidenceCrypto = SshCrypto;

/** A file to read: `id` is what the listing said of it. */
export interface FileToRead {
  readonly path: string;
  readonly id: string | undefined;
}

/** At most a tile's worth of records in a row, and the files to check them with. Plain data: it is sent to worker threads. */
export interface ChunkTask {
  /** Index of the first record. All lie below the same level-0 tile. */
  readonly start: number;
  readonly records: readonly FileToRead[];
  /** Every signatures file that covers one of them. */
  readonly signatures: readonly (FileToRead & SignatureSpan)[];
  /** The level-0 tile; null where it is not listed. */
  readonly tile: FileToRead | null;
}

interface SignatureSpan {
  readonly first: number;
  readonly last: number;
  /** `YYYY/MM/DD`, from its path. */
  readonly day: string;
}

/** The files of a task. */
export interface ChunkFiles {
  readonly records: readonly Uint8Array[];
  readonly signatures: readonly Uint8Array[];
  readonly tile: Uint8Array | null;
}

/** What is left to know of a chunk once it is checked. Plain data, and small: it comes from worker threads. */
export interface ChunkReport {
  /** The first record that is bad in itself, or its signatures file; always with an index. */
  readonly problem: RecordProblem | null;
  /** Leaf hashes, one after the other, up to that of the bad record. */
  readonly leaves: Uint8Array;
  /**
   * Index of the first record whose hash is not the one in the tile. Its signature is good, so only the root can tell
   * which of the two is the forgery.
   */
  readonly doubt: number | null;
  /** Does the tile hold these leaves and nothing else? */
  readonly isWholeTile: boolean;
  /** Only of records for which the rules between records need one. */
  readonly notes: readonly RecordNote[];
}

interface Checked {
  readonly record: EvidenceRecord;
  readonly bytes: Uint8Array;
  readonly isSigned: Promise<boolean>;
  /** Why it is refused if it is not. */
  readonly unsigned: RecordProblem;
}

/** Reads the files of a task. */
export async function readChunk(
  { records, signatures, tile }: ChunkTask,
  read: (path: string, id?: string) => Promise<Uint8Array>,
): Promise<ChunkFiles> {
  const readAll = (files: readonly FileToRead[]): Promise<Uint8Array[]> =>
    Promise.all(files.map(({ path, id }) => read(path, id)));
  const [recordBytes, signatureBytes, tileBytes] = await Promise.all([
    readAll(records),
    readAll(signatures),
    tile === null ? null : read(tile.path, tile.id),
  ]);
  return { records: recordBytes, signatures: signatureBytes, tile: tileBytes };
}

/**
 * Checks records in themselves: bytes, signature, name, day, repository, human signature. What a record may say after those
 * before it, `followLog` checks. Names the first bad one; of one record its bytes come before its signature, and that
 * before everything that it says.
 */
export async function checkChunk(
  task: ChunkTask,
  files: ChunkFiles,
  register: Register,
  crypto: EvidenceCrypto,
): Promise<ChunkReport> {
  const { sha256, verify } = crypto;
  const leaves = new Uint8Array(files.records.length * HASH_BYTES);
  const inTile = (files.tile ?? new Uint8Array()).subarray((task.start % TILE_WIDTH) * HASH_BYTES);
  const signatureOf = signatureFinder(task, files, crypto);
  const messages = preAuthEncodings(PAYLOAD_TYPE, files.records);
  const checked: Checked[] = [];
  let unreadable: RecordProblem | null = null;
  let doubt: number | null = null;
  let hashed = 0;

  for (const [at, bytes] of files.records.entries()) {
    const index = task.start + at;
    const path = task.records[at]?.path ?? '';
    const leaf = leafHash(bytes, sha256);
    leaves.set(leaf, at * HASH_BYTES);
    hashed += HASH_BYTES;
    const isInTile = equalBytes(inTile.subarray(at * HASH_BYTES, hashed), leaf);
    if (files.tile !== null && !isInTile) doubt ??= index;
    const parsed = parseRecord(bytes);
    if (!parsed.ok) {
      unreadable = { code: 'record-malformed', path, index, message: parsed.issue };
      break;
    }
    const key = recordKeyAt(register.schedule, index);
    const signature = signatureOf(index, path.slice('records/'.length, 'records/YYYY/MM/DD'.length), key);
    if ('code' in signature) {
      unreadable = signature;
      break;
    }
    checked.push({
      record: parsed.value,
      bytes,
      isSigned: verifySignature(key.key, messages[at] ?? bytes, signature.bytes, verify),
      // The tile vouches for the record: then it is the signature that was changed.
      unsigned: isInTile
        ? wrong('signature-wrong', signature.path, index, `its signature of record ${index} (${path}) is wrong`)
        : wrong('record-signature', path, index, 'the record is not what its signature signs'),
    });
  }

  const notes: RecordNote[] = [];
  let problem = unreadable;
  const signed = await Promise.all(checked.map(({ isSigned }) => isSigned));
  for (const [at, { record, bytes, unsigned }] of checked.entries()) {
    const index = task.start + at;
    const path = task.records[at]?.path ?? '';
    const answer = signed[at] === true ? await checkSaid(record, { index, path }, register, crypto) : unsigned;
    if ('code' in answer) {
      problem = answer;
      hashed = (at + 1) * HASH_BYTES;
      break;
    }
    const note = noteOf(record, { index, bytes, nonce: answer.nonce }, sha256);
    if (note !== null) notes.push(note);
  }
  return {
    problem,
    leaves: leaves.subarray(0, hashed),
    doubt: doubt !== null && doubt < task.start + hashed / HASH_BYTES ? doubt : null,
    isWholeTile: task.start % TILE_WIDTH === 0 && inTile.length === hashed && doubt === null,
    notes,
  };
}

/** What a record says of itself, whose signature is good. */
async function checkSaid(
  record: EvidenceRecord,
  { index, path }: { readonly index: number; readonly path: string },
  { ids, enrolments }: Register,
  crypto: EvidenceCrypto,
): Promise<{ readonly nonce?: string } | RecordProblem> {
  if (recordPath(index, record.kind, record.at) !== path) {
    return wrong('record-misplaced', path, index, `it says it is "${record.kind}" of ${record.at}`);
  }
  if (!belongsTo(record, ids)) {
    return wrong('record-of-another-repository', path, index, 'it names another repository than the log');
  }
  if (!claimsHumanSignature(record)) return {};
  const human = await checkHumanSignature(record, index, enrolments, crypto);
  return 'code' in human ? { ...human, path, index } : human;
}

/** Finds the signature of one record in the file that covers it; that file is checked as a whole, once. */
function signatureFinder(
  { signatures }: ChunkTask,
  files: ChunkFiles,
  { sha256 }: EvidenceCrypto,
): (
  index: number,
  day: string,
  key: VerifierKey,
) => { readonly path: string; readonly bytes: Uint8Array } | RecordProblem {
  const parsed: Parsed<SignatureFile>[] = files.signatures.map(parseSignatureFile);
  const hints = new Map<VerifierKey, string>();
  return (index, day, key) => {
    const at = signatures.findIndex(({ first, last }) => first <= index && index <= last);
    const [file, content] = [signatures[at], parsed[at]];
    if (file === undefined || content === undefined) {
      return wrong('signatures-missing', '', index, `none covers record ${index}`);
    }
    const { path, first, last } = file;
    if (!content.ok) return wrong('signatures-malformed', path, index, content.issue);
    const hint = hints.get(key) ?? recordKeyHint(key.key, sha256);
    hints.set(key, hint);
    if (content.value.keyid !== hint) {
      return wrong('signatures-malformed', path, index, `keyid is not ${hint}, the record key in force`);
    }
    const bytes = content.value.signatures[index - first];
    if (bytes === undefined || content.value.signatures.length !== last - first + 1) {
      return wrong('signatures-malformed', path, index, 'it has not one signature for each record it names');
    }
    if (index === first && file.day !== day) {
      return wrong('signatures-misplaced', path, index, `its first record is of ${day}`);
    }
    return { path, bytes };
  };
}

function wrong(code: ProblemCode, path: string, index: number, message: string): RecordProblem {
  return { code, path, index, message };
}
