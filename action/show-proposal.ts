import type { Proposal } from '../core/proposal.ts';
import { escapeMarkdown, table } from '../flow/markdown.ts';

/** An escaped text of this many characters is never cut by the escaping itself. */
const PIECE_CHARACTERS = 200;

/**
 * What was proposed, as Markdown blocks for the check run and the job summary. The requesting side wrote all of it: labelled so
 * and escaped (attack C97); the worst stands first (C98).
 * @param notes sentences of ours
 */
export function showProposal(proposal: Proposal, notes: readonly string[]): readonly string[] {
  const { subjects, findings, moreFindings, reason } = proposal;
  const more =
    moreFindings === 0 ? [] : [`${moreFindings} further findings are not listed; they are no worse than the last one.`];
  return [
    `### What would run on ${escapeMarkdown(proposal.environment)}, in the words of the requesting side`,
    table(
      ['what', 'name', 'SHA-256'],
      subjects.map(({ kind, name, sha256 }) => [kind, whole(name), `\`${sha256}\``]),
    ),
    ...notes,
    findings.length === 0 ? 'Nothing risky was found in it.' : `### Found in it: ${countByLevel(proposal)}`,
    ...(findings.length === 0
      ? []
      : [
          table(
            ['level', 'where', 'why', 'rule', 'sure'],
            findings.map(({ level, where, why, rule, confidence }) => [
              level === 'critical' || level === 'high' ? `**${level}**` : level,
              whole(where),
              whole(why),
              `\`${rule}\``,
              confidence,
            ]),
          ),
        ]),
    ...more,
    ...(reason === '' ? [] : ['### Why, they say', quoted(reason)]),
  ];
}

function countByLevel({ findings }: Proposal): string {
  return (['critical', 'high', 'medium', 'low'] as const)
    .map((level) => ({ level, count: findings.filter((finding) => finding.level === level).length }))
    .filter(({ count }) => count > 0)
    .map(({ level, count }) => `${count} ${level}`)
    .join(', ');
}

function quoted(text: string): string {
  return (
    text
      .split('\n')
      // Without blanks and `=` before it: they would make code of a line, and a headline of the one above.
      .map((line) => `> ${whole(line.trim()).replace(/^=/, '\\=')}`.trimEnd())
      .join('\n')
  );
}

/** Escaped in pieces: nothing is cut out of the middle of what a reviewer decides upon. */
function whole(text: string): string {
  const characters = Array.from(text);
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += PIECE_CHARACTERS) {
    pieces.push(escapeMarkdown(characters.slice(at, at + PIECE_CHARACTERS).join('')));
  }
  return pieces.join('');
}
