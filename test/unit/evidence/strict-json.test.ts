import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { parseCanonicalJson, parseStrictJson, renderJson } from '../../../core/evidence/strict-json.ts';

const hostile: readonly (readonly [string, string | Uint8Array])[] = [
  ['a key stands twice', '{"a":1,"a":2}'],
  ['a key stands twice, once escaped', '{"a":1,"\\u0061":2}'],
  ['a key stands twice deeper down', '[{"x":{"a":1,"b":{"a":1},"a":2}}]'],
  ['something follows', '{} {}'],
  ['nothing is there', ''],
  ['a string holds half a character', '{"a":"\\ud800"}'],
  ['a key holds half a character', '{"\\udc00":1}'],
  ['an integer is beyond 2^53', '{"a":9007199254740993}'],
  ['an integer is written as 1e300', '{"a":1e300}'],
  ['there is a byte order mark', '\uFEFF{}'],
  ['it is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ['it is nested too deep', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
  ['there is a comment', '{} // x'],
];

describe.each(hostile)('when %s', (_, text) => {
  const bytes = typeof text === 'string' ? utf8(text) : text;
  test('strict JSON is refused', () => expect(parseStrictJson(bytes).ok).toBe(false));
  test('canonical JSON is refused', () => expect(parseCanonicalJson(bytes).ok).toBe(false));
});

test('strict JSON may be laid out in any way, and equal keys in different objects are no duplicates', () => {
  const text = ' {"a" : {"a":[{"b":1},{"b":"{\\"b\\":1,\\"b\\":2}"}]}, "b": "\\\\", "c":-0.5e-3}\n';
  const parsed = parseStrictJson(utf8(text));
  expect(parsed).toEqual({ ok: true, value: JSON.parse(text) });
});

test('what is rendered is canonical, and another layout of the same value is not', () => {
  const safe = fc.jsonValue({ maxDepth: 4 }).filter((value) => parseStrictJson(utf8(JSON.stringify(value))).ok);
  fc.assert(
    fc.property(safe, fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const text = renderJson(value);
      expect(parseCanonicalJson(utf8(text))).toEqual({ ok: true, value: JSON.parse(text) });
      expect(parseCanonicalJson(utf8(JSON.stringify(value, null, indent))).ok).toBe(false);
    }),
  );
});

test('canonical JSON is refused for another escape, number or order of number-like keys of the same value', () => {
  for (const text of ['"\\u0041"\n', '"\\/"\n', '1.0\n', '10e0\n', '-0\n', '{\n  "2": 1,\n  "1": 1\n}\n', '{ }\n']) {
    expect(parseCanonicalJson(utf8(text)).ok).toBe(false);
    expect(parseStrictJson(utf8(text)).ok).toBe(true);
  }
});
