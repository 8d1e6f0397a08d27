/** One `key: value` line of a commit message. */
export interface Trailer {
  /** Lower case, words joined by `-`. */
  readonly key: string;
  readonly value: string;
}

/** A name with the mailbox after it; null when there is none. */
export interface NamedMailbox {
  readonly name: string;
  readonly email: string | null;
}

const LINE = /^[\s*•-]*([a-z][a-z0-9_ -]{1,40}?)\s*:\s*(\S.*)$/i;
// Squashing flattens messages, so the line's beginning is lost; one that stands in quotes or code is talked about, not given.
const FLATTENED = /(?<![\w`'"“‘>-])co-?authored-by\s*:\s*([^<>\n]{0,100}<[^<>\n]{1,200}>)/gi;
// `Unit tests: Assisted-by: Claude Code`
const INLINE = /(?<![\w`'"“‘>-])((?:assisted|generated)-by):\s*([^\s:][^\n]{0,200})/i;
const FENCED = /^```[\s\S]*?^```/gm;
// What `searchable` would change at all; most messages have nothing of it.
const SPECIAL = /[^\n\t\x20-\x7e]|\\|```|^[ \t]*>/m;
const EMAIL_AT_END = /^(.*?)[\s(]*([^\s<>()]+@[^\s<>()]+)\)?$/;

/**
 * The message as it is searched: one form for every hyphen and width, nothing invisible, `\n` that a tool wrote out as two characters made a
 * line end again, quotations (`>` lines, closed code fences) left out, because they are someone else's words.
 */
export function searchable(message: string): string {
  if (!SPECIAL.test(message)) return message;
  return message
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/\\r?\\n|\\n|\r\n?|[\u2028\u2029]/g, '\n')
    .replace(FENCED, '')
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('>'))
    .join('\n');
}

/**
 * Every trailer of a message, wherever it stands: a trailer is a trace here, not a statement, so the strict rules of
 * `git interpret-trailers` would only help whoever hides one.
 *
 * @param text from `searchable`; written by whoever pushed
 */
export function trailersOf(text: string): readonly Trailer[] {
  const found: Trailer[] = [];
  for (const line of text.split('\n')) {
    if (!line.includes(':')) continue;
    const match = LINE.exec(line);
    const key = match?.[1]?.toLowerCase().replace(/[\s_]+/g, '-');
    const value = match?.[2]?.trim();
    if (key !== undefined && value !== undefined) found.push({ key, value });
    if (/-by\b/i.test(line)) found.push(...inlineTrailers(line, key, value));
  }
  return found;
}

/** Trailers that stand inside a line; the one that the line itself is was found already. */
function* inlineTrailers(line: string, key: string | undefined, value: string | undefined): Iterable<Trailer> {
  for (const flattened of (key === 'co-authored-by' ? (value ?? '') : line).matchAll(FLATTENED)) {
    if (flattened[1] !== undefined) yield { key: 'co-authored-by', value: flattened[1].trim() };
  }
  const inline = key === 'assisted-by' || key === 'generated-by' ? null : INLINE.exec(line);
  if (inline?.[1] !== undefined && inline[2] !== undefined)
    yield { key: inline[1].toLowerCase(), value: inline[2].trim() };
}

/** Takes `Name <mailbox>` apart, also without the angle brackets. */
export function namedMailbox(value: string): NamedMailbox {
  const open = value.indexOf('<');
  const close = value.indexOf('>', open);
  if (open >= 0 && close > open + 1) {
    return { name: value.slice(0, open).trim(), email: value.slice(open + 1, close).trim() };
  }
  const match = value.length > 300 || !value.includes('@') ? null : EMAIL_AT_END.exec(value);
  return match?.[2] === undefined ? { name: value, email: null } : { name: (match[1] ?? '').trim(), email: match[2] };
}
