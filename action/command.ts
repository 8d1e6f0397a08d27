import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';

/** What a shell would do something with. Outside of quotes each is refused: run without a shell it would mean something else. */
const SHELL_CHARACTERS: Readonly<Record<string, string>> = {
  $: 'a `$`',
  '`': 'a backquote',
  ';': 'a `;`',
  '&': 'an `&`',
  '|': 'a `|`',
  '<': 'a `<`',
  '>': 'a `>`',
  '(': 'a bracket',
  ')': 'a bracket',
  '{': 'a brace',
  '}': 'a brace',
  '[': 'a bracket',
  ']': 'a bracket',
  '*': 'a `*`',
  '?': 'a `?`',
  '!': 'an exclamation mark',
  '~': 'a `~`',
  '#': 'a `#`',
  '\\': 'a backslash',
};

/** Within double quotes a shell still expands these; a reader of the command would expect it to. */
const EXPANDED_IN_DOUBLE_QUOTES: ReadonlySet<string> = new Set(['$', '`', '\\']);

const CHARACTERS_MAX = 10_000;

/**
 * Splits a command into its words: blanks divide, `'…'` and `"…"` group, nothing is ever expanded. What would need a shell is
 * refused, so that no text means one thing to the reviewer and another one to the machine.
 *
 * @param line written by the requesting side
 * @returns null for an empty input
 * @throws {ActionFailure} `command-needs-a-shell`, `command-quote-open`, `command-too-long`
 */
export function parseCommandLine(line: string): readonly [string, ...string[]] | null {
  if (line.length > CHARACTERS_MAX) throw new ActionFailure(because('command-too-long', { most: CHARACTERS_MAX }));
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (const character of line) {
    if (isInvisible(character)) throw needsShell('a line break or an invisible character');
    if (quote !== null) {
      if (character === quote) quote = null;
      else if (quote === '"' && EXPANDED_IN_DOUBLE_QUOTES.has(character)) throw needsShell(nameOf(character));
      else word = `${word ?? ''}${character}`;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (character === ' ' || character === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else {
      if (Object.hasOwn(SHELL_CHARACTERS, character)) throw needsShell(nameOf(character));
      word = `${word ?? ''}${character}`;
    }
  }
  if (quote !== null) throw new ActionFailure(because('command-quote-open', {}));
  if (word !== null) words.push(word);
  const [program, ...rest] = words;
  if (program === undefined) return null;
  // `A=1 program` sets a variable in a shell and would be the name of a program here; an empty name is none.
  if (program === '' || /^[A-Za-z_]\w*=/.test(program))
    throw needsShell('an assignment, or nothing, before its program');
  return [program, ...rest];
}

/** Also blanks that only look like one: they would not divide words. */
function isInvisible(character: string): boolean {
  return character !== '\t' && character !== ' ' && /[\p{C}\p{Z}]/u.test(character);
}

function nameOf(character: string): string {
  return SHELL_CHARACTERS[character] ?? 'a shell character';
}

function needsShell(what: string): ActionFailure {
  return new ActionFailure(because('command-needs-a-shell', { what }));
}
