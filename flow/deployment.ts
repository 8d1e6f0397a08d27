import type { ApprovalEntry, PendingEnvironment, RepositoryRef, WaitingJob } from '../core/facts.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import { requestDigest } from '../core/gate/request-digest.ts';
import type { Subject } from '../core/policy/requirement.ts';
import type { Ports } from '../core/ports.ts';
import type { DeploymentRequest } from '../core/request.ts';
import { enqueueTask } from './enqueue-task.ts';
import { evaluate } from './evaluate.ts';
import type { Evaluation } from './evaluate.ts';
import { gatherDeployment } from './gather.ts';
import type { GatheredDeployment } from './gather.ts';
import { gateKey, gateName, loadGates, markOpenRun } from './gates.ts';
import { closeGone, settleOutcome } from './aftermath.ts';
import { policyDigestOf, policyInForce } from './policy-in-force.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { resume, voidAuthorisation } from './close-gate.ts';
import { finishRejection, reject, release } from './release.ts';
import type { Report } from './report.ts';
import { approvalKey, digestReviews, newApprovals, promptReviews, pullRequestReviews } from './reviews.ts';
import type { Answered } from './reviews.ts';
import { openDeploymentRequest, sealReviews } from './request.ts';
import { readWaiting, waitingAt, waitingIn } from './run-look.ts';
import type { RunLook } from './run-look.ts';
import { showGate } from './show-gate.ts';
import type { GateState } from './state.ts';

/** GitHub tells nobody when a wait timer ends. */
const WAIT_TIMER_LOOK_MS = 30_000;

/**
 * Looks at a run and does what is due for every opening of every environment of it: opens gates, holds, releases,
 * rejects, notices what happened without us, and writes down outcomes. Safe to repeat at any time (invariant 10).
 */
export async function lookAtRun(ports: Ports, ref: RepositoryRef, runId: number, report: Report): Promise<void> {
  const repository = await ports.forge.repository(ref);
  const run = await ports.forge.run(ref, runId);
  const waiting = await readWaiting(ports, ref, run);
  const gates = await loadGates(ports, ref, runId);
  const look: RunLook = { ports, report, ref, repository, run, waiting, gates };

  for (const gate of gates.all()) {
    if (gate.state !== 'closed' && waitingAt(look, gate).length === 0) await closeGone(look, gate);
  }
  for (const environment of await unopened(look)) await openGate(look, environment);
  for (const gate of gates.all()) {
    if (gate.state !== 'closed') await decideGate(look, gate);
  }
  for (const gate of gates.all()) {
    if (gate.released?.outcome === null) await settleOutcome(look, gate);
  }
  await markOpenRun(ports, ref, runId, gates.all());
}

/** Environments (as GitHub writes them) that wait for this App's rule and have no open gate. */
async function unopened(look: RunLook): Promise<readonly string[]> {
  const names = new Map(look.waiting.map((job) => [job.environment.toLowerCase(), job.environment]));
  const found: string[] = [];
  for (const [environment, name] of names) {
    const open = look.gates
      .all()
      .some((gate) => gate.attempt === look.run.attempt && gate.environment === environment && gate.state !== 'closed');
    if (open || waitingIn(look, environment).length === 0) continue;
    if ((await look.ports.forge.environmentApps(look.ref, name)).includes(look.ports.self.id)) found.push(name);
  }
  return found;
}

async function openGate(look: RunLook, environmentName: string): Promise<void> {
  const { run, ref, ports } = look;
  const environment = environmentName.toLowerCase();
  const opening =
    look.gates.all().filter((gate) => gate.attempt === run.attempt && gate.environment === environment).length + 1;
  // The list tells neither attempt nor time: what stands there before a later opening answered an earlier one. Before the
  // first opening of the first attempt nothing can have been asked, so a quick reviewer's answer is not lost.
  const first = run.attempt === 1 && opening === 1;
  const earlierApprovals = first ? [] : (await ports.forge.approvals(ref, run.id)).map(approvalKey);
  await look.gates.put({
    attempt: run.attempt,
    environment,
    opening,
    environmentName,
    headSha: run.headSha,
    state: 'held',
    // Known from the first moment: when they are let go past us before anything was decided, that is a bypass too.
    jobs: waitingIn(look, environment).map(({ id, name }) => ({ id, name })),
    earlierApprovals,
    requestDigest: null,
    authorisations: 0,
    authorisation: null,
    end: null,
    released: null,
    reports: 0,
    lastReport: '',
  });
}

async function decideGate(look: RunLook, opened: GateState): Promise<void> {
  if (opened.state === 'rejecting') {
    await finishRejection(look, opened);
    return;
  }
  const waiting = waitingAt(look, opened);
  let gate = await resume(look, opened);
  const evaluation = await evaluateGate(look, gate, waiting);
  const { decision } = evaluation;
  look.report({
    level: 'info',
    message: 'deployment decided',
    fields: {
      repository: look.ref.id,
      gate: gateName(look.run.id, gate),
      sha: look.run.headSha,
      decision: decision.kind,
      reason: decision.reason,
    },
  });
  gate = await openDeploymentRequest(look, gate, evaluation, waiting);
  if (decision.kind === 'release') {
    gate = await release(look, gate, evaluation, waiting);
  } else {
    // An authorisation in force whose decision no longer stands is undone before anything else is said.
    gate = await voidAuthorisation(look, gate, decision.because[0] ?? because('nothing-decided', {}));
    if (decision.kind === 'reject') gate = await reject(look, gate, evaluation);
    else await sealReviews(look.ports, look.ref, evaluation);
  }
  if (decision.because.some(({ code }) => code === 'wait-timer-running')) {
    const soon = look.ports.clock.now() + WAIT_TIMER_LOOK_MS;
    await enqueueTask(look.ports, { kind: 'run', repository: look.ref, runId: look.run.id }, soon);
  }
  await showGate(look, gate, evaluation);
}

async function evaluateGate(look: RunLook, gate: GateState, waiting: readonly WaitingJob[]): Promise<Evaluation> {
  const { ports, ref, repository, run } = look;
  const policy = await policyInForce(ports, repository);
  const inForce = policy.state.kind === 'in-force' ? policy.state.policy : null;
  const gathered = await gatherDeployment(ports, repository, run, gate.environment, inForce);
  const pending = await ports.forge.pendingEnvironments(ref, run.id);
  const approvals = newApprovals(await ports.forge.approvals(ref, run.id), gate.earlierApprovals, gate.environment);
  const request = deploymentRequest(look, gate, waiting, policy, gathered);
  const digest = requestDigest(request, ports.sha256);
  const reviews = [
    ...promptReviews(approvals, gateKey(run.id, gate), new Date(ports.clock.now()).toISOString()),
    ...(await headPullReviews(look, gathered)),
    ...(await digestReviews(ports, ref, digest)),
  ];
  return evaluate(ports, {
    repository,
    request,
    gathered,
    policy,
    subject: subjectOf(look, gate, gathered),
    reviews,
    blocks: [...rangeBlocks(gathered), ...nativeBlocks(gate, pending, approvals, ports.clock.now())],
    moreSeats: [
      ...(gathered.range.kind === 'baseline' ? ['baseline'] : []),
      ...(gathered.parties.unattributed.length > 0 || gathered.range.incomplete.includes('range-truncated')
        ? ['unattributed-commit']
        : []),
    ],
  });
}

function deploymentRequest(
  look: RunLook,
  gate: GateState,
  waiting: readonly WaitingJob[],
  policy: PolicyInForce,
  gathered: GatheredDeployment,
): DeploymentRequest {
  const { ref, run } = look;
  return {
    kind: 'deployment',
    repository: { host: ref.host, installationId: ref.installationId, id: ref.id },
    headSha: run.headSha,
    policyDigest: policyDigestOf(policy.state),
    gate: gateKey(run.id, gate),
    range: { kind: gathered.range.kind, baseSha: gathered.range.baseSha },
    jobs: waiting.map((job) => job.name).toSorted(),
  };
}

/** Approving reviews of the one pull request whose head is deployed; its rejections speak about merging, not about this. */
async function headPullReviews(look: RunLook, gathered: GatheredDeployment): Promise<readonly Answered[]> {
  const pull = gathered.headPull;
  const evidence = gathered.change.pulls.find((each) => each.pull.number === pull?.number);
  if (pull === null || evidence === undefined) return [];
  const reviews = await pullRequestReviews(look.ports, look.ref, pull, evidence.timeline);
  return reviews.filter(({ review }) => review.verdict === 'approve');
}

function subjectOf(look: RunLook, gate: GateState, gathered: GatheredDeployment): Subject {
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
  gate: GateState,
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
