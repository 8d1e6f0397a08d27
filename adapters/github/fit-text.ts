/**
 * Cuts whole lines off the end of a text that GitHub would refuse, and says how many (attack C98: what is cut is shown).
 * @param limit as GitHub states it; held in UTF-8 bytes, of which there are never fewer than characters
 */
export function fitText(text: string, limit: number): string {
  if (sizeOf(text) <= limit) return text;
  const lines = text.split('\n');
  const room = limit - sizeOf(note(lines.length));
  let kept = 0;
  let size = 0;
  for (const line of lines) {
    size += sizeOf(line) + 1;
    if (size > room) break;
    kept += 1;
  }
  if (kept > 0) return `${lines.slice(0, kept).join('\n')}${note(lines.length - kept)}`;
  // One endless line: cut inside it, never inside a character.
  let start = '';
  for (const { segment } of new Intl.Segmenter('en').segment(text.slice(0, limit))) {
    if (sizeOf(start) + sizeOf(segment) > room) break;
    start += segment;
  }
  return `${start}${note(lines.length)}`;
}

function note(lines: number): string {
  return `\n… ${lines} more ${lines === 1 ? 'line' : 'lines'} not shown`;
}

function sizeOf(text: string): number {
  return Buffer.byteLength(text);
}
