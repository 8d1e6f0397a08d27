import type { RepositoryRef, WaitingJob } from '../core/facts.ts';
import type { ReviewJudgement } from '../core/gate/decision.ts';
import type { ReasonCode } from '../core/gate/reasons.ts';
import type { RecordPorts, Sealed } from '../core/ports.ts';
import { giveCode } from './codes.ts';
import { credentialSealings } from './credentials.ts';
import type { Evaluation } from './evaluate.ts';
import { isToSomethingElse, wouldRun } from './proposals.ts';
import { refusedSealing, requestedSealing, reviewedSealing, supersededSealing } from './request-records.ts';
import type { RunLook } from './run-look.ts';
import { sealAll } from './seal.ts';
import type { Sealing } from './seal.ts';
import { remove } from './state.ts';
import type { DocumentBody, GateState, PullState, Stored } from './state.ts';

/** Makes the request of a gate known, once: its record, and its code for those who type. A changed one replaces the old. */
export async function openDeploymentRequest(
  look: RunLook,
  gate: GateState,
  evaluation: Evaluation,
  waiting: readonly WaitingJob[],
): Promise<GateState> {
  const jobs = waiting.map(({ id, name }) => ({ id, name }));
  const same = gate.requestDigest === evaluation.digest;
  if (same && jobs.length === gate.jobs.length && jobs.every((job) => gate.jobs.some((known) => known.id === job.id))) {
    return gate;
  }
  if (!same) {
    const before = gate.requestDigest === null ? null : { digest: gate.requestDigest, headSha: gate.headSha };
    await announce(look.ports, look.ref, before, evaluation, { kind: 'run', runId: look.run.id });
  }
  return look.gates.put(asAsked(gate, evaluation, jobs));
}

/** The gate once it knows what is asked at it. */
export function asAsked(
  gate: GateState,
  { request, decision, digest }: Evaluation,
  jobs: GateState['jobs'],
): GateState {
  if (request.kind !== 'deployment') throw new TypeError('a gate opens a request of its own kind');
  // All that are there now; answers that are kept by digest do not reach another request.
  const stale = decision.reviews.flatMap(({ review }) => (isToSomethingElse(review, gate, request) ? [review.id] : []));
  return {
    ...gate,
    requestDigest: digest,
    jobs,
    wouldRun: wouldRun(request),
    staleReviews: [...new Set([...gate.staleReviews, ...stale])],
  };
}

/** The same for a pull request; a release of the old request does not carry over. */
export async function openPullRequestRequest(
  ports: RecordPorts,
  ref: RepositoryRef,
  stored: Stored<'pull'>,
  evaluation: Evaluation,
  put: (body: PullState) => Promise<Stored<'pull'>>,
): Promise<Stored<'pull'>> {
  if (stored.body.request?.digest === evaluation.digest) return stored;
  const { request } = evaluation;
  if (request.kind !== 'pull-request') throw new TypeError('a pull request opens a request of its own kind');
  const before = stored.body.request;
  await announce(ports, ref, before, evaluation, { kind: 'pull-request', number: request.number });
  // A head that was released for another base or by another policy is no released head any more.
  if (before !== null) await remove(ports.documents, ref, 'released-head', `${request.number}/${before.headSha}`);
  return put({
    ...stored.body,
    state: 'evaluating',
    request: { digest: evaluation.digest, headSha: request.headSha },
    releasedDigest: null,
    view: null,
  });
}

async function announce(
  ports: RecordPorts,
  ref: RepositoryRef,
  before: { readonly digest: string; readonly headSha: string } | null,
  evaluation: Evaluation,
  target: DocumentBody<'code'>['target'],
): Promise<void> {
  // Answers do not carry over, not even when the very same request comes back later (attack C34).
  if (before !== null) await remove(ports.documents, ref, 'answers', before.digest);
  await sealAll(ports, ref, [
    ...(before === null ? [] : [supersededSealing(ports, ref, before, evaluation.digest)]),
    requestedSealing(ports, ref, evaluation),
  ]);
  await giveCode(ports.documents, ref, evaluation, target);
}

/**
 * Answers that are evidence (invariant 9), and before them what shows whose the keys are that signed them: those that count, and those of people or bots who tried without being allowed
 * to. Stale answers are none, and strangers are not written down one by one: they could exhaust the log.
 */
export async function reviewSealings(
  ports: RecordPorts,
  ref: RepositoryRef,
  evaluation: Evaluation,
): Promise<readonly Sealing[]> {
  const answers = evaluation.decision.reviews.flatMap((judgement) => {
    if (judgement.counts) return [reviewedSealing(ports, ref, evaluation, judgement)];
    return isRefusal(evaluation, judgement) ? [refusedSealing(ports, ref, evaluation, judgement)] : [];
  });
  return [...(await credentialSealings(ports, ref, evaluation)), ...answers];
}

export async function sealReviews(
  ports: RecordPorts,
  ref: RepositoryRef,
  evaluation: Evaluation,
): Promise<readonly Sealed[]> {
  return sealAll(ports, ref, await reviewSealings(ports, ref, evaluation));
}

const REFUSALS: readonly ReasonCode[] = [
  'reviewer-is-party',
  'second-account-same-person',
  'reviewer-not-human',
  'membership-too-fresh',
  'reviewer-lacks-authority',
  'assurance-too-low',
  'review-edited',
  'review-via-app',
  'review-reason-missing',
  'signature-unreadable',
  'signature-for-other',
  'signature-by-software-key',
  'signature-key-not-named',
  'signature-wrong',
  'signature-replayed',
];

function isRefusal(evaluation: Evaluation, { review, because }: ReviewJudgement): boolean {
  if (!REFUSALS.includes(because.code)) return false;
  // Whoever is in a team that the policy names is no stranger, whatever else they may do.
  if (review.reviewer.type !== 'User' || because.code === 'membership-too-fresh') return true;
  const permission = evaluation.authorities.get(review.reviewer.id)?.permission ?? 'none';
  return !['none', 'read', 'triage'].includes(permission);
}
