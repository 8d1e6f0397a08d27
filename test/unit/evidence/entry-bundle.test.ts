import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { entryBundlePath, formatEntryBundle, parseEntryBundle } from '../../../core/evidence/tree/entry-bundle.ts';

test('a bundle is each entry behind its length in two bytes, big endian', () => {
  const bytes = formatEntryBundle([Uint8Array.of(7), new Uint8Array(0), new Uint8Array(258)]);
  expect(bytes.slice(0, 7)).toEqual(Uint8Array.of(0, 1, 7, 0, 0, 1, 2));
  expect(bytes).toHaveLength(7 + 258);
});

test('a bundle is read back to the entries that it was made from', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), (entries) => {
      expect(parseEntryBundle(formatEntryBundle(entries))).toEqual({ ok: true, value: entries });
    }),
  );
});

test('the longest record fits, and one byte more is a mistake of the caller', () => {
  expect(formatEntryBundle([new Uint8Array(65_535)])).toHaveLength(65_537);
  expect(() => formatEntryBundle([new Uint8Array(65_536)])).toThrow(TypeError);
});

test('a bundle that is cut anywhere but between two entries is refused', () => {
  const bytes = formatEntryBundle([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
  for (let end = 1; end < bytes.length; end += 1) expect(parseEntryBundle(bytes.slice(0, end)).ok).toBe(end === 5);
});

test('its path counts tiles, and a partial one says how many entries it has', () => {
  expect(entryBundlePath(0, 256)).toBe('tile/entries/000');
  expect(entryBundlePath(256, 3)).toBe('tile/entries/001.p/3');
  expect(entryBundlePath(256 * 1_234_067, 256)).toBe('tile/entries/x001/x234/067');
});
