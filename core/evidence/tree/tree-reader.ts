import { concatBytes, equalBytes } from '../bytes.ts';
import type { Sha256 } from '../bytes.ts';
import { nodeHash } from './merkle.ts';
import type { Problem } from '../problem.ts';
import { TILE_WIDTH, tilePath } from './tiles.ts';
import type { Tile } from './tiles.ts';

/** A tree that is known by its root only: everything read of it is held against that root. */
export interface KnownTree {
  /** Leaves, at least 1. */
  readonly size: number;
  /** 32 bytes, from a checkpoint whose signature was verified. */
  readonly root: Uint8Array;
  /** Bytes of a file, or null where there is none. Untrusted. */
  readonly read: (path: string) => Promise<Uint8Array | null>;
  readonly sha256: Sha256;
}

/** Reads a tree by its hash tiles alone. What it answers hashes up to the root, or names the tile that does not. */
export interface TreeReader {
  readonly size: number;
  leaf(index: number): Promise<Uint8Array | Problem>;
  /** The tile's bytes; of this tree, not of an earlier one. */
  tile(tile: Tile): Promise<Uint8Array | Problem>;
  /** Root of the tree when it had `size` leaves (1 to the whole). */
  rootAt(size: number): Promise<Uint8Array | Problem>;
  /** Audit path of a leaf, from its sibling up, in the tree when it had `size` leaves (index+1 to the whole). */
  inclusionProof(index: number, size?: number): Promise<readonly Uint8Array[] | Problem>;
  /** Proof that the tree of `size` leaves (up to the whole) extends the one of `older` leaves (from 1). */
  consistencyProof(older: number, size?: number): Promise<readonly Uint8Array[] | Problem>;
}

/**
 * Layers of a tile: its hashes, then their parents, up to the single root of a full one. Only whole subtrees have a
 * parent here: those of a partial tile beyond them depend on the size of the tree.
 */
type Layers = readonly (readonly Uint8Array[])[];

const HASH_BYTES = 32;
/** A tile holds a subtree of this height. */
const TILE_HEIGHT = 8;

/**
 * Opens a tree: reads the partial tiles of its right edge, which together give the root. Every other tile is read when it
 * is needed, and checked against its hash in the tile above it. Two tiles of a level are never held at once but for the
 * edge, so that proofs for all leaves in their order read every tile once.
 * @throws {TypeError} when the tree is empty; by its functions when an index or size is outside the tree
 */
export async function openTree(tree: KnownTree): Promise<TreeReader | Problem> {
  const { size, root, sha256 } = tree;
  requireWithin(size, 1, Number.MAX_SAFE_INTEGER);
  const edge = new Map<number, Layers>();
  const newest = new Map<number, { readonly index: number; readonly layers: Promise<Layers | Problem> }>();
  for (const tile of edgeTiles(size)) {
    const layers = await readLayers(tree, tile);
    if ('code' in layers) return layers;
    edge.set(tile.level, layers);
  }
  const found = await rangeRoot(0, size);
  if ('code' in found) return found;
  if (!equalBytes(found, root)) return findWrongEdge();
  return {
    size,
    leaf: (index) => {
      requireWithin(index, 0, size - 1);
      return subtreeRoot(0, index);
    },
    tile: async (tile) => {
      if (tile.width !== widthOfTile(size, tile)) throw new TypeError(`the tree has no tile ${tilePath(tile)}`);
      const layers = await layersOf(tile.level, tile.index);
      return 'code' in layers ? layers : concatBytes(...(layers[0] ?? []));
    },
    rootAt: (at) => {
      requireWithin(at, 1, size);
      return rangeRoot(0, at);
    },
    inclusionProof: (index, at = size) => {
      requireWithin(at, 1, size);
      requireWithin(index, 0, at - 1);
      return rootsOf(inclusionRanges(index, at));
    },
    consistencyProof: (older, at = size) => {
      requireWithin(at, 1, size);
      requireWithin(older, 1, at);
      return rootsOf(consistencyRanges(older, at));
    },
  };

  async function rootsOf(ranges: readonly Range[]): Promise<readonly Uint8Array[] | Problem> {
    const roots: Uint8Array[] = [];
    for (const { start, end } of ranges) {
      const hash = await rangeRoot(start, end);
      if ('code' in hash) return hash;
      roots.push(hash);
    }
    return roots;
  }

  /** Root over the leaves from `start` (a multiple of the smallest power of two that is not below the length) to `end`. */
  async function rangeRoot(start: number, end: number): Promise<Uint8Array | Problem> {
    let [height, whole] = [0, 1];
    for (; whole * 2 <= end - start; whole *= 2) height += 1;
    const left = await subtreeRoot(height, start / whole);
    if ('code' in left || start + whole === end) return left;
    const right = await rangeRoot(start + whole, end);
    return 'code' in right ? right : nodeHash(left, right, sha256);
  }

  /** Root of the whole subtree of 2^height leaves that begins at leaf index × 2^height. */
  async function subtreeRoot(height: number, index: number): Promise<Uint8Array | Problem> {
    const level = Math.floor(height / TILE_HEIGHT);
    const layer = height % TILE_HEIGHT;
    const width = TILE_WIDTH / 2 ** layer;
    const tile = Math.floor(index / width);
    const layers = await layersOf(level, tile);
    if ('code' in layers) return layers;
    return hashOf(layers, layer, index % width);
  }

  function layersOf(level: number, index: number): Promise<Layers | Problem> {
    const inEdge = edge.get(level);
    if (inEdge !== undefined && index === Math.floor(size / TILE_WIDTH ** (level + 1))) return Promise.resolve(inEdge);
    const held = newest.get(level);
    if (held?.index === index) return held.layers;
    // Held before it is there: 256 leaves asked for at once are one tile to read and hash.
    const layers = readFullTile(level, index);
    newest.set(level, { index, layers });
    return layers;
  }

  async function readFullTile(level: number, index: number): Promise<Layers | Problem> {
    const expected = await subtreeRoot((level + 1) * TILE_HEIGHT, index);
    if ('code' in expected) return expected;
    const tile = { level, index, width: TILE_WIDTH };
    const layers = await readLayers(tree, tile);
    if ('code' in layers) return layers;
    return equalBytes(hashOf(layers, TILE_HEIGHT, 0), expected) ? layers : wrongTile(tile);
  }

  /**
   * The edge does not give the root, and the root alone cannot tell which of its tiles is to blame. If one was changed,
   * it is the one that does not agree with the full tiles below it, or else the lowest.
   */
  async function findWrongEdge(): Promise<Problem> {
    const tiles = edgeTiles(size);
    for (const tile of tiles.toReversed()) {
      for (let at = 0; tile.level > 0 && at < tile.width; at += 1) {
        const below = { level: tile.level - 1, index: tile.index * TILE_WIDTH + at, width: TILE_WIDTH };
        const layers = await readLayers(tree, below);
        if ('code' in layers) return layers;
        const hash = hashOf(edge.get(tile.level) ?? [], 0, at);
        if (!equalBytes(hashOf(layers, TILE_HEIGHT, 0), hash)) return wrongTile(tile);
      }
    }
    const [lowest = { level: 0, index: 0, width: 1 }] = tiles;
    return wrongTile(lowest);
  }
}

/** Every tile of a tree of that size: level by level, from the left. */
export function* tilesOfTree(size: number): Generator<Tile> {
  for (let level = 0; TILE_WIDTH ** level <= size; level += 1) {
    for (let index = 0; ; index += 1) {
      const width = widthOfTile(size, { level, index });
      if (width <= 0) break;
      yield { level, index, width };
    }
  }
}

/** The partial tiles, one a level at most, from the lowest. */
function edgeTiles(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; TILE_WIDTH ** level <= size; level += 1) {
    const index = Math.floor(size / TILE_WIDTH ** (level + 1));
    const width = widthOfTile(size, { level, index });
    if (width > 0) tiles.push({ level, index, width });
  }
  return tiles;
}

/** Hashes in the tile at that place of a tree; not positive where there is none. */
function widthOfTile(size: number, { level, index }: Pick<Tile, 'level' | 'index'>): number {
  return Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
}

/** Leaves from `start` up to, but not including, `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Whose roots make the audit path: RFC 9162 section 2.1.3.1, walked from the root down. */
function inclusionRanges(index: number, size: number): Range[] {
  const siblings: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const split = start + splitPoint(end - start);
    siblings.push(index < split ? { start: split, end } : { start, end: split });
    if (index < split) end = split;
    else start = split;
  }
  return siblings.toReversed();
}

/** Whose roots make the consistency proof: RFC 9162 section 2.1.4.1, walked from the root down. */
function consistencyRanges(older: number, size: number): Range[] {
  const ranges: Range[] = [];
  let [start, end] = [0, size];
  while (end !== older) {
    const split = start + splitPoint(end - start);
    ranges.push(older <= split ? { start: split, end } : { start, end: split });
    if (older <= split) end = split;
    else start = split;
  }
  // The older tree itself needs no proof: its root is known to whoever asks.
  if (start > 0) ranges.push({ start, end });
  return ranges.toReversed();
}

/** Largest power of two smaller than n (n ≥ 2). By doubling: bit operations and logarithms are wrong for large sizes. */
function splitPoint(n: number): number {
  let split = 1;
  while (split * 2 < n) split *= 2;
  return split;
}

async function readLayers({ read, sha256 }: KnownTree, tile: Tile): Promise<Layers | Problem> {
  const path = tilePath(tile);
  const bytes = await read(path);
  if (bytes === null) return { code: 'file-missing', path, message: 'a tile of the tree is missing' };
  if (bytes.length !== tile.width * HASH_BYTES) return wrongTile(tile);
  let layer: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES) layer.push(bytes.slice(at, at + HASH_BYTES));
  const layers = [layer];
  while (layers.length <= TILE_HEIGHT) {
    layer = parentsOf(layer, sha256);
    layers.push(layer);
  }
  return layers;
}

/** Of an odd number the last has no parent yet. */
function parentsOf(hashes: readonly Uint8Array[], sha256: Sha256): Uint8Array[] {
  const parents: Uint8Array[] = [];
  let left: Uint8Array | null = null;
  for (const hash of hashes) {
    if (left !== null) parents.push(nodeHash(left, hash, sha256));
    left = left === null ? hash : null;
  }
  return parents;
}

function hashOf(layers: Layers, layer: number, at: number): Uint8Array {
  const hash = layers[layer]?.[at];
  if (hash === undefined) throw new TypeError('the tree has no such hash');
  return hash;
}

function requireWithin(value: number, least: number, most: number): void {
  if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
    throw new TypeError(`${value} is not between ${least} and ${most}`);
  }
}

function wrongTile(tile: Tile): Problem {
  const message = 'its hashes are not those of the tree whose root the checkpoint signs';
  return { code: 'tile-wrong', path: tilePath(tile), message };
}
