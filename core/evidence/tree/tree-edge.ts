import { concatBytes, fromBase64, toBase64 } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import { emptyRoot, nodeHash } from './merkle.ts';

/**
 * All that a writer must keep of a tree to append to it: per level the hashes of the newest partial tile (0–255 each).
 * Level l counts subtrees of 256^l leaves, so the widths are the tree's size written in base 256. An edge is a value:
 * nothing here changes one in place.
 */
export type TreeEdge = readonly (readonly Uint8Array[])[];

export const emptyEdge: TreeEdge = [];

const TILE = 256;
const HASH = 32;

/** Number of leaves in the tree. */
export function sizeOfEdge(edge: TreeEdge): number {
  return edge.reduce((size, hashes, level) => size + hashes.length * TILE ** level, 0);
}

/** The edge after one more leaf hash (`leafHash` of merkle.ts). */
export function appendLeaf(edge: TreeEdge, leaf: Uint8Array, sha256: Sha256): TreeEdge {
  const [lowest = [], ...above] = edge;
  const grown = [...lowest, leaf];
  return grown.length < TILE ? [grown, ...above] : [[], ...appendLeaf(above, foldTile(grown, sha256), sha256)];
}

/** RFC 6962 root of the whole tree. */
export function rootOfEdge(edge: TreeEdge, sha256: Sha256): Uint8Array {
  // The tree is a row of perfect subtrees of falling size, one for each 1 bit of its size; it is folded from the right.
  const row = edge.toReversed().flatMap((hashes) => perfectSubtrees(hashes, sha256));
  const last = row.pop();
  if (last === undefined) return emptyRoot(sha256);
  return row.reduceRight((right, left) => nodeHash(left, right, sha256), last);
}

/** Root over the 256 hashes of a full tile (any power of two of them): one hash of the level above. */
export function foldTile(hashes: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  const [only, second] = hashes;
  if (only === undefined) throw new TypeError('a tile has at least one hash');
  if (second === undefined) return only;
  const half = hashes.length / 2;
  return nodeHash(foldTile(hashes.slice(0, half), sha256), foldTile(hashes.slice(half), sha256), sha256);
}

function perfectSubtrees(hashes: readonly Uint8Array[], sha256: Sha256): Uint8Array[] {
  const roots: Uint8Array[] = [];
  let start = 0;
  for (let width = TILE / 2; width >= 1; width /= 2) {
    if (hashes.length - start < width) continue;
    roots.push(foldTile(hashes.slice(start, start + width), sha256));
    start += width;
  }
  return roots;
}

/** For storing as JSON: one base64 text a level. */
export function encodeEdge(edge: TreeEdge): string[] {
  return edge.map((hashes) => toBase64(concatBytes(...hashes)));
}

/** The inverse of `encodeEdge`, for what comes back from a store. */
export function decodeEdge(levels: readonly string[]): Parsed<TreeEdge> {
  const edge: Uint8Array[][] = [];
  for (const level of levels) {
    const bytes = fromBase64(level);
    if (bytes === null || bytes.length % HASH !== 0 || bytes.length >= TILE * HASH) {
      return { ok: false, issue: `level ${edge.length} of a tree edge is not 0 to 255 hashes in base64` };
    }
    const hashes: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += HASH) hashes.push(bytes.slice(at, at + HASH));
    edge.push(hashes);
  }
  return { ok: true, value: edge };
}
