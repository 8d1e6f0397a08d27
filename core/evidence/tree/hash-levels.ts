import type { Sha256 } from '../bytes.ts';
import { TILE_WIDTH, tilePath } from './tiles.ts';
import type { Tile } from './tiles.ts';
import { rootOfEdge } from './tree-edge.ts';
import type { TreeEdge } from './tree-edge.ts';

/**
 * All hashes that a tree's tiles hold, level by level, each level in one array: a million leaves as objects of their own
 * would take ten times their 32 bytes.
 */
export interface HashLevels {
  /** Leaves. */
  readonly size: number;
  /** Level l holds one hash of 32 bytes for every whole subtree of 256^l leaves. */
  readonly levels: readonly Uint8Array[];
}

export const HASH_BYTES = 32;
const TILE_BYTES = TILE_WIDTH * HASH_BYTES;
const NODE = 1;

/**
 * @param leaves leaf hashes, one after the other; kept, not copied
 * @param known levels of a prefix of the same leaves: not hashed again
 */
export function buildLevels(leaves: Uint8Array, sha256: Sha256, known?: HashLevels): HashLevels {
  const fold = folder(sha256);
  const levels = [leaves];
  for (let below = leaves; below.length >= TILE_BYTES;) {
    const level = new Uint8Array(Math.floor(below.length / TILE_BYTES) * HASH_BYTES);
    const before = known?.levels[levels.length] ?? new Uint8Array();
    level.set(before);
    for (let at = before.length; at < level.length; at += HASH_BYTES) {
      level.set(fold(below.subarray(at * TILE_WIDTH, at * TILE_WIDTH + TILE_BYTES)), at);
    }
    levels.push(level);
    below = level;
  }
  return { size: leaves.length / HASH_BYTES, levels };
}

/** Root over the first `size` leaves. */
export function rootAt({ levels }: HashLevels, size: number, sha256: Sha256): Uint8Array {
  const edge: TreeEdge = levels.map((hashes, level) => {
    const whole = Math.floor(size / TILE_WIDTH ** level);
    const row: Uint8Array[] = [];
    for (let at = whole - (whole % TILE_WIDTH); at < whole; at += 1) {
      row.push(hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
    }
    return row;
  });
  return rootOfEdge(edge, sha256);
}

/** Every tile that the tree has, with its bytes (a view). */
export function* tilesOf({ levels }: HashLevels): Generator<{
  readonly tile: Tile;
  readonly path: string;
  readonly bytes: Uint8Array;
}> {
  for (const [level, hashes] of levels.entries()) {
    for (let index = 0; index * TILE_BYTES < hashes.length; index += 1) {
      const bytes = hashes.subarray(index * TILE_BYTES, (index + 1) * TILE_BYTES);
      const tile = { level, index, width: bytes.length / HASH_BYTES };
      yield { tile, path: tilePath(tile), bytes };
    }
  }
}

/** Root over a full tile. One buffer for all: this is nearly all of the hashing beside the records themselves. */
function folder(sha256: Sha256): (tile: Uint8Array) => Uint8Array {
  const row = new Uint8Array(TILE_BYTES);
  const node = new Uint8Array(1 + 2 * HASH_BYTES);
  node[0] = NODE;
  return (tile) => {
    row.set(tile);
    for (let width = TILE_WIDTH; width > 1; width /= 2) {
      for (let at = 0; at < width; at += 2) {
        node.set(row.subarray(at * HASH_BYTES, (at + 2) * HASH_BYTES), 1);
        row.set(sha256(node), (at / 2) * HASH_BYTES);
      }
    }
    return row.subarray(0, HASH_BYTES);
  };
}
