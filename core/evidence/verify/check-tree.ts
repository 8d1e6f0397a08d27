import { equalBytes, toHex } from '../bytes.ts';
import type { Sha256 } from '../bytes.ts';
import type { CheckedRecords } from './check-records.ts';
import type { Checkpoint } from '../notes/checkpoint.ts';
import { rootAt, tilesOf } from '../tree/hash-levels.ts';
import type { HashLevels } from '../tree/hash-levels.ts';
import { atCheckpoint } from './log-head.ts';
import type { LogListing } from './log-listing.ts';
import { readEach } from './log-source.ts';
import type { LogSource } from './log-source.ts';
import type { Problem } from '../problem.ts';
import { TILE_WIDTH, tilePath } from '../tree/tiles.ts';

export interface TreeToCheck {
  readonly source: LogSource;
  readonly listing: LogListing;
  readonly checkpoint: Checkpoint;
  readonly levels: HashLevels;
  readonly sha256: Sha256;
}

/** Do the leaves give the root that the checkpoint signs, and are the tiles those of this tree, all of them and no other? */
export async function checkTree(
  { source, listing, checkpoint, levels, sha256 }: TreeToCheck,
  { doubt, rightTiles }: CheckedRecords,
): Promise<Problem | null> {
  if (!equalBytes(rootAt(levels, checkpoint.size, sha256), checkpoint.root)) {
    return doubt === null
      ? atCheckpoint('root-differs', 'records and tiles agree with each other, but not with the root that it signs')
      : notInTree(listing, doubt, checkpoint.size);
  }
  const expected = new Map<string, Uint8Array>();
  const unchecked: { path: string; id: string | undefined }[] = [];
  for (const { tile, path, bytes } of tilesOf(levels)) {
    if (!listing.tiles.has(path)) return { code: 'file-missing', path, message: 'a tile of the tree is missing' };
    expected.set(path, bytes);
    if (tile.level > 0 || !rightTiles.has(tile.index)) unchecked.push({ path, id: listing.tiles.get(path) });
  }
  const wrong = await readEach<{ path: string; id: string | undefined }, Problem>(
    source,
    unchecked,
    (bytes, { path }) =>
      equalBytes(bytes, expected.get(path) ?? new Uint8Array())
        ? null
        : { code: 'tile-wrong', path, message: 'its hashes are not those of the records' },
  );
  if (wrong !== null) return wrong;
  const [stray] = [...listing.tiles.keys()].filter((path) => !expected.has(path)).sort();
  if (stray === undefined) return null;
  return { code: 'tile-unexpected', path: stray, message: 'a tree of this size has no such tile' };
}

/** @param index of a record whose signature is good and whose hash its tile does not hold */
export function notInTree(listing: LogListing, index: number, size: number): Problem {
  const number = Math.floor(index / TILE_WIDTH);
  const tile = tilePath({ level: 0, index: number, width: Math.min(TILE_WIDTH, size - number * TILE_WIDTH) });
  const { path = '' } = listing.records.get(index) ?? {};
  return { code: 'record-not-in-tree', path, index, message: `it is not the record whose hash is in ${tile}` };
}

export interface AttachmentsToCheck {
  readonly source: LogSource;
  readonly listing: LogListing;
  /** Paths that the records name which were read. */
  readonly referenced: ReadonlySet<string>;
  /** Were those all records of the log? */
  readonly isWhole: boolean;
  readonly sha256: Sha256;
}

/** Is every policy and facts file what its name says, and named by a record? */
export async function checkAttachments(input: AttachmentsToCheck): Promise<Problem | null> {
  const { source, listing, referenced, isWhole, sha256 } = input;
  const named: { path: string; id: string | undefined }[] = [];
  for (const [path, id] of [...listing.attachments].sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (referenced.has(path)) named.push({ path, id });
    else if (isWhole) return { code: 'attachment-not-referenced', path, message: 'no record names it' };
  }
  return readEach<{ path: string; id: string | undefined }, Problem>(source, named, (bytes, { path }) =>
    path.includes(`/${toHex(sha256(bytes))}.`)
      ? null
      : { code: 'attachment-changed', path, message: 'its content does not hash to its name' },
  );
}
