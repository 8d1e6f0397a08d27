import type { PullEvidence, RepositoryFacts, RepositoryRef, RunFacts } from '../core/facts.ts';
import { parseCommand } from '../core/gate/command.ts';
import type { Because, ReviewJudgement } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import { canonicalJson } from '../core/gate/request-digest.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { DeploymentRequest, RangeKind } from '../core/request.ts';
import type { Review } from '../core/review.ts';
import type { Evaluation } from './evaluate.ts';
import { pullRequestReviews } from './reviews.ts';
import type { Answered } from './reviews.ts';
import { load, save } from './state.ts';
import type { DocumentBody } from './state.ts';

/**
 * What reviews of pull requests say about a deployment. GitHub binds a review to a commit and to nothing that would run, and it
 * stands for ever: what it leaves open it has to name itself, as its first line, or it counts once for what was there then.
 */

/** Nothing that runs is taken away: what was deployed before is in it, or there was nothing. */
const GOES_ON: readonly RangeKind[] = ['range', 'truncated', 'baseline'];

interface Asked {
  readonly ref: RepositoryRef;
  readonly request: DeploymentRequest;
  readonly digest: string;
  /** What an answer binds that names `code`. */
  readonly answerDigest: string;
  readonly code: string;
}

/** Reviews of the pull requests whose head is deployed. A request for changes counts as it is: nobody is asked for a code to stop. */
export async function deploymentReviews(
  ports: ReadPorts,
  asked: Asked,
  headPulls: readonly PullEvidence[],
): Promise<readonly Answered[]> {
  const { ref, request } = asked;
  const counted = (await load(ports.documents, ref, 'counted', placeOf(request)))?.body ?? [];
  const found: Answered[] = [];
  for (const { pull, timeline } of headPulls) {
    const answers = await pullRequestReviews(ports, ref, pull, timeline, asked.code);
    const isNamed = answers.some(({ review }) => approvalIn(review)?.code === asked.code);
    const unedited = isNamed ? await ports.forge.uneditedReviews(ref, pull.number) : new Set<number>();
    for (const { review, voided } of answers) {
      if (review.verdict === 'reject') found.push({ review, voided: null });
      else {
        const named = withName(review, asked, unedited);
        found.push({ review: named.review, voided: voided ?? named.voided ?? usedUp(review, asked, counted) });
      }
    }
  }
  return found;
}

function approvalIn({ reason }: Review): { readonly code: string; readonly reason: string } | null {
  const command = parseCommand(reason);
  return command?.kind === 'approve' ? command : null;
}

/** The review with what its first line binds, or why it has to bind more than the commit. */
function withName(
  review: Review,
  { request, answerDigest, code }: Asked,
  unedited: ReadonlySet<number>,
): { readonly review: Review; readonly voided: Because | null } {
  const { login } = review.reviewer;
  const approval = approvalIn(review);
  if (approval === null) {
    // Of a commit that does not go on from what runs, a review that is still there says nothing about what it would take away.
    const needsName = request.proposalsDigest !== null || !GOES_ON.includes(request.range.kind);
    return { review, voided: needsName ? because('review-without-code', { login, code }) : null };
  }
  if (approval.code !== code) {
    return { review, voided: because('review-of-other-code', { login, found: approval.code, code }) };
  }
  const named = {
    ...review,
    bound: { ...review.bound, requestDigest: answerDigest },
    // Whoever may write here can edit it into a review that names something (C38).
    edited: !unedited.has(Number(review.id.slice('review:'.length))),
    reason: [approval.reason, ...review.reason.split('\n').slice(1)].join('\n').trim(),
  };
  return { review: named, voided: null };
}

/** Once only, of what was proposed; else for the commit, as long as it is compared with what it was compared with (C45). */
function usedUp(review: Review, { request, digest }: Asked, counted: DocumentBody<'counted'>): Because | null {
  const { login } = review.reviewer;
  const others = counted.filter((entry) => entry.review === review.id && entry.requestDigest !== digest);
  if (others.some(({ range }) => range === null)) return because('review-used', { login });
  if (others.every(({ range }) => range === rangeOf(request))) return null;
  return because('review-before-other-deployment', { login, environment: request.gate.environment });
}

/**
 * Remembers which reviews let it go, or would have in another's place: each was for this release, and none is left over for the
 * next (C45). Done before it goes, so that a crash only makes an answer void.
 */
export async function rememberCounted(
  { documents }: Pick<ReadPorts, 'documents'>,
  ref: RepositoryRef,
  evaluation: Pick<Evaluation, 'request' | 'digest' | 'answerDigest' | 'decision'>,
): Promise<void> {
  const { request, digest, answerDigest, decision } = evaluation;
  if (request.kind !== 'deployment') return;
  const stored = await load(documents, ref, 'counted', placeOf(request));
  const body = stored?.body ?? [];
  const range = request.proposalsDigest === null ? rangeOf(request) : null;
  const more = decision.reviews
    .filter(({ review }) => review.channel === 'pull-request-review' && review.verdict === 'approve')
    // One that names this request is for it, whatever its author was not allowed at that moment.
    .filter((each) => each.review.bound.requestDigest === answerDigest || isGood(each))
    .map(({ review }) => review.id)
    .filter((id) => !body.some((known) => known.review === id && known.requestDigest === digest))
    .map((review) => ({ review, requestDigest: digest, range }));
  if (more.length === 0) return;
  const next = { body: [...body, ...more], version: stored?.version ?? 0 };
  await save(documents, ref, 'counted', placeOf(request), next);
}

/** It filled a seat, or would have, had not this person or another one already. */
function isGood({ counts, because: { code } }: ReviewJudgement): boolean {
  return counts || code === 'second-seat-same-person' || code === 'second-account-same-person';
}

function placeOf({ gate, headSha }: DeploymentRequest): string {
  return `${gate.environment}/${headSha}`;
}

function rangeOf({ range }: DeploymentRequest): string {
  return canonicalJson([range.kind, range.baseSha]);
}

/**
 * A review counts only of a pull request into a branch that this deployment is about: approved for a branch that nobody guards
 * and moved on from there, a commit was approved for nothing else (C76).
 */
export function voidOtherBases(
  { review, voided }: Answered,
  { defaultBranch }: Pick<RepositoryFacts, 'defaultBranch'>,
  run: Pick<RunFacts, 'headBranch'>,
  environment: string,
  policy: Policy | null,
): Answered {
  const { pullRequest, baseRef } = review.bound;
  if (voided !== null || review.verdict === 'reject' || pullRequest === undefined || baseRef === undefined) {
    return { review, voided };
  }
  const named = policy?.['deploy-branches']?.[environment] ?? [];
  // Whoever starts the run chooses its branch, so that one counts only for who says by the code that this deployment is meant.
  const ofRun = run.headBranch === null || review.bound.requestDigest === undefined ? [] : [run.headBranch];
  const counting = [...new Set([defaultBranch, ...ofRun, ...named])];
  if (counting.includes(baseRef) || baseRef.toLowerCase() === environment) return { review, voided };
  const params = { login: review.reviewer.login, number: pullRequest, base: baseRef };
  const told = [...new Set([...counting, environment])].join(', ');
  return { review, voided: because('review-for-other-branch', { ...params, counting: told }) };
}

/**
 * The request whose code people type. Alone nothing can be answered before the next attempt, so there a code names what all
 * attempts ask alike: it is the code of the first.
 */
export function firstAsked(request: DeploymentRequest): DeploymentRequest {
  return { ...request, gate: { ...request.gate, attempt: 1, opening: 1 } };
}
