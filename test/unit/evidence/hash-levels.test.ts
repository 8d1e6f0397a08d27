import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../../core/evidence/bytes.ts';
import { buildLevels, HASH_BYTES, rootAt, tilesOf } from '../../../core/evidence/tree/hash-levels.ts';
import { LeafSet } from '../../../core/evidence/tree/leaf-set.ts';
import { rootOfLeaves } from '../../../core/evidence/tree/merkle.ts';
import { tilesFor } from '../../../core/evidence/tree/tiles.ts';
import { emptyEdge } from '../../../core/evidence/tree/tree-edge.ts';
import { sha256 } from '../../support/evidence-log.ts';

/** Enough for a full tile at level 1. */
const MOST = 256 * 256 + 300;
const hashes = Array.from({ length: MOST }, (_, at) => sha256(utf8(String(at))));

describe('the hashes of a tree in one array a level', () => {
  test.each([1, 2, 255, 256, 257, 511, 512, 1_000, 65_535, 65_536, MOST])(
    'give the tiles of %i leaves that the writer writes',
    (size) => {
      const leaves = hashes.slice(0, size);
      const levels = buildLevels(concatBytes(...leaves), sha256);
      const tiles = [...tilesOf(levels)].map(({ path, bytes }) => ({ path, bytes }));
      expect(tiles).toEqual(tilesFor(emptyEdge, leaves, sha256).additions);
    },
  );

  test('give the root of RFC 6962 at every size, also when built on an older state', () => {
    const size = fc.integer({ min: 1, max: 1_200 });
    fc.assert(
      fc.property(size, size, (one, other) => {
        const [older, newer] = [Math.min(one, other), Math.max(one, other)];
        const all = concatBytes(...hashes.slice(0, newer));
        const known = buildLevels(all.slice(0, older * HASH_BYTES), sha256);
        const grown = buildLevels(all, sha256, known);
        expect(grown).toEqual(buildLevels(all, sha256));
        expect(rootAt(grown, newer, sha256)).toEqual(rootOfLeaves(hashes.slice(0, newer), sha256));
        expect(rootAt(grown, older, sha256)).toEqual(rootOfLeaves(hashes.slice(0, older), sha256));
      }),
      { numRuns: 40 },
    );
  });

  test('of nothing have the root of the empty tree', () => {
    const none = buildLevels(new Uint8Array(), sha256);
    expect(rootAt(none, 0, sha256)).toEqual(sha256(new Uint8Array()));
    expect([...tilesOf(none)]).toEqual([]);
  });
});

describe('a set of leaves', () => {
  test('knows each that it has seen, also among those that differ in one late byte', () => {
    const alike = Array.from({ length: 300 }, (_, at) => {
      const hash = new Uint8Array(HASH_BYTES);
      hash.set([at >> 8, at & 255], HASH_BYTES - 2);
      return hash;
    });
    const leaves = concatBytes(...alike, ...hashes.slice(0, 300), ...alike, ...hashes.slice(0, 300));
    const seen = new LeafSet(leaves);
    for (let at = 0; at < 1_200; at += 1) expect(seen.add(at)).toBe(at < 600);
  });
});
