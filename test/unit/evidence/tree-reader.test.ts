import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../adapters/signing/node-crypto.ts';
import { concatBytes, utf8 } from '../../../core/evidence/bytes.ts';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  rootOfLeaves,
  verifyConsistency,
  verifyInclusion,
} from '../../../core/evidence/tree/merkle.ts';
import { tilePath, tilesFor } from '../../../core/evidence/tree/tiles.ts';
import { emptyEdge, rootOfEdge } from '../../../core/evidence/tree/tree-edge.ts';
import { openTree, tilesOfTree } from '../../../core/evidence/tree/tree-reader.ts';
import type { TreeReader } from '../../../core/evidence/tree/tree-reader.ts';

const LARGEST = 66_100;
const leaves = Array.from({ length: LARGEST }, (_, index) => leafHash(utf8(`record ${index}`), sha256));

/** Around every place where a tile fills, a level begins or the edge has a gap. */
const sizes = [1, 2, 3, 7, 255, 256, 257, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 65_792, LARGEST];

interface Tree {
  readonly files: Map<string, Uint8Array>;
  readonly root: Uint8Array;
  readonly reads: string[];
}

function treeOf(size: number): Tree {
  const { additions, edge } = tilesFor(emptyEdge, leaves.slice(0, size), sha256);
  const files = new Map(additions.map(({ path, bytes }) => [path, bytes]));
  return { files, root: rootOfEdge(edge, sha256), reads: [] };
}

async function reader(size: number, { files, root, reads }: Tree): Promise<TreeReader> {
  const opened = await open(size, { files, root, reads });
  if ('code' in opened) throw new Error(opened.message);
  return opened;
}

function open(size: number, { files, root, reads }: Tree) {
  const read = (path: string): Promise<Uint8Array | null> => {
    reads.push(path);
    return Promise.resolve(files.get(path) ?? null);
  };
  return openTree({ size, root, read, sha256 });
}

function hashes(answer: readonly Uint8Array[] | { readonly message: string }): readonly Uint8Array[] {
  if ('message' in answer) throw new Error(answer.message);
  return answer;
}

describe('a tree read by its tiles', () => {
  // Of the large trees one is walked leaf by leaf, the others in steps that still touch every tile.
  const walks = sizes.map((size) => [size, size > 1_000 && size !== 65_537 ? 97 : 1] as const);

  test.each(walks)(
    'of %i leaves: proofs of every leaf (step %i) verify, and read each tile once',
    async (size, step) => {
      const tree = treeOf(size);
      const read = await reader(size, tree);
      for (let index = 0; index < size; index += step) {
        const proof = hashes(await read.inclusionProof(index));
        const leaf = leaves[index] ?? new Uint8Array(0);
        const claim = { leafIndex: BigInt(index), treeSize: BigInt(size), leafHash: leaf, proof, root: tree.root };
        if (!verifyInclusion(claim, sha256)) throw new Error(`the proof of leaf ${index} does not verify`);
      }
      expect(tree.reads.toSorted()).toEqual([...tree.files.keys()].sort());
      expect([...tilesOfTree(size)].map(tilePath).sort()).toEqual([...tree.files.keys()].sort());
      for (const tile of tilesOfTree(size)) expect(await read.tile(tile)).toEqual(tree.files.get(tilePath(tile)));
    },
  );

  test('gives the very proofs that are made from all leaves, for any size, older size and leaf', async () => {
    const some = fc.oneof(fc.constantFrom(...sizes.slice(0, 11)), fc.integer({ min: 1, max: 1_400 }));
    await fc.assert(
      fc.asyncProperty(some, fc.nat(), fc.nat(), async (size, pickSize, pickLeaf) => {
        const older = (pickSize % size) + 1;
        const index = pickLeaf % older;
        const tree = treeOf(size);
        const read = await reader(size, tree);
        const before = leaves.slice(0, older);
        expect(await read.inclusionProof(index, older)).toEqual(inclusionProof(before, index, sha256));
        expect(await read.consistencyProof(older)).toEqual(consistencyProof(leaves.slice(0, size), older, sha256));
        const oldest = (pickLeaf % older) + 1;
        expect(await read.consistencyProof(oldest, older)).toEqual(consistencyProof(before, oldest, sha256));
        expect(await read.rootAt(older)).toEqual(rootOfLeaves(before, sha256));
        expect(await read.leaf(index)).toEqual(leaves[index]);
      }),
      { numRuns: 60 },
    );
  });

  test('any two sizes of one growing log are consistent, also past 65,536', async () => {
    for (const size of sizes) {
      const tree = treeOf(size);
      const read = await reader(size, tree);
      for (const older of sizes.filter((candidate) => candidate <= size)) {
        const claim = {
          size1: BigInt(older),
          size2: BigInt(size),
          root1: treeOf(older).root,
          root2: tree.root,
          proof: hashes(await read.consistencyProof(older)),
        };
        expect(verifyConsistency(claim, sha256)).toBe(true);
      }
    }
  });

  test('reads for one proof only the tiles on its path', async () => {
    const tree = treeOf(LARGEST);
    const read = await reader(LARGEST, tree);
    await read.inclusionProof(5_000);
    expect(tree.reads.toSorted()).toEqual([
      'tile/0/019',
      'tile/0/258.p/52',
      'tile/1/000',
      'tile/1/001.p/2',
      'tile/2/000.p/1',
    ]);
  });

  test.each([[300], [LARGEST]])('of %i leaves: names the tile in which a single bit was changed', async (size) => {
    const tree = treeOf(size);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...tree.files), fc.nat(), fc.nat(7), async ([path, bytes], at, bit) => {
        const changed = Uint8Array.from(bytes);
        const place = at % changed.length;
        changed[place] = (changed[place] ?? 0) ^ (1 << bit);
        expect(await readAll(size, { ...tree, files: new Map(tree.files).set(path, changed) })).toEqual({
          code: 'tile-wrong',
          path,
          message: expect.stringContaining('signs'),
        });
      }),
      { numRuns: 20 },
    );
  });

  test('refuses a tile that is missing, empty, too long or cut short', async () => {
    const tree = treeOf(300);
    for (const [path, bytes] of tree.files) {
      const without = new Map(tree.files);
      without.delete(path);
      expect(await readAll(300, { ...tree, files: without })).toMatchObject({ code: 'file-missing', path });
      for (const wrong of [new Uint8Array(0), bytes.slice(1), bytes.slice(32), concatBytes(bytes, bytes)]) {
        const files = new Map(tree.files).set(path, wrong);
        expect(await readAll(300, { ...tree, files })).toMatchObject({ code: 'tile-wrong', path });
      }
    }
  });

  test('refuses another root, and a size that its tiles do not have', async () => {
    const tree = treeOf(300);
    expect(await open(300, { ...tree, root: treeOf(299).root })).toMatchObject({ code: 'tile-wrong' });
    expect(await open(299, tree)).toMatchObject({ code: 'file-missing', path: 'tile/0/001.p/43' });
    const largest = await open(Number.MAX_SAFE_INTEGER, tree);
    expect(largest).toMatchObject({ code: 'file-missing' });
  });

  test('an index, size or tile outside the tree is a mistake of the caller', async () => {
    const read = await reader(300, treeOf(300));
    expect(() => read.inclusionProof(300)).toThrow(TypeError);
    expect(() => read.inclusionProof(5, 5)).toThrow(TypeError);
    expect(() => read.inclusionProof(0.5)).toThrow(TypeError);
    expect(() => read.consistencyProof(0)).toThrow(TypeError);
    expect(() => read.consistencyProof(301)).toThrow(TypeError);
    await expect(read.tile({ level: 5, index: 0, width: 1 })).rejects.toThrow(TypeError);
    await expect(read.tile({ level: 0, index: 1, width: 256 })).rejects.toThrow(TypeError);
    await expect(open(0, treeOf(300))).rejects.toThrow(TypeError);
  });
});

/** The first problem that reading every tile of the tree meets. */
async function readAll(size: number, tree: Tree) {
  const read = await open(size, tree);
  if ('code' in read) return read;
  for (const tile of tilesOfTree(size)) {
    const answer = await read.tile(tile);
    if ('code' in answer) return answer;
  }
  return null;
}
