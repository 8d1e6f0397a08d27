import { equalBytes, fromUtf8, toBase64, toHex } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { checkRecords } from './check-records.ts';
import type { CheckedRecords } from './check-records.ts';
import { parseCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { ATTRIBUTES_PATH, ATTRIBUTES_TEXT, CHECKPOINT_PATH, padIndex } from './layout.ts';
import { checkCoverage, sortListing } from './log-listing.ts';
import type { ListedFile, LogListing } from './log-listing.ts';
import { parseLogOpened } from './log-opened.ts';
import type { LogOpened } from './log-opened.ts';
import { parseRecord } from './parse-record.ts';
import type { Problem } from './problem.ts';
import type { Verify } from './public-key.ts';
import { formatVerifierKey, openNote, parseNote } from './signed-note.ts';
import type { VerifierKey } from './signed-note.ts';
import { tilesFor } from './tiles.ts';
import { emptyEdge, rootOfEdge } from './tree-edge.ts';

/** Where a log is read from: a git branch, a folder, files dropped on a page. Everything in it is untrusted. */
export interface LogSource {
  /** Every file, in any order. */
  list(): Promise<readonly ListedFile[]>;
  /** Exact bytes of a listed plain file. May be called many times at once. */
  read(path: string): Promise<Uint8Array>;
}

export interface VerifyOptions {
  /** The checkpoint key, known from elsewhere. Without it the log is only checked against itself. */
  readonly checkpointKey?: VerifierKey | undefined;
  /** An older checkpoint (the note's bytes) that this log must extend. */
  readonly since?: Uint8Array | undefined;
  readonly sha256: Sha256;
  readonly verify: Verify;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export type VerifyResult =
  | {
      readonly ok: true;
      readonly origin: string;
      /** Records, each with a good signature. */
      readonly size: number;
      /** Base64, as in the checkpoint. */
      readonly root: string;
      readonly checkpointKey: string;
      readonly recordKey: string;
      /** Files that no verdict depends on. */
      readonly notEvidence: readonly string[];
      /** What this result does not show. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problem: Problem };

/**
 * Verifies a whole log: paths and modes, checkpoint, every record with its signature and its rules, tree and tiles,
 * policies and facts. Names the first thing that is wrong: files that do not belong, then the checkpoint, then records by
 * index, then the tree, then attachments.
 * Throws only what `source` throws.
 */
export async function verifyLog(source: LogSource, options: VerifyOptions): Promise<VerifyResult> {
  const listing = sortListing(await source.list());
  if ('code' in listing) return { ok: false, problem: listing };
  const head = await readHead(source, listing, options);
  if ('code' in head) return { ok: false, problem: head };
  const { checkpoint, opened } = head;

  const gap = checkCoverage(listing, checkpoint.size);
  const limit = Math.min(gap?.index ?? checkpoint.size, checkpoint.size);
  const checked = await checkRecords({
    ...withRead(source),
    ...options,
    listing,
    opened,
    size: checkpoint.size,
    limit,
  });
  const problem =
    firstOf(checked, gap) ??
    (await checkTree(source, listing, checkpoint, checked, options.sha256)) ??
    (await checkSince(checkpoint, opened.checkpointKey, checked.leaves, options)) ??
    (await checkAttachments(source, listing, checked.referenced, options.sha256));
  if (problem !== null) return { ok: false, problem };
  return {
    ok: true,
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: toBase64(checkpoint.root),
    checkpointKey: formatVerifierKey(opened.checkpointKey),
    recordKey: formatVerifierKey(opened.recordKey),
    notEvidence: listing.notEvidence,
    warnings: warningsFor(options),
  };
}

function withRead(source: LogSource): { readonly read: (path: string) => Promise<Uint8Array> } {
  return { read: (path) => source.read(path) };
}

/** The checkpoint, whose signature is good, and the first record, which names the keys. */
async function readHead(
  source: LogSource,
  listing: LogListing,
  options: VerifyOptions,
): Promise<{ readonly checkpoint: Checkpoint; readonly opened: LogOpened } | Problem> {
  if (fromUtf8(await source.read(ATTRIBUTES_PATH)) !== ATTRIBUTES_TEXT) {
    return { code: 'attributes-changed', path: ATTRIBUTES_PATH, message: 'it would let git change bytes' };
  }
  const note = await source.read(CHECKPOINT_PATH);
  const checkpoint = readCheckpoint(note);
  if ('code' in checkpoint) return checkpoint;
  const { checkpointKey: pinned } = options;
  if (pinned !== undefined) {
    const problem = await checkNote(note, pinned, options.verify);
    if (problem !== null) return problem;
  }
  const opened = await readFirstRecord(source, listing, options.sha256);
  if ('code' in opened) return opened;
  if (pinned !== undefined) {
    if (formatVerifierKey(opened.checkpointKey) === formatVerifierKey(pinned)) return { checkpoint, opened };
    const { path = '' } = listing.records.get(0) ?? {};
    return { code: 'key-not-pinned', path, index: 0, message: 'it names another checkpoint key than the pinned one' };
  }
  const problem =
    opened.origin === checkpoint.origin
      ? await checkNote(note, opened.checkpointKey, options.verify)
      : atCheckpoint('checkpoint-of-another-log', `the log is ${opened.origin}`);
  if (problem === null) return { checkpoint, opened };
  // Checkpoint and first record do not fit. If the first record is not what its signature signs, that one was changed.
  const limit = Math.min(1, checkpoint.size);
  const first = await checkRecords({ ...withRead(source), ...options, listing, opened, size: checkpoint.size, limit });
  return first.problem ?? problem;
}

function readCheckpoint(bytes: Uint8Array): Checkpoint | Problem {
  const note = parseNote(bytes);
  if (!note.ok) return atCheckpoint('checkpoint-malformed', note.issue);
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return atCheckpoint('checkpoint-malformed', checkpoint.issue);
  const [signature, ...more] = note.value.signatures;
  if (signature?.name !== checkpoint.value.origin || more.length > 0) {
    return atCheckpoint('checkpoint-malformed', 'it has exactly one signature, by the key named as its origin');
  }
  return checkpoint.value;
}

async function checkNote(note: Uint8Array, key: VerifierKey, verify: Verify): Promise<Problem | null> {
  const opened = await openNote(note, [key], verify);
  return opened.ok ? null : atCheckpoint('checkpoint-signature', `${opened.issue} (key ${formatVerifierKey(key)})`);
}

async function readFirstRecord(source: LogSource, listing: LogListing, sha256: Sha256): Promise<LogOpened | Problem> {
  const path = listing.records.get(0)?.path;
  if (path === undefined) {
    const expected = `records/…/${padIndex(0)}-log-opened.json`;
    return { code: 'record-missing', path: expected, index: 0, message: 'the log has no first record' };
  }
  const record = parseRecord(await source.read(path));
  if (!record.ok) return { code: 'record-malformed', path, index: 0, message: record.issue };
  const opened = parseLogOpened(record.value, sha256);
  return opened.ok ? opened.value : { code: 'log-opened-malformed', path, index: 0, message: opened.issue };
}

/** Of what is wrong among the records the lowest; a doubt counts once something above it hides the root. */
function firstOf({ problem, doubt }: CheckedRecords, gap: Problem | null): Problem | null {
  const worst = problem ?? gap;
  if (worst === null || doubt === null || doubt.index >= (worst.index ?? 0)) return worst;
  return notInTree(doubt);
}

async function checkTree(
  source: LogSource,
  listing: LogListing,
  checkpoint: Checkpoint,
  { leaves, doubt }: CheckedRecords,
  sha256: Sha256,
): Promise<Problem | null> {
  const { additions: tiles, edge } = tilesFor(emptyEdge, leaves, sha256);
  if (!equalBytes(rootOfEdge(edge, sha256), checkpoint.root)) {
    return doubt === null
      ? atCheckpoint('root-differs', 'records and tiles agree with each other, but not with the root that it signs')
      : notInTree(doubt);
  }
  for (const { path, bytes } of tiles) {
    if (!listing.tiles.has(path)) return { code: 'file-missing', path, message: 'a tile of the tree is missing' };
    if (!equalBytes(await source.read(path), bytes)) {
      return { code: 'tile-wrong', path, message: 'its hashes are not those of the records' };
    }
  }
  const expected = new Set(tiles.map(({ path }) => path));
  const [stray] = [...listing.tiles].filter((path) => !expected.has(path)).sort();
  if (stray === undefined) return null;
  return { code: 'tile-unexpected', path: stray, message: 'a tree of this size has no such tile' };
}

/** Does the log extend the checkpoint that somebody kept? The older root is computed again from the first leaves. */
async function checkSince(
  checkpoint: Checkpoint,
  key: VerifierKey,
  leaves: readonly Uint8Array[],
  { since: bytes, sha256, verify }: VerifyOptions,
): Promise<Problem | null> {
  if (bytes === undefined) return null;
  const since = readCheckpoint(bytes);
  if ('code' in since) return atCheckpoint('since-malformed', `the older checkpoint: ${since.message}`);
  if (since.origin !== checkpoint.origin) {
    return atCheckpoint('since-of-another-log', `the older checkpoint is of ${since.origin}`);
  }
  const signed = await checkNote(bytes, key, verify);
  if (signed !== null) return atCheckpoint('since-signature', `the older checkpoint: ${signed.message}`);
  if (since.size > checkpoint.size) {
    return atCheckpoint('since-is-newer', `the log once had ${since.size} records and now has ${checkpoint.size}`);
  }
  const { edge } = tilesFor(emptyEdge, leaves.slice(0, since.size), sha256);
  if (equalBytes(rootOfEdge(edge, sha256), since.root)) return null;
  return atCheckpoint('since-is-not-a-prefix', `its first ${since.size} records are not those of the older checkpoint`);
}

async function checkAttachments(
  source: LogSource,
  listing: LogListing,
  referenced: ReadonlySet<string>,
  sha256: Sha256,
): Promise<Problem | null> {
  for (const [path, digest] of listing.attachments) {
    if (!referenced.has(path)) return { code: 'attachment-not-referenced', path, message: 'no record names it' };
    if (toHex(sha256(await source.read(path))) !== digest) {
      return { code: 'attachment-changed', path, message: 'its content does not hash to its name' };
    }
  }
  return null;
}

function warningsFor({ checkpointKey, since }: VerifyOptions): string[] {
  const warnings: string[] = [];
  if (checkpointKey === undefined) {
    warnings.push(
      'No key was given: the log was checked against the key that it names itself. That shows that it is consistent, ' +
        'not who wrote it. Pin the key that you were given elsewhere with --key.',
    );
  }
  warnings.push(
    since === undefined
      ? 'Without an older checkpoint (--since) or a witness, an older consistent state of this log cannot be told from the newest.'
      : 'The log extends the older checkpoint; whether this is its newest state cannot be told without a witness.',
  );
  return warnings;
}

function notInTree({ index, path, tile }: NonNullable<CheckedRecords['doubt']>): Problem {
  return { code: 'record-not-in-tree', path, index, message: `it is not the record whose hash is in ${tile}` };
}

function atCheckpoint(code: Problem['code'], message: string): Problem {
  return { code, path: CHECKPOINT_PATH, message };
}
