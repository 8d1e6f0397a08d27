/** Rows of the first Markdown table after a heading or a sentence of a page: its cells without blanks, heads left out. */
export function tableAfter(page: string, landmark: string): string[][] {
  const from = page.indexOf(landmark);
  if (from < 0) throw new TypeError(`the page has no ${landmark}`);
  const lines = page.slice(from).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const after = lines.slice(first).findIndex((line) => !line.startsWith('|'));
  return lines
    .slice(first + 2, after < 0 ? undefined : first + after)
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}
