import type { RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { Ports } from '../core/ports.ts';
import { enqueueTask } from './enqueue-task.ts';
import { gateName, loadGates, markOpenRun } from './gates.ts';
import type { Gates } from './gates.ts';
import { closeGone, settleOutcome } from './aftermath.ts';
import { judgeDeployment } from './judge-deployment.ts';
import { resume, voidAuthorisation } from './close-gate.ts';
import { finishRejection, reject, release } from './release.ts';
import type { Report } from './report.ts';
import { approvalKey } from './reviews.ts';
import { openDeploymentRequest, sealReviews } from './request.ts';
import { readWaiting, waitingAt, waitingIn } from './run-look.ts';
import type { RunLook } from './run-look.ts';
import { showEnds, showGate } from './show-gate.ts';
import { showStuckGates } from './show-stuck.ts';
import type { GateState } from './state.ts';
import { noteEnd } from './told.ts';

/** GitHub tells nobody when a wait timer ends. */
const WAIT_TIMER_LOOK_MS = 30_000;

/**
 * Looks at a run and does what is due for every opening of every environment of it: opens gates, holds, releases,
 * rejects, notices what happened without us, and writes down outcomes. Safe to repeat at any time (invariant 10).
 *
 * @param tries of this look so far, from 1: one that fails for long is shown on the checks
 */
export async function lookAtRun(
  ports: Ports,
  ref: RepositoryRef,
  runId: number,
  report: Report,
  tries: number,
): Promise<void> {
  const gates = await loadGates(ports, ref, runId);
  const shown = new Set<string>();
  try {
    await followRun(ports, ref, runId, report, gates, shown);
  } catch (error) {
    const open = gates.all().filter((gate) => gate.state !== 'closed' && !shown.has(gateName(runId, gate)));
    await showStuckGates(ports, ref, open, error, tries);
    throw error;
  }
}

/** @param shown names of the gates that say how they stand; grows */
async function followRun(
  ports: Ports,
  ref: RepositoryRef,
  runId: number,
  report: Report,
  gates: Gates,
  shown: Set<string>,
): Promise<void> {
  const repository = await ports.forge.repository(ref);
  const run = await ports.forge.run(ref, runId);
  await noteEnd(ports.documents, ref, run, ports.clock.now());
  const waiting = await readWaiting(ports, ref, run);
  const look: RunLook = { ports, report, ref, repository, run, waiting, gates };

  for (const gate of gates.all()) {
    if (gate.state !== 'closed' && waitingAt(look, gate).length === 0) await closeGone(look, gate);
  }
  for (const environment of await unopened(look)) await openGate(look, environment);
  for (const gate of gates.all()) {
    if (gate.state === 'closed') continue;
    await decideGate(look, gate);
    shown.add(gateName(runId, gate));
  }
  for (const gate of gates.all()) {
    if (gate.released?.outcome === null) await settleOutcome(look, gate);
  }
  // Last, because a check that cannot be written holds up nothing else; before the mark, because the sweep then tries again.
  await showEnds(look);
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
  // What the attempt or the opening before was asked with: an answer from then is not one to another plan (C46).
  const before = look.gates.all().findLast((gate) => gate.environment === environment);
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
    wouldRun: before?.wouldRun ?? null,
    staleReviews: before?.staleReviews ?? [],
    authorisations: 0,
    authorisation: null,
    end: null,
    endShown: false,
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
  const evaluation = await judgeDeployment(look, gate, waiting);
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
