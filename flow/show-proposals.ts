import type { Proposal, ProposedFinding } from '../core/proposal.ts';
import { escapeMarkdown, listed, table } from './markdown.ts';

/**
 * What would run, on the screens of those who decide. All of it is written by the requesting side: labelled so, escaped, and
 * what does not fit is counted (invariant 11, attack C98).
 */

const SUBJECTS_SHOWN = 30;
const FINDINGS_SHOWN = 20;
const REASONS_SHOWN = 5;
const DIGEST_CHARACTERS = 12;

const LEVELS = ['critical', 'high', 'medium', 'low'] as const satisfies readonly ProposedFinding['level'][];

/** A section of the check's summary; nothing where nothing was proposed. */
export function proposedSection(proposals: readonly Proposal[]): readonly string[] {
  if (proposals.length === 0) return [];
  const subjects = proposals.flatMap((proposal) => proposal.subjects);
  const shown = subjects
    .slice(0, SUBJECTS_SHOWN)
    .map(({ kind, name, sha256 }) => [kind, escapeMarkdown(name), short(sha256)]);
  const more = subjects.length - shown.length;
  const reasons = proposals.flatMap(({ reason }) => (reason === '' ? [] : [escapeMarkdown(reason)]));
  return [
    [
      '### What would run, in the words of the requesting side',
      table(['what', 'name', 'SHA-256'], shown),
      ...(more > 0 ? [`and ${more} more`] : []),
      `Nothing else is let go by this request. Found in it: ${countByLevel(proposals) || 'nothing risky'}.`,
      ...findingLines(proposals),
      ...(reasons.length === 0 ? [] : [`Why, they say: ${listed(reasons, REASONS_SHOWN, '<br>')}`]),
    ].join('\n\n'),
  ];
}

/** One line for a status report, which is short. */
export function proposedLine(proposals: readonly Proposal[]): readonly string[] {
  const [first, ...others] = proposals.flatMap((proposal) => proposal.subjects);
  if (first === undefined) return [];
  const rest = others.length === 0 ? '' : ` and ${others.length} more`;
  const found = countByLevel(proposals) || 'nothing risky';
  return [
    `Would run: ${first.kind} ${escapeMarkdown(first.name)} (${short(first.sha256)})${rest}. Found in it: ${found}`,
  ];
}

function countByLevel(proposals: readonly Proposal[]): string {
  const findings = proposals.flatMap((proposal) => proposal.findings);
  const unlisted = proposals.reduce((sum, { moreFindings }) => sum + moreFindings, 0);
  const counts = LEVELS.flatMap((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    return count === 0 ? [] : [`${count} ${level}`];
  });
  return [...counts, ...(unlisted === 0 ? [] : [`${unlisted} that are not listed`])].join(', ');
}

/** The worst first. */
function findingLines(proposals: readonly Proposal[]): readonly string[] {
  const findings = proposals
    .flatMap((proposal) => proposal.findings)
    .toSorted((one, other) => LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level));
  const lines = findings.map(
    ({ level, rule, where, why, confidence }) =>
      `- **${level}** ${rule} at ${escapeMarkdown(where)}: ${escapeMarkdown(why)} (${confidence})`,
  );
  return lines.length === 0 ? [] : [listed(lines, FINDINGS_SHOWN, '\n')];
}

function short(sha256: string): string {
  return `\`${sha256.slice(0, DIGEST_CHARACTERS)}\``;
}
