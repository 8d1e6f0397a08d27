import { GateError } from '../core/errors.ts';
import type { ApprovalEntry, JobFacts } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import { closeMisapplied, closeReleased, resume, voidAuthorisation } from './close-gate.ts';
import { gateName } from './gates.ts';
import { bypassedSealing, outcomeSealing } from './release-records.ts';
import { withdrawnSealing } from './request-records.ts';
import { boundedJobName } from './job-name.ts';
import { reportOf } from './reports.ts';
import { newApprovals } from './reviews.ts';
import type { RunLook } from './run-look.ts';
import { rememberSuccess } from './remember-success.ts';
import { sealOne } from './seal.ts';
import type { GateState, KnownJob } from './state.ts';

/** A gate at which nothing waits any more: finds out what happened, writes it down and closes it. */
export async function closeGone(look: RunLook, gate: GateState): Promise<void> {
  if (gate.state === 'rejecting') {
    await look.gates.put({ ...gate, state: 'closed', end: 'rejected' });
    return;
  }
  await concludeGone(look, await resume(look, gate));
}

/**
 * docs/design.md 4.2, step 4: nothing waits at the gate any more. Judged by what the named jobs of the gate's own attempt did,
 * never by times: did a runner take them, and had we answered?
 */
export async function concludeGone(look: RunLook, gate: GateState): Promise<GateState> {
  const { authorisation } = gate;
  const named = authorisation?.jobs ?? gate.jobs;
  const jobs = await namedJobs(look, gate.attempt, named);
  const started = jobs.some((job) => job.started);
  const unsettled = jobs.some((job) => job.status !== 'completed' && !job.started && look.run.attempt === gate.attempt);
  const letGo = started || jobs.some((job) => ['queued', 'in_progress'].includes(job.status));
  if (unsettled && !letGo) {
    throw new GateError(
      'ERR_FORGE_UNAVAILABLE',
      'GitHub says both that a job waits and that it does not; looking again',
    );
  }

  if (authorisation !== null && authorisation.posted) {
    if (letGo && (authorisation.accepted || (await bypasses(look, gate)).length === 0)) {
      return closeReleased(look, gate, authorisation.accepted ? 'answered' : 'observed');
    }
    if (!letGo && look.run.attempt === gate.attempt && authorisation.accepted) {
      // GitHub took the answer; the run was stopped before a runner took the job.
      return closeReleased(look, gate, 'answered');
    }
    if (!letGo && look.run.attempt !== gate.attempt) {
      const reached = authorisation.accepted || (await startedWithoutUs(look, gate, named));
      if (reached) return closeMisapplied(look, gate);
    }
  }
  const why = letGo
    ? because('released-without-us', { environment: gate.environment, what: 'its jobs run' })
    : because('run-not-current', { attempt: gate.attempt });
  const held = await voidAuthorisation(look, gate, why);
  return letGo ? closeBypassed(look, held, jobs) : closeWithdrawn(look, held);
}

/** Jobs of a later attempt with the names of ours that run although no gate of that attempt let them go. */
async function startedWithoutUs(look: RunLook, gate: GateState, named: readonly KnownJob[]): Promise<boolean> {
  const released = look.gates
    .all()
    .filter((other) => other.attempt === look.run.attempt && other.environment === gate.environment)
    .flatMap((other) => other.released?.jobs ?? []);
  const jobs = await look.ports.forge.attemptJobs(look.ref, look.run.id, look.run.attempt);
  return jobs.some(
    (job) =>
      job.started &&
      named.some((known) => known.name === boundedJobName(look.ports, job.name) && known.id !== job.id) &&
      !released.some((known) => known.id === job.id),
  );
}

async function closeBypassed(look: RunLook, gate: GateState, jobs: readonly JobFacts[]): Promise<GateState> {
  const by = (await bypasses(look, gate)).flatMap((entry) => (entry.user === null ? [] : [entry.user]));
  const named = jobs.map((job) => ({ ...job, name: boundedJobName(look.ports, job.name) }));
  await sealOne(look.ports, look.ref, bypassedSealing(look.ports, look.ref, look.run.id, gate, named, by[0] ?? null));
  look.report({
    level: 'error',
    message: 'ALARM: a deployment went on without an answer of ours',
    fields: { gate: gateName(look.run.id, gate), by: by[0]?.login ?? null },
  });
  return look.gates.put({ ...gate, state: 'closed', end: 'bypassed' });
}

async function closeWithdrawn(look: RunLook, gate: GateState): Promise<GateState> {
  if (gate.requestDigest !== null) {
    await sealOne(
      look.ports,
      look.ref,
      withdrawnSealing(look.ports, look.ref, gate.requestDigest, gateName(look.run.id, gate), look.run.headSha),
    );
  }
  return look.gates.put({ ...gate, state: 'closed', end: 'withdrawn' });
}

/**
 * Entries that say that the gate was passed by: an admin's "start all waiting jobs" shows as `skipped`, and a state that
 * nobody has documented is taken for one too.
 */
async function bypasses(look: RunLook, gate: GateState): Promise<readonly ApprovalEntry[]> {
  const entries = await look.ports.forge.approvals(look.ref, look.run.id);
  return newApprovals(entries, gate.earlierApprovals, [gate.environment]).filter(
    (entry) => !['approved', 'rejected', 'pending'].includes(entry.state),
  );
}

async function namedJobs(look: RunLook, attempt: number, named: readonly KnownJob[]): Promise<readonly JobFacts[]> {
  const jobs = await look.ports.forge.attemptJobs(look.ref, look.run.id, attempt);
  return jobs.filter((job) => named.some((known) => known.id === job.id));
}

/**
 * Writes down how a released deployment ended, once every job that it let go is done, and remembers the SHA of a success
 * as the next deployment's base. Judged by the jobs themselves: a deployment status can be invented by anyone with
 * `deployments: write`.
 */
export async function settleOutcome(look: RunLook, gate: GateState): Promise<void> {
  const { released } = gate;
  if (released === null) return;
  const jobs = await namedJobs(look, gate.attempt, released.jobs);
  if (jobs.length < released.jobs.length || jobs.some((job) => job.status !== 'completed' || job.conclusion === null))
    return;
  const failed = jobs.find((job) => job.conclusion !== 'success');
  const conclusion = failed?.conclusion ?? 'success';
  const reported = await reportOf(look.ports.documents, look.ref, look.run.id, gate);
  const outcome = { conclusion, reported };
  await sealOne(look.ports, look.ref, outcomeSealing(look.ports, look.ref, look.run.id, gate, released, outcome));
  if (conclusion === 'success') await rememberSuccess(look.ports, look.ref, gate);
  await look.gates.put({ ...gate, released: { ...released, outcome: conclusion } });
}
