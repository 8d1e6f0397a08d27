import type {
  ApprovalEntry,
  PendingEnvironment,
  RepositoryFacts,
  RepositoryRef,
  RunFacts,
  WaitingJob,
} from '../core/facts.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import { requestCode, requestDigest } from '../core/gate/request-digest.ts';
import type { Subject } from '../core/policy/requirement.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { Proposal } from '../core/proposal.ts';
import type { DeploymentRequest } from '../core/request.ts';
import { askOnce } from './ask-once.ts';
import { byBothPolicies } from './by-both-policies.ts';
import { codeBlocks } from './codes.ts';
import { deploymentReviews, firstAsked, voidOtherBases } from './deployment-reviews.ts';
import { evaluate } from './evaluate.ts';
import type { Evaluation, EvaluationInput } from './evaluate.ts';
import { gatherDeployment } from './gather.ts';
import type { GatheredDeployment } from './gather.ts';
import { gateKey } from './gates.ts';
import { askedByUnknown } from './parties.ts';
import { policyBefore, policyDigestOf, policyInForce } from './policy-in-force.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { isToSomethingElse, proposalsFor, whatRuns } from './proposals.ts';
import { digestReviews, newApprovals, promptReviews } from './reviews.ts';
import type { Answered } from './reviews.ts';
import type { GateState } from './state.ts';
import { forgottenBlocks } from './told.ts';

interface GateLook {
  readonly ports: ReadPorts;
  readonly ref: RepositoryRef;
  readonly repository: RepositoryFacts;
  readonly run: RunFacts;
  /** Lower case; other environments whose deployment prompt asks about this one. */
  readonly prompts?: readonly string[];
  /** Alone: an answer is given in one attempt and counts in the next, so its code is that of the first. */
  readonly isAlone?: boolean;
}

/** Which opening is asked about, the approvals of GitHub's prompt that were there before it, and what was asked last. */
export type AskedGate = Pick<GateState, 'attempt' | 'environment' | 'opening' | 'earlierApprovals'> &
  Partial<Pick<GateState, 'requestDigest' | 'wouldRun' | 'staleReviews'>>;

/** Commits or pull requests that nobody looked at: anyone may have made them. */
const UNREAD: readonly string[] = ['range-truncated', 'base-unreachable', 'pull-requests-truncated'];

/** Judges one opening of one environment as it stands now, and changes nothing. */
export async function judgeDeployment(
  look: GateLook,
  gate: AskedGate,
  waiting: readonly WaitingJob[],
): Promise<Evaluation> {
  const { ref, repository, run } = look;
  const ports = { ...look.ports, people: askOnce(look.ports.people) };
  const policy = await policyInForce(ports, repository);
  const gathered = await gatherDeployment(ports, repository, run, gate.environment, policyOf(policy));
  const pending = await ports.forge.pendingEnvironments(ref, run.id);
  const approvals = await ports.forge.approvals(ref, run.id);
  const prompts = [gate.environment, ...(look.prompts ?? [])];
  const { body: proposals } = await proposalsFor(ports.documents, ref, { ...gate, runId: run.id });
  const request = deploymentRequest(look, gate, waiting, policy, gathered, proposals);
  const digest = requestDigest(request, ports.sha256);
  const answerDigest = look.isAlone === true ? requestDigest(firstAsked(request), ports.sha256) : digest;
  const code = requestCode(answerDigest);
  const unboundReviews = [
    ...promptReviews(approvals, { ...gate, runId: run.id }, prompts, new Date(ports.clock.now()).toISOString()),
    ...(await deploymentReviews(ports, { ref, request, digest, answerDigest, code }, gathered.headPulls)),
  ];
  const reviews = [
    ...unboundReviews.map((answered) => voidWhenStale(answered, gate, request)),
    ...(await digestReviews(ports, ref, digest)),
  ];
  const blocks = [
    ...rangeBlocks(gathered),
    ...(await codeBlocks(ports.documents, ref, { code, answerDigest })),
    ...(await forgottenBlocks(ports.documents, ref, run.id)),
    ...nativeBlocks(gate, pending, newApprovals(approvals, gate.earlierApprovals, prompts), ports.clock.now()),
  ];
  const judgeBy = (
    judging: PolicyInForce,
    judged: GatheredDeployment,
    past?: NonNullable<EvaluationInput['past']>,
  ): Promise<Evaluation> => {
    const inForce = policyOf(judging);
    const unknown = askedByUnknown(judged.parties, inForce);
    return evaluate(ports, {
      repository,
      request,
      answerDigest,
      gathered: judged,
      proposals,
      policy: judging,
      ...(past === undefined ? {} : { past }),
      subject: subjectOf(look, gate, judged),
      reviews: reviews.map((answered) => voidOtherBases(answered, repository, run, gate.environment, inForce)),
      blocks: [...blocks, ...(judging === policy ? unknown.blocks : [])],
      moreSeats: [
        ...(judged.range.kind === 'baseline' && judging === policy ? ['baseline'] : []),
        ...(unknown.moreSeats.length === 0 && judged.change.incomplete.some((what) => UNREAD.includes(what))
          ? ['unattributed-commit']
          : unknown.moreSeats),
      ],
    });
  };
  const now = await judgeBy(policy, gathered);
  if (policyOf(policy) === null || gathered.range.kind === 'fork') return now;
  const before = await policyBefore(ports, repository, gathered.range, policy);
  return before === null
    ? now
    : byBothPolicies(
        now,
        await judgeBy(before, await gathered.under(policyOf(before)), {
          signersNow: now.signers,
          hasTeams: look.isAlone !== true,
        }),
      );
}

function policyOf({ state }: PolicyInForce): Policy | null {
  return state.kind === 'in-force' ? state.policy : null;
}

/**
 * GitHub's prompt and its reviews bind neither the plan nor a called workflow (invariant 4). Which of the two came first is
 * told by the looks, never by times: what was there when the change was seen, answered something else.
 */
function voidWhenStale(answered: Answered, gate: AskedGate, request: DeploymentRequest): Answered {
  const { id, reviewer, verdict } = answered.review;
  const isStale = isToSomethingElse(answered.review, gate, request) || gate.staleReviews?.includes(id) === true;
  // Whoever stops something stops what comes in its place.
  if (answered.voided !== null || verdict === 'reject' || !isStale) return answered;
  return { ...answered, voided: because('review-before-proposal', { login: reviewer.login }) };
}

function deploymentRequest(
  look: GateLook,
  gate: AskedGate,
  waiting: readonly WaitingJob[],
  policy: PolicyInForce,
  gathered: GatheredDeployment,
  proposals: readonly Proposal[],
): DeploymentRequest {
  const { ref, run, ports } = look;
  return {
    kind: 'deployment',
    repository: { host: ref.host, installationId: ref.installationId, id: ref.id },
    headSha: run.headSha,
    policyDigest: policyDigestOf(policy.state),
    gate: gateKey(run.id, gate),
    range: { kind: gathered.range.kind, baseSha: gathered.range.baseSha },
    jobs: waiting.map((job) => job.name).toSorted(),
    ...whatRuns(run, proposals, ports.sha256),
  };
}

function subjectOf(look: GateLook, gate: AskedGate, gathered: GatheredDeployment): Subject {
  return {
    kind: 'deployment',
    environment: gate.environment,
    branch: look.run.headBranch,
    paths: gathered.paths,
    pathsComplete: gathered.pathsComplete,
    class: gathered.classification.class,
    agents: gathered.classification.agents,
    labels: gathered.change.pulls.flatMap(({ pull }) => pull.labels),
    event: look.run.event,
    initiator: look.run.triggeringActor ?? look.run.actor,
    repository: `${look.ref.owner}/${look.ref.name}`,
    now: look.ports.clock.now(),
  };
}

function rangeBlocks(gathered: GatheredDeployment): readonly Because[] {
  return gathered.range.kind === 'fork' ? [because('range-fork', {})] : [];
}

/** Our answer cannot be withdrawn, so it comes after GitHub's own reviewers and wait timer (docs/design.md 4.2, step 1). */
function nativeBlocks(
  gate: AskedGate,
  pending: readonly PendingEnvironment[],
  approvals: readonly ApprovalEntry[],
  now: number,
): readonly Because[] {
  const here = pending.find((environment) => environment.name.toLowerCase() === gate.environment);
  if (here === undefined) return [];
  const blocks: Because[] = [];
  if (here.nativeReviewers > 0 && !approvals.some((entry) => entry.state === 'approved')) {
    blocks.push(because('native-review-pending', { environment: gate.environment }));
  }
  const startedAt = here.waitTimerStartedAt === null ? now : Date.parse(here.waitTimerStartedAt);
  // A start that cannot be read counts as just now: the timer is never taken as done by mistake.
  const until = (Number.isNaN(startedAt) ? now : startedAt) + here.waitTimerMinutes * 60_000;
  if (here.waitTimerMinutes > 0 && until > now) {
    blocks.push(because('wait-timer-running', { environment: gate.environment }));
  }
  return blocks;
}
