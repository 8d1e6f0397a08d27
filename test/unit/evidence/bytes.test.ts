import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  concatBytes,
  equalBytes,
  fromBase64,
  fromBase64Url,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  utf8,
} from '../../../core/evidence/bytes.ts';

describe('base64', () => {
  test('what is written is what Node writes, and reads back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(fromBase64(toBase64(bytes))).toEqual(Uint8Array.from(bytes));
        const urlSafe = toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_');
        expect(fromBase64Url(urlSafe)).toEqual(Uint8Array.from(bytes));
      }),
    );
  });

  test('one value has one text: whatever is accepted is what would be written', () => {
    const digits = fc.constantFrom('A', 'B', 'Q', 'R', 'g', '+', '/', '=', '-', '_', ' ', '\n');
    fc.assert(
      fc.property(fc.array(digits, { maxLength: 8 }), (characters) => {
        const text = characters.join('');
        const bytes = fromBase64(text);
        expect(bytes === null ? text : toBase64(bytes)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['padding is missing', 'QQ'],
    ['bits are left over', 'QR=='],
    ['bits are left over before one pad', 'QUJ='],
    ['there is white space', 'QQ= ='],
    ['there is a line end at the end', 'QQ==\n'],
    ['padding stands in the middle', 'QQ==QQ=='],
    ['it is nothing but padding', '===='],
    ['the alphabet is the other one', '-_-_'],
    ['a character is not ASCII', 'QUJ\u0141'],
  ])('is refused when %s', (_, text) => {
    expect(fromBase64(text)).toBeNull();
  });
});

test('hex reads lower case in pairs and nothing else', () => {
  expect(fromHex('00ff10')).toEqual(Uint8Array.of(0, 255, 16));
  expect(toHex(Uint8Array.of(0, 255, 16))).toBe('00ff10');
  for (const text of ['0', '0G', 'FF', '0x00', ' 00']) expect(fromHex(text)).toBeNull();
});

test('bytes that are not UTF-8 have no text, and a byte order mark is not swallowed', () => {
  expect(fromUtf8(Uint8Array.of(0xff))).toBeNull();
  expect(fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toBeNull();
  expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\uFEFFA');
  expect(fromUtf8(utf8('größer ✓'))).toBe('größer ✓');
});

test('bytes are joined and compared by content', () => {
  expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
});
