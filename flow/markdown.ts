import { visible } from '../core/gate/reason.ts';

/**
 * Text of the requesting side, made safe to show in a check run, comment or report (invariant 11, attack C97): no markup,
 * no link, no mention, no invisible or direction-changing character, on one line.
 */
export function escapeMarkdown(text: string): string {
  return (
    visible(text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll(/[\\`*_{}[\]()#+!|~$-]/g, '\\$&')
      .replaceAll('@', '&#64;')
      // A bare address would become a link.
      .replaceAll('://', '&#58;//')
      .replaceAll(/\bwww\./gi, 'www&#46;')
  );
}

/** Between backquotes nothing is markup but a backquote, and in a table a bar. */
export function code(text: string): string {
  return `\`${text.replaceAll(/[`|\p{C}]/gu, '?')}\``;
}

/** A table whose cells are already escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** At most `most` entries, and how many more there are: what is cut is said (attack C98). */
export function listed(entries: readonly string[], most: number, between = ', '): string {
  const shown = entries.slice(0, most).join(between);
  const and = between === ', ' ? ' ' : between;
  return entries.length > most ? `${shown}${and}and ${entries.length - most} more` : shown;
}

/** Cuts whole lines off a text that is too long, and says so. */
export function fit(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const lines = text.split('\n');
  const note = (shown: number): string => `\n…cut: ${lines.length - shown} more lines do not fit here.`;
  const room = text.slice(0, characters - note(0).length);
  const end = room.lastIndexOf('\n');
  if (end <= 0) return `${room}${note(0)}`;
  const kept = room.slice(0, end);
  return `${kept}${note(kept.split('\n').length)}`;
}
