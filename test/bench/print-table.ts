import type { Measured } from './measurement.ts';

const HEADINGS = ['what', 'measured', 'limit', 'beside it, same run'] as const;

/** The rows as a Markdown table with even columns, the notes below it. */
export function printTable(title: string, { rows, notes }: Measured): string {
  const cells = [HEADINGS, ...rows.map(({ what, value, limit, beside }) => [what, value, limit, beside] as const)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [head = HEADINGS, ...body] = cells;
  return [
    `## ${title}`,
    '',
    line(head),
    rule,
    ...body.map(line),
    ...(notes.length > 0 ? ['', ...notes.map((note) => (note.startsWith(' ') ? note : `- ${note}`))] : []),
    '',
  ].join('\n');
}
