import type { RepositoryRef, RunFacts } from '../core/facts.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import type { DocumentStore } from '../core/ports.ts';
import { placeKey } from './proposals.ts';
import type { ProposalPlace } from './proposals.ts';
import { keysOf, load, loadAll, remove, save } from './state.ts';
import type { DocumentBody, Stored } from './state.ts';

/**
 * How much of what jobs tell is kept, and for how long. Whoever may start runs decides what is told, so one repository must
 * neither fill the store of all (C119) nor push out what the jobs of a run that still goes on have told.
 */

/** Of one run, in all its environments and attempts. */
const RUN_BYTES = 4 * 1024 * 1024;
const REPOSITORY_BYTES = 64 * 1024 * 1024;

const DAY_MS = 24 * 3_600_000;
/** Longer than the 30 days in which GitHub starts a run again: "re-run failed jobs" always finds what was proposed. */
const AFTER_END_MS = 31 * DAY_MS;
/** GitHub starts no run again and ends every one by then (30 days, and 35 more): for ends that nobody has seen. */
const LONGEST_RUN_MS = 66 * DAY_MS;

type Told = DocumentBody<'told'>;

/**
 * What is known to be kept for a run, with proposals of so many bytes at one more place. Where the repository has no room left, what was
 * told by runs that have ended goes, the longest ended first; that they proposed something stays known.
 */
export async function withProposed(
  documents: DocumentStore,
  ref: RepositoryRef,
  place: ProposalPlace,
  bytes: number,
  now: number,
): Promise<
  { readonly kind: 'kept'; readonly next: Stored<'told'> } | { readonly kind: 'full'; readonly because: Because }
> {
  const all = await loadAll(documents, ref, 'told');
  const known = all.find(({ key }) => key === String(place.runId));
  const places = { ...known?.body.places, [placeKey(place)]: bytes };
  const body: Told = { ...known?.body, changedAt: now, endedAt: null, places };
  if (bytesOf(body) > RUN_BYTES) return { kind: 'full', because: because('proposals-too-many', {}) };

  const others = all.filter((each) => each !== known);
  let total = others.reduce((sum, each) => sum + bytesOf(each.body), bytesOf(body));
  const settled = total <= REPOSITORY_BYTES ? [] : await withoutUnsettled(documents, ref, others);
  const ended = settled.flatMap(({ body: { endedAt, ...more }, ...run }) =>
    endedAt === null || bytesOf(more) === 0 ? [] : [{ ...run, body: { ...more, endedAt } }],
  );
  for (const run of ended.toSorted((one, other) => one.body.endedAt - other.body.endedAt)) {
    if (total <= REPOSITORY_BYTES) break;
    await makeRoom(documents, ref, run);
    total -= bytesOf(run.body);
  }
  if (total > REPOSITORY_BYTES) return { kind: 'full', because: because('proposals-no-room', {}) };
  return { kind: 'kept', next: { body, version: known?.version ?? 0 } };
}

/** The same where an outcome is told: it is small, and never refused for want of room. */
export async function withOutcome(
  documents: DocumentStore,
  ref: RepositoryRef,
  place: ProposalPlace,
  now: number,
): Promise<Stored<'told'>> {
  const known = await load(documents, ref, 'told', String(place.runId));
  const places = { [placeKey(place)]: 0, ...known?.body.places };
  const body: Told = { endedAt: null, ...known?.body, changedAt: now, places };
  return { body, version: known?.version ?? 0 };
}

/** Remembers when a run was first seen to be over; one that was started again is not. */
export async function noteEnd(
  documents: DocumentStore,
  ref: RepositoryRef,
  run: Pick<RunFacts, 'id' | 'attempt' | 'status'>,
  now: number,
): Promise<void> {
  const isOver = run.status === 'completed';
  // Most looks are at a first attempt that goes on.
  if (!isOver && run.attempt === 1) return;
  const told = await load(documents, ref, 'told', String(run.id));
  if (told === null || (told.body.endedAt !== null) === isOver) return;
  const body = { ...told.body, endedAt: isOver ? now : null };
  await save(documents, ref, 'told', String(run.id), { body, version: told.version });
}

/** What jobs of a run had proposed is gone, so nobody can be shown what it would run, also once some of them propose again. */
export async function forgottenBlocks(
  documents: DocumentStore,
  ref: RepositoryRef,
  runId: number,
): Promise<readonly Because[]> {
  const told = await load(documents, ref, 'told', String(runId));
  return told?.body.isForgotten === true ? [because('proposals-forgotten', {})] : [];
}

/** Takes away what nobody needs any more. What was decided by stands in the evidence. */
export async function forgetTold(documents: DocumentStore, ref: RepositoryRef, now: number): Promise<void> {
  const old = (await loadAll(documents, ref, 'told')).filter(
    ({ body: { changedAt, endedAt } }) => now - (endedAt ?? now) >= AFTER_END_MS || now - changedAt >= LONGEST_RUN_MS,
  );
  if (old.length === 0) return;
  for (const { key, body } of await withoutUnsettled(documents, ref, old)) await forget(documents, ref, key, body);
}

/** An open gate is asked for by what was proposed, and an outcome that is not written down yet says what was reported. */
async function withoutUnsettled<Run extends { readonly key: string }>(
  documents: DocumentStore,
  ref: RepositoryRef,
  runs: readonly Run[],
): Promise<readonly Run[]> {
  const open = new Set(await keysOf(documents, ref, 'open-run'));
  return runs.filter(({ key }) => !open.has(key));
}

/**
 * What "re-run failed jobs" would run of it, nobody can be shown any more, and without a word it would look like a run that
 * proposes nothing. That is written first, over the version that was read: a run that was started again meanwhile keeps all.
 */
async function makeRoom(
  documents: DocumentStore,
  ref: RepositoryRef,
  { key, body, version }: Stored<'told'> & { readonly key: string },
): Promise<void> {
  const places = Object.fromEntries(Object.keys(body.places).map((place) => [place, 0]));
  await save(documents, ref, 'told', key, { body: { ...body, places, isForgotten: true }, version });
  await removeTold(documents, ref, body);
}

/** The list of them last: cut off before, it is done again. */
async function forget(documents: DocumentStore, ref: RepositoryRef, key: string, told: Told): Promise<void> {
  await removeTold(documents, ref, told);
  await remove(documents, ref, 'told', key);
}

async function removeTold(documents: DocumentStore, ref: RepositoryRef, { places }: Told): Promise<void> {
  for (const place of Object.keys(places)) {
    await remove(documents, ref, 'proposals', place);
    await remove(documents, ref, 'reports', place);
  }
}

function bytesOf({ places }: Pick<Told, 'places'>): number {
  return Object.values(places).reduce((sum, bytes) => sum + bytes, 0);
}
