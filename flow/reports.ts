import type { RepositoryRef } from '../core/facts.ts';
import type { DocumentStore } from '../core/ports.ts';
import type { RESULTS } from '../core/record/release-schemas.ts';
import { placeKey } from './proposals.ts';
import { load } from './state.ts';
import type { GateState, Reports, Stored } from './state.ts';

/** What runners say of how their jobs ended: written down beside GitHub's word, and never believed instead of it. */

/** Openings of one environment in one attempt. */
const REPORTS_MAX = 20;

export type Report = Reports[number];

/** Worst last. A matrix reports many times, and what stands in the record is the worst of it. */
const BY_WEIGHT = ['success', 'skipped', 'cancelled', 'failure'] as const satisfies readonly (typeof RESULTS)[number][];

/** The stored list with one report more; those of jobs that the same record let go are one. Beyond the most, nothing is kept. */
export function withReport(stored: Stored<'reports'> | null, report: Report): Stored<'reports'> {
  const known = stored?.body ?? [];
  const same = known.find((each) => each.released === report.released);
  const others = known.filter((each) => each !== same);
  const body = others.length >= REPORTS_MAX ? others : [...others, same === undefined ? report : worst(same, report)];
  return { body, version: stored?.version ?? 0 };
}

/** What was said of the jobs that this gate let go; null when nobody said anything. */
export async function reportOf(
  documents: DocumentStore,
  ref: RepositoryRef,
  runId: number,
  gate: GateState,
): Promise<Pick<Report, 'result' | 'seconds'> | null> {
  const { released } = gate;
  const stored = await load(documents, ref, 'reports', placeKey({ ...gate, runId }));
  if (stored === null || released === null) return null;
  const theirs = stored.body.filter((report) =>
    [null, released.digest, released.authorisedDigest].includes(report.released),
  );
  const [first, ...rest] = theirs;
  if (first === undefined) return null;
  const { result, seconds } = rest.reduce(worst, first);
  return { result, seconds };
}

function worst(one: Report, other: Report): Report {
  const heavier = BY_WEIGHT.indexOf(one.result) >= BY_WEIGHT.indexOf(other.result) ? one : other;
  return { ...heavier, seconds: Math.max(one.seconds, other.seconds) };
}
