import type { AuthorshipClass, Classification } from '../authorship/classification.ts';
import type { Parties } from '../parties/party.ts';
import type { RangeKind, Request } from '../request.ts';
import type { Because } from './decision.ts';
import { because } from './reasons.ts';
import type { ReasonCode } from './reasons.ts';

/**
 * What is known of the change, told with every decision: it decides nothing here, because the seats already follow from it.
 * Only registry ids, kinds of signals and SHAs are named, never the requesting side's words (invariant 11).
 */
export function describeChange(request: Request, classification: Classification, parties: Parties): readonly Because[] {
  return [...describeAuthorship(classification), ...describeUnattributed(parties), ...describeRange(request)];
}

function describeAuthorship({ class: found, agents, signals }: Classification): readonly Because[] {
  const kinds = new Set(signals.map((signal) => signal.kind));
  const described = {
    agent: because('agent-authored', { agents: agents.join(', ') || 'not known which' }),
    suspected: because('agent-suspected', { signals: [...kinds].join(', ') || 'not told which' }),
    automation: because('automation-change', {}),
    unattributed: because('unattributed-change', {}),
  } as const satisfies Record<AuthorshipClass, Because>;
  return [described[found]];
}

function describeUnattributed({ unattributed, unknown }: Parties): readonly Because[] {
  const [sha] = unattributed;
  const [person] = unknown;
  return [
    ...(sha === undefined ? [] : [because('unattributed-commit', { count: unattributed.length, sha })]),
    // By role and place: their names are the requesting side's words.
    ...(person === undefined
      ? []
      : [because('unknown-person', { count: unknown.length, role: person.role, where: person.where })]),
  ];
}

const RANGE_REASONS = {
  range: null,
  baseline: 'range-baseline',
  rollback: 'range-rollback',
  diverged: 'range-diverged',
  truncated: 'range-truncated',
  // These two forbid a release and are told as the reason itself.
  fork: null,
  unknown: null,
} as const satisfies Record<RangeKind, ReasonCode | null>;

function describeRange(request: Request): readonly Because[] {
  if (request.kind !== 'deployment') return [];
  const code = RANGE_REASONS[request.range.kind];
  return code === null ? [] : [because(code, { environment: request.gate.environment })];
}
