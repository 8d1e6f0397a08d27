import type { LocatedRecord } from '../core/evidence/records/located-record.ts';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';
import { newestIndices } from './live-log.ts';
import type { LiveLog } from './live-log.ts';
import { toAnchor } from './release-shapes.ts';
import type { Anchor } from './release-shapes.ts';

/** The one gate that this job stands behind. */
export interface WantedGate {
  readonly runId: number;
  readonly attempt: number;
  /** Lower case. */
  readonly environment: string;
}

export interface Search {
  /** The newest record that lets this gate go; null: there is none. */
  readonly anchor: Anchor | null;
  /** Every record after it, in log order. Without one, what was read of the newest. */
  readonly later: readonly LocatedRecord[];
  /** Records that let other gates go, newest first, to say what was found instead. */
  readonly others: readonly Anchor[];
}

/** Of records whose name says that they let something go, so many are looked into; a job begins soon after its release. */
const MOST_LOOKED_INTO = 400;
const AT_ONCE = 50;
const MOST_SINCE = 2_000;

/**
 * Finds the newest record that lets the gate go, and reads everything after it, because anything there may undo it. Names of
 * files lead the search and decide nothing: a wrong one can only hide a release.
 *
 * @throws {ActionFailure} `evidence-gap`, `evidence-too-far-back`, and what reading records throws
 */
export async function findRelease(log: LiveLog, wanted: WantedGate): Promise<Search> {
  const { size } = log.checkpoint;
  const oldestListed = [...log.listed.keys()].reduce((least, index) => Math.min(least, index), Infinity);
  // Nothing was written for days, so nothing can be about this run.
  if (oldestListed === Infinity) return { anchor: null, later: [], others: [] };
  // Before the oldest there are days that were not listed; what is missing after it may be what undoes a release.
  const newest = newestIndices(size).filter((index) => index === size - 1 || index >= oldestListed);
  const recent = await log.read(newest);
  const anchors = recent.toReversed().flatMap((located) => toAnchor(located) ?? []);
  let found = anchors.find((anchor) => isOfGate(anchor, wanted));
  if (found === undefined) {
    const first = newest[0] ?? 0;
    const named = [...log.listed.values()]
      .filter(({ index, kind }) => index < first && (kind === 'authorised' || kind === 'released'))
      .toSorted((one, other) => other.index - one.index)
      .slice(0, MOST_LOOKED_INTO);
    for (let start = 0; start < named.length && found === undefined; start += AT_ONCE) {
      const group = await log.read(named.slice(start, start + AT_ONCE).map(({ index }) => index));
      const more = group.flatMap((located) => toAnchor(located) ?? []);
      anchors.push(...more);
      found = more.find((anchor) => isOfGate(anchor, wanted));
    }
  }
  const others = anchors.filter((anchor) => !isOfGate(anchor, wanted));
  if (found === undefined) return { anchor: null, later: recent, others };

  const from = found.located.index;
  if (size - from > MOST_SINCE) {
    throw new ActionFailure(because('evidence-too-far-back', { most: MOST_SINCE, record: from }));
  }
  const since = await log.read(Array.from({ length: size - from }, (_, at) => from + at));
  // A newer one may have hidden under another name.
  const anchor = since
    .toReversed()
    .flatMap((located) => toAnchor(located) ?? [])
    .find((each) => isOfGate(each, wanted));
  if (anchor === undefined) throw new ActionFailure(because('evidence-gap', { record: from }));
  return { anchor, later: since.filter(({ index }) => index > anchor.located.index), others };
}

export function isOfGate({ fields }: Anchor, { runId, attempt, environment }: WantedGate): boolean {
  const { gate } = fields;
  return gate.runId === runId && gate.attempt === attempt && gate.environment === environment;
}
