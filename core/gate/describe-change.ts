import type { Classification } from '../authorship/classification.ts';
import type { Parties } from '../parties/party.ts';
import type { Request } from '../request.ts';
import type { Because } from './decision.ts';
import { because } from './reasons.ts';

/**
 * What is known of the change, told with every decision: it decides nothing here, because the seats already follow from it.
 * Only registry ids, kinds of signals and SHAs are named, never the requesting side's words (invariant 11).
 */
export function describeChange(request: Request, classification: Classification, parties: Parties): readonly Because[] {
  return [...describeAuthorship(classification), ...describeUnattributed(parties), ...describeRange(request)];
}

function describeAuthorship({ class: found, agents, signals }: Classification): readonly Because[] {
  switch (found) {
    case 'agent':
      return [because('agent-authored', { agents: agents.join(', ') || 'not known which' })];
    case 'suspected': {
      const kinds = new Set(signals.map((signal) => signal.kind));
      return [because('agent-suspected', { signals: [...kinds].join(', ') || 'not told which' })];
    }
    case 'automation':
      return [because('automation-change', {})];
    case 'unattributed':
      return [because('unattributed-change', {})];
  }
}

function describeUnattributed({ unattributed }: Parties): readonly Because[] {
  const [sha] = unattributed;
  return sha === undefined ? [] : [because('unattributed-commit', { count: unattributed.length, sha })];
}

function describeRange(request: Request): readonly Because[] {
  if (request.kind !== 'deployment') return [];
  const { environment } = request.gate;
  switch (request.range.kind) {
    case 'baseline':
      return [because('range-baseline', { environment })];
    case 'rollback':
      return [because('range-rollback', { environment })];
    case 'diverged':
      return [because('range-diverged', { environment })];
    case 'truncated':
      return [because('range-truncated', { environment })];
    // `fork` and `unknown` forbid a release and are told as the reason itself.
    case 'range':
    case 'fork':
    case 'unknown':
      return [];
  }
}
