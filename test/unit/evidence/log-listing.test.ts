import { describe, expect, test } from 'vitest';
import { checkCoverage, sortListing } from '../../../core/evidence/verify/log-listing.ts';
import type { ListedFile } from '../../../core/evidence/verify/log-listing.ts';

const plain = (path: string, id?: string): ListedFile => ({ path, mode: '100644', ...(id !== undefined && { id }) });
const record = (index: number, kind = 'heartbeat', day = '2026/11/21'): ListedFile =>
  plain(`records/${day}/${String(index).padStart(9, '0')}-${kind}.json`);
const signatures = (first: number, last: number): ListedFile =>
  plain(`signatures/2026/11/21/${String(first).padStart(9, '0')}-${String(last).padStart(9, '0')}.json`);
const heads = [plain('checkpoint'), plain('.gitattributes')];

function listingOf(...files: readonly ListedFile[]) {
  const listing = sortListing([...heads, ...files]);
  if ('code' in listing) throw new TypeError(listing.message);
  return listing;
}

describe('a listing', () => {
  test('in any order has every file in its place, with what its source calls it', () => {
    const listing = listingOf(record(1), plain('tile/0/000.p/2', 'abc'), signatures(1, 1), record(0), signatures(0, 0));
    expect(listing.records.get(0)).toMatchObject({ index: 0, kind: 'heartbeat', id: undefined });
    expect(listing.signatures.map(({ name }) => name.first)).toEqual([0, 1]);
    expect(listing.tiles.get('tile/0/000.p/2')).toBe('abc');
    expect(checkCoverage(listing, 2)).toBeNull();
  });

  test.each<[string, readonly ListedFile[], object]>([
    ['one path twice', [plain('tile/0/000'), plain('tile/0/000')], { code: 'path-twice', path: 'tile/0/000' }],
    ['one record twice', [record(3), record(3)], { code: 'path-twice', index: 3 }],
    ['one file that is no evidence twice', [plain('README.md'), plain('README.md')], { code: 'path-twice' }],
    ['a head twice', [plain('checkpoint')], { code: 'path-twice', path: 'checkpoint' }],
    [
      'two records of one index',
      [record(3, 'void'), record(3, 'drift')],
      { code: 'path-twice', path: record(3, 'void').path, index: 3 },
    ],
    [
      'two records of one index far beyond all others',
      [record(900_000_000, 'void'), record(900_000_000, 'drift')],
      { code: 'path-twice', path: record(900_000_000, 'void').path },
    ],
    ['several that do not belong', [plain('z'), plain('b'), plain('c')], { code: 'unknown-path', path: 'b' }],
    [
      'a link and, before it by name, a stranger',
      [{ ...plain('tile/0/000'), mode: '120000' }, plain('a')],
      { path: 'a' },
    ],
  ])('with %s is refused, whatever the order', (_, files, problem) => {
    for (const order of [files, files.toReversed()]) {
      expect(sortListing([...heads, ...order])).toMatchObject(problem);
      expect(sortListing([...order, ...heads])).toMatchObject(problem);
    }
  });

  test.each<[string, readonly ListedFile[], object]>([
    ['a record missing', [record(0), record(2)], { code: 'record-missing', index: 1 }],
    ['a record beyond', [record(0), record(1), record(2)], { code: 'record-beyond-checkpoint', index: 2 }],
    ['one far beyond', [record(0), record(1), record(10 ** 15)], { code: 'record-beyond-checkpoint', index: 10 ** 15 }],
    ['no signatures of the last', [record(0), record(1), signatures(0, 0)], { code: 'signatures-missing', index: 1 }],
    [
      'two signatures of one record',
      [record(0), record(1), signatures(0, 1), signatures(1, 1)],
      { code: 'signatures-overlap', index: 1 },
    ],
    ['signatures beyond', [record(0), record(1), signatures(0, 2)], { code: 'signatures-misplaced', index: 2 }],
  ])('against a checkpoint of two has %s', (_, files, gap) => {
    expect(checkCoverage(listingOf(...files), 2)).toMatchObject(gap);
  });

  test('finds the records of a kind from one index up to another', () => {
    const { records } = listingOf(record(2, 'void'), record(0, 'log-opened'), record(1, 'void'), record(3, 'void'));
    expect(records.ofKinds(new Set(['void']), 1, 3).map(({ index }) => index)).toEqual([1, 2]);
    expect(records.ofKinds(new Set(['void', 'log-opened']), 0, 99)).toHaveLength(4);
  });
});
