/** A text of unknown origin for a terminal: a file name may hold escape sequences that would repaint it. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
