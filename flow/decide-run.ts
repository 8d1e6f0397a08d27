import { GateError } from '../core/errors.ts';
import type { RepositoryFacts, RepositoryRef, RunFacts } from '../core/facts.ts';
import type { RecordPorts, Sealed } from '../core/ports.ts';
import type { Proposal } from '../core/proposal.ts';
import { loadGates } from './gates.ts';
import type { Gates } from './gates.ts';
import { giveCode } from './codes.ts';
import { rememberCounted } from './deployment-reviews.ts';
import { NOTHING_ASKED, outlook } from './evaluate.ts';
import type { Evaluation, Outlook } from './evaluate.ts';
import { judgeDeployment } from './judge-deployment.ts';
import { placeKey, proposalsFor, whatRuns, withProposal, wouldRun } from './proposals.ts';
import { releasedByWorkflowSealing } from './release-records.ts';
import { asAsked, reviewSealings } from './request.ts';
import { rejectedSealing, requestedSealing } from './request-records.ts';
import { approvalKey } from './reviews.ts';
import { sealAll } from './seal.ts';
import { load, save } from './state.ts';
import type { GateState } from './state.ts';

/** One protected job of a run, before it starts. */
export interface RunAsked {
  readonly runId: number;
  /** As the deciding job knows it. */
  readonly attempt: number;
  readonly environmentName: string;
  readonly proposals: readonly Proposal[];
  /** Lower case; other environments whose deployment prompt asks about this one. */
  readonly prompts: readonly string[];
}

export interface RunLookedAt extends RunAsked {
  readonly ports: RecordPorts;
  readonly ref: RepositoryRef;
  readonly repository: RepositoryFacts;
  readonly run: RunFacts;
}

export type RunDecision =
  | { readonly kind: 'released'; readonly record: Sealed; readonly evaluation: Evaluation }
  /** Another job of this attempt released the same environment and the same things before: this is its record. */
  | { readonly kind: 'released-before'; readonly record: Sealed }
  /** Another job of this attempt asked for something else there: this one is not asked. */
  | { readonly kind: 'asked-otherwise' }
  | {
      readonly kind: 'held' | 'rejected';
      readonly record: Sealed | null;
      readonly evaluation: Evaluation;
      readonly prospects: Outlook;
    };

/**
 * Decides by itself, without the App and without any answer to GitHub: by the same policy and the same judgement. What is
 * decided is on the evidence branch when this returns, so the job that needs it may start then.
 *
 * There is one opening of an environment in an attempt, however many jobs ask; who was first is decided by compare-and-set.
 *
 * @throws {GateError} ERR_FORGE_*, ERR_LOG_*, ERR_STORE_*; ERR_LOG_BUSY: another job was faster, look again from the start
 */
export async function decideRun(look: RunLookedAt): Promise<RunDecision> {
  const { ports, ref, run } = look;
  const gates = await loadGates(ports, ref, run.id);
  const environment = look.environmentName.toLowerCase();
  const known = gates.all().find((gate) => gate.attempt === run.attempt && gate.environment === environment);
  const proposals = await keepProposals(look, environment);
  if (known !== undefined && known.requestDigest !== null) {
    const wanted = wouldRun(whatRuns(run, proposals, ports.sha256));
    if (known.wouldRun !== wanted) return { kind: 'asked-otherwise' };
  }
  if (known !== undefined && known.released !== null)
    return { kind: 'released-before', record: await placeOf(look, known.released.digest) };
  const opened = known ?? (await openGate(look, gates, environment));

  const evaluation = await judgeDeployment({ ...look, isAlone: true }, opened, []);
  // Before anything is written: if nobody's authority can be read for a seat, that is said before somebody answers in vain.
  const prospects = await prospectsOf(ports, evaluation);
  await giveCode(ports.documents, ref, evaluation, { kind: 'run', runId: run.id });
  const gate = asAsked(opened, evaluation, []);
  const { kind } = evaluation.decision;
  const sealings = [
    ...(opened.requestDigest === evaluation.digest ? [] : [requestedSealing(ports, ref, evaluation)]),
    ...(await reviewSealings(ports, ref, evaluation)),
    ...(kind === 'release' ? [releasedByWorkflowSealing(ports, ref, run.id, gate, evaluation)] : []),
    ...(kind === 'reject' ? [rejectedSealing(ports, ref, evaluation)] : []),
  ];
  if (kind === 'release') await rememberCounted(ports, ref, evaluation);
  const sealed = await sealAll(ports, ref, sealings, async (digests) => {
    // Remembered together with the record itself: both get to the store in one push.
    await gates.put(kind === 'hold' ? gate : ended(gate, kind, digests.at(-1) ?? '', evaluation.digest));
  });
  const record = sealed.at(-1) ?? null;
  if (kind !== 'release') return { kind: kind === 'hold' ? 'held' : 'rejected', record, evaluation, prospects };
  if (record === null) throw new GateError('ERR_LOG_REFUSED', 'the log did not confirm a release');
  return { kind: 'released', record, evaluation };
}

/** Who could release it is worth a try: where the token may not read people, the decision stands all the same. */
async function prospectsOf(ports: RecordPorts, evaluation: Evaluation): Promise<Outlook> {
  if (evaluation.decision.kind === 'release') return NOTHING_ASKED;
  try {
    return await outlook(ports, evaluation);
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    return { ...NOTHING_ASKED, possible: true };
  }
}

function ended(gate: GateState, kind: 'release' | 'reject', digest: string, requestDigest: string): GateState {
  if (kind === 'reject') return { ...gate, state: 'closed', end: 'rejected' };
  const released = { digest, authorisedDigest: null, requestDigest, jobs: [], outcome: null };
  return { ...gate, state: 'closed', end: 'released', released };
}

/** A record that another job of this attempt writes at the moment is waited for by whoever runs the job again. */
async function placeOf({ ports, ref }: RunLookedAt, digest: string): Promise<Sealed> {
  const index = await ports.log.find(ref, digest);
  if (index === null) throw new GateError('ERR_LOG_BUSY', 'another job of this attempt is writing the release');
  return { digest, index };
}

/**
 * GitHub's list of approvals tells neither attempt nor time. Of a first attempt all are answers to it; of a later one those
 * that the attempt before has not seen, and none where nobody knows what it has seen, or where it let the job go and others
 * were left when it was closed, whose prompt may have been answered later.
 */
async function openGate(look: RunLookedAt, gates: Gates, environment: string): Promise<GateState> {
  const { ports, ref, run } = look;
  const seenNow = (await ports.forge.approvals(ref, run.id)).map(approvalKey);
  const key = (attempt: number): string => placeKey({ runId: run.id, attempt, environment });
  const seenBefore = run.attempt === 1 ? null : await load(ports.documents, ref, 'approvals', key(run.attempt - 1));
  const before = gates.all().findLast((gate) => gate.environment === environment);
  const isKnown =
    run.attempt === 1 ||
    (seenBefore !== null &&
      before?.attempt === run.attempt - 1 &&
      (before.released === null || before.released.quiet === true));
  const seen = await load(ports.documents, ref, 'approvals', key(run.attempt));
  await save(ports.documents, ref, 'approvals', key(run.attempt), { body: seenNow, version: seen?.version ?? 0 });
  return gates.put({
    attempt: run.attempt,
    environment,
    opening: 1,
    environmentName: look.environmentName,
    headSha: run.headSha,
    state: 'held',
    jobs: [],
    earlierApprovals: isKnown ? [...(seenBefore?.body ?? [])] : seenNow,
    requestDigest: null,
    wouldRun: before?.wouldRun ?? null,
    staleReviews: before?.staleReviews ?? [],
    authorisations: 0,
    authorisation: null,
    end: null,
    released: null,
    reports: 0,
    lastReport: '',
  });
}

async function keepProposals(
  { ports, ref, run, proposals }: RunLookedAt,
  environment: string,
): Promise<readonly Proposal[]> {
  const place = { runId: run.id, attempt: run.attempt, environment };
  for (const proposal of proposals) {
    const kept = withProposal(await proposalsFor(ports.documents, ref, place), proposal);
    if (kept.kind === 'full') throw new GateError('ERR_INPUT', 'more is proposed than one gate can show');
    await save(ports.documents, ref, 'proposals', placeKey(place), kept.next);
  }
  return (await proposalsFor(ports.documents, ref, place)).body;
}
