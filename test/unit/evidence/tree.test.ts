import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../adapters/signing/node-crypto.ts';
import { concatBytes, toHex, utf8 } from '../../../core/evidence/bytes.ts';
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  rootOfLeaves,
  verifyConsistency,
  verifyInclusion,
} from '../../../core/evidence/tree/merkle.ts';
import { parseTilePath, tilePath, tilesFor } from '../../../core/evidence/tree/tiles.ts';
import {
  appendLeaf,
  decodeEdge,
  emptyEdge,
  encodeEdge,
  rootOfEdge,
  sizeOfEdge,
} from '../../../core/evidence/tree/tree-edge.ts';
import type { TreeEdge } from '../../../core/evidence/tree/tree-edge.ts';

const leaves = Array.from({ length: 1_100 }, (_, index) => leafHash(utf8(`record ${index}`), sha256));

describe('hashing', () => {
  test('leaf and empty root are those of RFC 6962 (values from transparency-dev/merkle)', () => {
    expect(toHex(leafHash(utf8('L123456'), sha256))).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    );
    expect(toHex(emptyRoot(sha256))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

describe('proofs', () => {
  const size = fc.integer({ min: 1, max: 300 });

  test('every inclusion proof that is made verifies, and for no other leaf, index, size or root', () => {
    fc.assert(
      fc.property(size, fc.nat(), (treeSize, pick) => {
        const tree = leaves.slice(0, treeSize);
        const index = pick % treeSize;
        const leaf = tree[index] ?? new Uint8Array(32);
        const claim = {
          leafIndex: BigInt(index),
          treeSize: BigInt(treeSize),
          leafHash: leaf,
          proof: inclusionProof(tree, index, sha256),
          root: rootOfLeaves(tree, sha256),
        };
        expect(verifyInclusion(claim, sha256)).toBe(true);
        const other = leaves[1_000] ?? leaf;
        expect(verifyInclusion({ ...claim, leafHash: other }, sha256)).toBe(false);
        expect(verifyInclusion({ ...claim, root: other }, sha256)).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...claim.proof, other] }, sha256)).toBe(false);
        expect(verifyInclusion({ ...claim, leafIndex: claim.treeSize }, sha256)).toBe(false);
        const isAlone = treeSize === 1;
        const next = BigInt((index + 1) % treeSize);
        expect(verifyInclusion({ ...claim, leafIndex: next }, sha256)).toBe(isAlone);
        expect(verifyInclusion({ ...claim, proof: claim.proof.slice(1) }, sha256)).toBe(isAlone);
      }),
    );
  });

  test('every consistency proof that is made verifies, and for no other older root', () => {
    fc.assert(
      fc.property(size, fc.nat(), (size2, pick) => {
        const size1 = (pick % size2) + 1;
        const claim = {
          size1: BigInt(size1),
          size2: BigInt(size2),
          root1: rootOfLeaves(leaves.slice(0, size1), sha256),
          root2: rootOfLeaves(leaves.slice(0, size2), sha256),
          proof: consistencyProof(leaves.slice(0, size2), size1, sha256),
        };
        expect(verifyConsistency(claim, sha256)).toBe(true);
        expect(verifyConsistency({ ...claim, root1: leaves[1_000] ?? claim.root1 }, sha256)).toBe(false);
        expect(verifyConsistency({ ...claim, root2: leaves[1_000] ?? claim.root2 }, sha256)).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...claim.proof, claim.root1] }, sha256)).toBe(false);
      }),
    );
  });

  test('a proof cannot be made from nothing, beyond the tree or for a leaf outside it', () => {
    expect(() => consistencyProof(leaves, 0, sha256)).toThrow(TypeError);
    expect(() => consistencyProof(leaves.slice(0, 3), 4, sha256)).toThrow(TypeError);
    expect(() => inclusionProof(leaves.slice(0, 3), 3, sha256)).toThrow(TypeError);
    expect(() => inclusionProof([], 0, sha256)).toThrow(TypeError);
  });
});

describe('the edge', () => {
  test('gives the root of the whole tree after every leaf, past the first full tiles', () => {
    let edge: TreeEdge = emptyEdge;
    expect(rootOfEdge(edge, sha256)).toEqual(emptyRoot(sha256));
    for (const [index, leaf] of leaves.slice(0, 600).entries()) {
      edge = appendLeaf(edge, leaf, sha256);
      expect(sizeOfEdge(edge)).toBe(index + 1);
      expect(rootOfEdge(edge, sha256)).toEqual(rootOfLeaves(leaves.slice(0, index + 1), sha256));
    }
  });

  test('survives being stored, and what a store garbled is refused', () => {
    const { edge } = tilesFor(emptyEdge, leaves, sha256);
    const stored: string[] = JSON.parse(JSON.stringify(encodeEdge(edge)));
    expect(decodeEdge(stored)).toEqual({ ok: true, value: edge });
    expect(decodeEdge(['AAAA']).ok).toBe(false);
    expect(decodeEdge(['*']).ok).toBe(false);
    expect(decodeEdge([Buffer.alloc(256 * 32).toString('base64')]).ok).toBe(false);
  });
});

describe('tiles', () => {
  test('any way of cutting the leaves into batches leaves the same tiles, edge and root', () => {
    const whole = tilesFor(emptyEdge, leaves, sha256);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 }), (widths) => {
        const files = new Map<string, Uint8Array>();
        let edge: TreeEdge = emptyEdge;
        let start = 0;
        for (const width of [...widths, leaves.length]) {
          const batch = leaves.slice(start, start + width);
          if (batch.length === 0) break;
          const change = tilesFor(edge, batch, sha256);
          for (const path of change.deletions) expect(files.delete(path)).toBe(true);
          for (const { path, bytes } of change.additions) files.set(path, bytes);
          edge = change.edge;
          start += batch.length;
        }
        expect(files).toEqual(new Map(whole.additions.map(({ path, bytes }) => [path, bytes])));
        expect(edge).toEqual(whole.edge);
      }),
      { numRuns: 25 },
    );
    expect(rootOfEdge(whole.edge, sha256)).toEqual(rootOfLeaves(leaves, sha256));
  });

  test('a batch that fills a tile writes it whole, starts the level above and drops the partial one', () => {
    const before = tilesFor(emptyEdge, leaves.slice(0, 250), sha256).edge;
    const { additions, deletions } = tilesFor(before, leaves.slice(250, 260), sha256);
    expect(additions.map(({ path }) => path)).toEqual(['tile/0/000', 'tile/0/001.p/4', 'tile/1/000.p/1']);
    expect(deletions).toEqual(['tile/0/000.p/250']);
    expect(additions[0]?.bytes).toEqual(concatBytes(...leaves.slice(0, 256)));
    expect(additions[2]?.bytes).toEqual(rootOfLeaves(leaves.slice(0, 256), sha256));
  });

  test.each([
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/001.p/1', { level: 0, index: 1, width: 1 }],
    ['tile/3/999.p/255', { level: 3, index: 999, width: 255 }],
    ['tile/0/x001/000', { level: 0, index: 1_000, width: 256 }],
    ['tile/0/x001/x234/067.p/44', { level: 0, index: 1_234_067, width: 44 }],
    ['tile/63/000', { level: 63, index: 0, width: 256 }],
  ])('%s is the path of one tile and the other way round', (path, tile) => {
    expect(parseTilePath(path)).toEqual(tile);
    expect(tilePath(tile)).toBe(path);
  });

  test.each([
    'tile/0/0',
    'tile/00/000',
    'tile/64/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/300',
    'tile/0/000.p/01',
    'tile/0/x000/001',
    'tile/0/001/000',
    'tile/0/x001',
    'tile/entries/000',
    'tile/0/000/',
    'Tile/0/000',
    'tile/0/000\n',
  ])('%j is not the path of a tile', (path) => {
    expect(parseTilePath(path)).toBeNull();
  });
});
