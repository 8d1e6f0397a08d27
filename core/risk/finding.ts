import { visible } from '../gate/reason.ts';
import type { ProposedFinding } from '../proposal.ts';

export type Level = ProposedFinding['level'];
export type Confidence = ProposedFinding['confidence'];

/** What kinds of risk there are: policies and people group by them. */
export type RiskKind =
  | 'data-loss'
  | 'destruction'
  | 'protection'
  | 'iam-change'
  | 'privilege-escalation'
  | 'public-exposure'
  | 'network'
  | 'secrets'
  | 'data-export'
  | 'audit'
  | 'code-execution'
  | 'management'
  | 'incomplete'
  | 'drift'
  | 'size';

const TEXT_MAX = 500;
/** Of an address that is too long its end is kept too: there stands which one it is. */
const ADDRESS_END = 120;

/**
 * @param where an address of the plan, which the requesting side names: made visible and bounded here
 * @param why in words of ours; the only names of the plan in it went through `attributeName`
 */
export function finding(
  [rule, kind, level]: readonly [rule: string, kind: RiskKind, level: Level],
  where: string,
  why: string,
  confidence: Confidence = 'certain',
): ProposedFinding {
  return { rule, kind, level, where: shownAddress(where), why: bounded(why, TEXT_MAX), confidence };
}

const LEVELS: readonly Level[] = ['critical', 'high', 'medium', 'low'];

/** The most dangerous first (attack C98: what is cut off is the least of it), then by rule and address. */
export function bySeverity(one: ProposedFinding, other: ProposedFinding): number {
  return (
    LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level) ||
    compare(one.rule, other.rule) ||
    compare(one.where, other.where) ||
    compare(one.why, other.why)
  );
}

/** A name out of the plan that may stand in a sentence; anything that could be more than a name does not. */
export function attributeName(name: string): string {
  return /^[A-Za-z][A-Za-z0-9_-]{0,60}$/.test(name) ? `\`${name}\`` : 'an attribute';
}

function shownAddress(address: string): string {
  const characters = Array.from(address);
  if (characters.length <= 2 * ADDRESS_END) return bounded(visible(address), TEXT_MAX);
  const start = bounded(visible(characters.slice(0, ADDRESS_END).join('')), TEXT_MAX / 2 - 10);
  const end = bounded(visible(characters.slice(-ADDRESS_END).join('')), TEXT_MAX / 2 - 10);
  return `${start} … ${end}`;
}

/** At most `most` UTF-16 units, never half a character. */
function bounded(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
