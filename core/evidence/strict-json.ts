import { fromUtf8 } from './bytes.ts';
import type { Parsed } from './bytes.ts';

/** The only way in which evidence JSON is written: two spaces, a last newline, and nothing else to choose. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * Parses JSON that must be exactly what `renderJson` gives. That alone refuses duplicate keys, hidden white space,
 * trailing bytes, other escapes and other spellings of a number: two readers cannot see two things.
 */
export function parseCanonicalJson(bytes: Uint8Array): Parsed<unknown> {
  const parsed = parseWellFormed(bytes);
  if (!parsed.ok) return parsed;
  if (renderJson(parsed.value.json) !== parsed.value.text) {
    return { ok: false, issue: 'not in canonical form (duplicate key, white space or spelling)' };
  }
  return { ok: true, value: parsed.value.json };
}

/** Parses JSON in any layout, but without duplicate keys, lone surrogates or integers that a double cannot hold. */
export function parseStrictJson(bytes: Uint8Array): Parsed<unknown> {
  const parsed = parseWellFormed(bytes);
  if (!parsed.ok) return parsed;
  if (hasDuplicateKey(parsed.value.text)) return { ok: false, issue: 'a key stands twice in one object' };
  return { ok: true, value: parsed.value.json };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseWellFormed(bytes: Uint8Array): Parsed<{ readonly text: string; readonly json: unknown }> {
  const text = fromUtf8(bytes);
  if (text === null) return { ok: false, issue: 'not UTF-8' };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, issue: 'not JSON' };
  }
  const issue = findUnsafe(json, 0);
  return issue === null ? { ok: true, value: { text, json } } : { ok: false, issue };
}

/** Deeper than any record; keeps a hostile file from exhausting the stack here or in JSON.stringify. */
const MAX_DEPTH = 64;

function findUnsafe(value: unknown, depth: number): string | null {
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
  if (typeof value === 'string') return value.isWellFormed() ? null : 'a string holds half a character';
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? 'an integer is larger than 2^53' : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, member] of Object.entries(value)) {
    if (!key.isWellFormed()) return 'a key holds half a character';
    const issue = findUnsafe(member, depth + 1);
    if (issue !== null) return issue;
  }
  return null;
}

/** @param text is known to be JSON, so only its strings and brackets need to be told apart */
function hasDuplicateKey(text: string): boolean {
  // One entry for each open bracket: the keys seen of an object, null for an array.
  const open: (Set<string> | null)[] = [];
  for (const [token, , isKey] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (isKey !== undefined) {
      // The same key may be spelt with and without escapes: compare what it means.
      const key: unknown = JSON.parse(token.slice(0, token.length - isKey.length));
      const keys = open.at(-1);
      if (!keys || typeof key !== 'string' || keys.has(key)) return true;
      keys.add(key);
    }
  }
  return false;
}
