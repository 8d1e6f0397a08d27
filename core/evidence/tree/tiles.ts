import { concatBytes } from '../bytes.ts';
import type { Sha256 } from '../bytes.ts';
import { foldTile, sizeOfEdge } from './tree-edge.ts';
import type { TreeEdge } from './tree-edge.ts';

/** Hashes in a full tile (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;

/** One hash tile: at `level` l its hash i is the root over 256^l leaves. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  /** 1–255: partial; 256: full. */
  readonly width: number;
}

/**
 * Path of a hash tile: `tile/<L>/<N>[.p/<W>]`, N in groups of three digits, all but the last with an x in front
 * (1234067 → `x001/x234/067`).
 * @see C2SP tlog-tiles, section "Merkle tree"
 */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g) ?? [];
  const number = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${number}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** The tile that a path names, or null; only the one spelling that `tilePath` gives is a tile path. */
export function parseTilePath(path: string): Tile | null {
  const match = /^tile\/(\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  const [, level, number, width] = match ?? [];
  if (level === undefined || number === undefined) return null;
  const tile = {
    level: Number(level),
    index: Number(number.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const isSane =
    tile.level < 64 &&
    tile.width >= 1 &&
    tile.width <= TILE_WIDTH &&
    Number.isSafeInteger(tile.index) &&
    tilePath(tile) === path;
  // `.p/256` is not a spelling of a full tile: tilePath gives the path without it, so the comparison refuses it.
  return isSane ? tile : null;
}

export interface TileChange {
  readonly additions: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** Partial tiles that a wider or full one replaces: only the newest of each level is kept. */
  readonly deletions: readonly string[];
  readonly edge: TreeEdge;
}

/** What changes among the tiles when these leaf hashes are appended. */
export function tilesFor(before: TreeEdge, newLeaves: readonly Uint8Array[], sha256: Sha256): TileChange {
  const additions: { path: string; bytes: Uint8Array }[] = [];
  const deletions: string[] = [];
  const edge: (readonly Uint8Array[])[] = [];
  const sizeBefore = sizeOfEdge(before);
  let fresh = newLeaves;
  for (let level = 0; level < before.length || fresh.length > 0; level += 1) {
    const old = before[level] ?? [];
    const hashes = [...old, ...fresh];
    let index = Math.floor(sizeBefore / TILE_WIDTH ** (level + 1));
    let start = 0;
    const parents: Uint8Array[] = [];
    for (; hashes.length - start >= TILE_WIDTH; start += TILE_WIDTH, index += 1) {
      const full = hashes.slice(start, start + TILE_WIDTH);
      additions.push({ path: tilePath({ level, index, width: TILE_WIDTH }), bytes: concatBytes(...full) });
      parents.push(foldTile(full, sha256));
    }
    const rest = hashes.slice(start);
    if (fresh.length > 0) {
      if (rest.length > 0) {
        additions.push({ path: tilePath({ level, index, width: rest.length }), bytes: concatBytes(...rest) });
      }
      if (old.length > 0) {
        const oldIndex = Math.floor(sizeBefore / TILE_WIDTH ** (level + 1));
        deletions.push(tilePath({ level, index: oldIndex, width: old.length }));
      }
    }
    edge.push(rest);
    fresh = parents;
  }
  return { additions, deletions, edge };
}
