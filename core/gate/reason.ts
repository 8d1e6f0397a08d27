/** Values of a reason's parameters; shown to people, so every string counts as the requesting side's words. */
type ReasonParams = Readonly<Record<string, string | number>>;

/** The names between braces in a reason's text. */
export type ParamsOf<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamsOf<Rest>
  : never;

/** One entry of the closed registry. */
export interface Reason<Text extends string = string> {
  /** At most 60 characters: fits a check run's title. */
  readonly title: string;
  /** The sentence with `{name}` where parameters go; `docs/reasons.md` shows it as it is. */
  readonly text: Text;
  /** The sentence with its parameters; never throws, a missing parameter reads `?`. */
  readonly sentence: (params: ReasonParams) => string;
  /** What somebody can do about it. Invariant 2: always a way out. */
  readonly wayOut: string;
}

export function reason<const Text extends string>(title: string, text: Text, wayOut: string): Reason<Text> {
  return Object.freeze({
    title,
    text,
    sentence: (params: ReasonParams) =>
      text.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        Object.hasOwn(params, name) ? visible(String(params[name])) : '?',
      ),
    wayOut,
  });
}

const MOST_CHARACTERS = 300;
const KEPT_CHARACTERS = 260;

/**
 * Makes hostile text (names of environments, jobs, branches) safe to read on one line: control, bidirectional and
 * zero-width characters become `\u{202e}` (C97), over-long text is cut and says so (C98). Doing it twice changes nothing.
 * Markdown and HTML are escaped by whoever renders them.
 */
export function visible(text: string): string {
  const shown = text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, spellOut);
  const characters = Array.from(shown);
  if (characters.length <= MOST_CHARACTERS) return shown;
  return `${characters.slice(0, KEPT_CHARACTERS).join('')}… (${characters.length - KEPT_CHARACTERS} more characters)`;
}

/** A character that cannot be shown, as `\u{1b}`. */
export function spellOut(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
