import type { BranchState, LiveReader } from '../adapters/github/live-branch.ts';
import { sha256, verify } from '../adapters/signing/node-crypto.ts';
import { equalBytes, fromUtf8, toHex } from '../core/evidence/bytes.ts';
import type { RecordKind } from '../core/evidence/kinds.ts';
import { dayOf, factsPath, parseEvidencePath, recordPath } from '../core/evidence/layout.ts';
import type { Checkpoint } from '../core/evidence/notes/checkpoint.ts';
import { parseCheckpoint } from '../core/evidence/notes/checkpoint.ts';
import { openNote, parseNote } from '../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { LocatedRecord } from '../core/evidence/records/located-record.ts';
import { belongsTo } from '../core/evidence/records/log-opened.ts';
import { parseOrigin } from '../core/evidence/records/log-origin.ts';
import type { LogOrigin } from '../core/evidence/records/log-origin.ts';
import { parseRecord } from '../core/evidence/records/parse-record.ts';
import { leafHash } from '../core/evidence/tree/merkle.ts';
import { TILE_WIDTH, tilePath } from '../core/evidence/tree/tiles.ts';
import { openTree } from '../core/evidence/tree/tree-reader.ts';
import type { TreeReader } from '../core/evidence/tree/tree-reader.ts';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';

/** A file of the branch that is called like a record; the name is a hint, only the tree says what the record is. */
export interface ListedRecord {
  readonly index: number;
  readonly kind: RecordKind;
  readonly path: string;
  /** Object id. */
  readonly oid: string;
}

/**
 * The log as the evidence branch has it at one commit. Its checkpoint is signed by a trusted key; of its records those that
 * are read are each proven to stand where they say in the tree that is signed. Nothing here trusts the branch, GitHub or git.
 */
export interface LiveLog {
  /** Of the evidence branch. */
  readonly commitSha: string;
  readonly checkpoint: Checkpoint;
  /** Text of the note. */
  readonly note: string;
  readonly ids: LogOrigin;
  /** Records of the days that were listed, by index. */
  readonly listed: ReadonlyMap<number, ListedRecord>;
  /**
   * In the order asked.
   * @throws {ActionFailure} `evidence-gap`, `evidence-record-unreadable`, `evidence-not-in-tree`
   */
  read(indices: readonly number[]): Promise<readonly LocatedRecord[]>;
  /**
   * The facts file of that SHA-256.
   * @throws {ActionFailure} `facts-unreadable`
   */
  facts(digest: string, record: number): Promise<Uint8Array>;
}

export interface LogAsk {
  readonly reader: LiveReader;
  readonly branch: BranchState;
  readonly keys: readonly VerifierKey[];
  readonly host: string;
  readonly repositoryId: number;
  /** Contents that were read before, by object id: what is asked for again is not fetched again. */
  readonly cache: Map<string, Uint8Array>;
}

/** Tiles are asked for together with the newest records, before it is known that they are needed. */
const NEWEST = 24;

/** Folders of the days around `nowMs` in which records may stand, `first` to `last` days ago. */
export function dayFolders(nowMs: number, first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => {
    const day = new Date(nowMs - (first + at) * 86_400_000).toISOString();
    return `records/${dayOf(day)}`;
  });
}

/** Indices of the newest records, which are worth reading in any case. */
export function newestIndices(size: number): readonly number[] {
  const count = Math.min(size, NEWEST);
  return Array.from({ length: count }, (_, at) => size - count + at);
}

/**
 * @throws {ActionFailure} `checkpoint-unreadable`, `evidence-of-another-repository`, `key-does-not-match`,
 *   `evidence-not-in-tree`
 */
export async function openLiveLog(ask: LogAsk): Promise<LiveLog> {
  const { reader, branch } = ask;
  const { note, checkpoint, ids } = await openCheckpoint(ask);
  const { size, root } = checkpoint;
  const listed = listRecords(branch, size);
  const tiles = new Map<string, Promise<Uint8Array | null>>();
  const readTile = (path: string): Promise<Uint8Array | null> => {
    const read = tiles.get(path) ?? reader.file(branch.commitSha, path);
    tiles.set(path, read);
    return read;
  };
  let opened: Promise<TreeReader> | undefined;
  const tree = (): Promise<TreeReader> => {
    // All at once: the reader asks for one after the other. What fails is told when it is its turn.
    for (const path of likelyTiles(size)) readTile(path).catch(() => null);
    opened ??= openTree({ size, root, read: readTile, sha256 }).then((read) => {
      if ('code' in read) throw notInTree(`${read.path}: ${read.message}`);
      return read;
    });
    return opened;
  };

  return {
    commitSha: branch.commitSha,
    checkpoint,
    note,
    ids,
    listed,
    read: async (indices) => {
      const files = indices.map((index) => listed.get(index) ?? missing(index));
      const unread = files.flatMap(({ oid }) => (ask.cache.has(oid) ? [] : [oid]));
      const [found, reading] = await Promise.all([unread.length === 0 ? new Map() : reader.blobs(unread), tree()]);
      for (const [oid, bytes] of found) ask.cache.set(oid, bytes);
      return Promise.all(files.map((file) => prove(file, ask.cache.get(file.oid), reading, ids)));
    },
    facts: async (digest, record) => {
      const bytes = await reader.file(branch.commitSha, factsPath(digest));
      if (bytes !== null && toHex(sha256(bytes)) === digest) return bytes;
      const what = bytes === null ? 'it is not there' : 'it has another SHA-256';
      throw new ActionFailure(because('facts-unreadable', { record, what }));
    },
  };
}

async function openCheckpoint({ branch, keys, host, repositoryId }: LogAsk) {
  const unreadable = (what: string): ActionFailure => new ActionFailure(because('checkpoint-unreadable', { what }));
  const bytes = branch.checkpoint;
  const note = bytes === null ? null : fromUtf8(bytes);
  if (bytes === null || note === null) throw unreadable('there is no plain text file of that name');
  const parsed = parseNote(bytes);
  if (!parsed.ok) throw unreadable(parsed.issue);
  const read = parseCheckpoint(parsed.value.text);
  if (!read.ok) throw unreadable(read.issue);
  const checkpoint = read.value;
  const ids = parseOrigin(checkpoint.origin);
  if (!ids.ok) throw unreadable(ids.issue);
  const { origin, size } = checkpoint;
  if (ids.value.repositoryId !== repositoryId || ids.value.host !== host) {
    throw new ActionFailure(because('evidence-of-another-repository', { found: origin, expected: repositoryId, host }));
  }
  const own = keys.filter(({ name }) => name === origin);
  if (own.length === 0) {
    const what = `trusted are keys of ${keys.map(({ name }) => name).join(', ')}`;
    throw new ActionFailure(because('key-does-not-match', { found: origin, what }));
  }
  const opened = await openNote(bytes, own, verify);
  if (!opened.ok) throw new ActionFailure(because('key-does-not-match', { found: origin, what: opened.issue }));
  if (size === 0) throw unreadable('it signs no record');
  return { note, checkpoint, ids: ids.value };
}

function listRecords({ files }: BranchState, size: number): ReadonlyMap<number, ListedRecord> {
  const listed = new Map<number, ListedRecord>();
  for (const [path, oid] of files) {
    const name = parseEvidencePath(path);
    if (name.kind !== 'record') continue;
    const { index, recordKind: kind } = name;
    if (index >= size) throw notInTree(`${path} is beyond the ${size} records that are signed`);
    if (listed.has(index)) throw notInTree(`two files are called record ${index}`);
    listed.set(index, { index, kind, path, oid });
  }
  return listed;
}

async function prove(
  { index, path }: ListedRecord,
  bytes: Uint8Array | undefined,
  tree: TreeReader,
  ids: LogOrigin,
): Promise<LocatedRecord> {
  const unreadable = (what: string): ActionFailure =>
    new ActionFailure(because('evidence-record-unreadable', { record: index, what }));
  if (bytes === undefined) throw unreadable('GitHub does not give its whole text');
  const leaf = await tree.leaf(index);
  if ('code' in leaf) throw notInTree(`${leaf.path}: ${leaf.message}`);
  if (!equalBytes(leaf, leafHash(bytes, sha256))) throw notInTree(`${path} is not the record that is signed there`);
  const parsed = parseRecord(bytes);
  if (!parsed.ok) throw unreadable(parsed.issue);
  const { kind, at } = parsed.value;
  if (recordPath(index, kind, at) !== path) throw notInTree(`${path} says that it is \`${kind}\` of ${at}`);
  if (!belongsTo(parsed.value, ids)) throw unreadable('it is of another repository');
  return { index, path, bytes, record: parsed.value };
}

/** The partial tiles of the tree's right edge, and the full one before them where the newest records reach into it. */
function likelyTiles(size: number): readonly string[] {
  const paths: string[] = [];
  for (let level = 0, hashes = size; hashes > 0; level += 1, hashes = Math.floor(hashes / TILE_WIDTH)) {
    const [index, width] = [Math.floor(hashes / TILE_WIDTH), hashes % TILE_WIDTH];
    if (width > 0) paths.push(tilePath({ level, index, width }));
    if (level === 0 && index > 0 && width < NEWEST)
      paths.push(tilePath({ level, index: index - 1, width: TILE_WIDTH }));
  }
  return paths;
}

function missing(index: number): never {
  throw new ActionFailure(because('evidence-gap', { record: index }));
}

function notInTree(what: string): ActionFailure {
  return new ActionFailure(because('evidence-not-in-tree', { what }));
}
