import { currentAttempt } from '../present/run.ts';
import { Refused } from '../refused.ts';
import type { Account } from '../sandbox.ts';
import type { AppRecord, AttemptRecord, EnvironmentRecord, JobRecord, RunRecord, World } from '../state.ts';
import { hasRole } from './accounts.ts';
import { beginJobs, cancelRun, failJobs, isOpen, startAttempt } from './run-engine.ts';
import { emitDeploymentReview } from './run-events.ts';

/** A waiting job that nobody lets go fails by itself after this time. */
const PATIENCE_MS = 30 * 24 * 3_600_000;
const MOST_REPORTS = 10;

export function runOf(world: World, id: number): RunRecord {
  const run = world.runs.get(id);
  if (run === undefined) throw new Refused(404, 'Not Found');
  return run;
}

export function waitingJobs(run: RunRecord, environment?: string): readonly JobRecord[] {
  return currentAttempt(run).jobs.filter(
    (job) =>
      job.status === 'waiting' &&
      (environment === undefined || job.gate?.environment.name.toLowerCase() === environment.toLowerCase()),
  );
}

export interface RuleAnswer {
  readonly environment: string;
  /** Without a state: a report that decides nothing. */
  readonly state?: 'approved' | 'rejected';
  readonly comment: string;
}

/** An App's answer to its own rule. It is keyed by run and environment name only: every job waiting there is settled. */
export function answerRule(world: World, run: RunRecord, app: AppRecord, answer: RuleAnswer, request: number): void {
  const jobs = waitingJobs(run, answer.environment).filter((job) => job.gate?.custom.get(app.id) === 'pending');
  const environment = jobs[0]?.gate?.environment;
  if (environment === undefined) {
    throw new Refused(422, `No pending deployment protection rule for environment ${answer.environment}`);
  }
  if (answer.state === undefined) countReport(jobs, app);
  run.reports.push({
    app: app.slug,
    environment: environment.name,
    state: answer.state ?? 'report',
    comment: answer.comment,
  });
  world.changed();
  if (answer.state === undefined) return;
  run.approvals.push({ state: answer.state, user: app.bot, comment: answer.comment, environments: [environment] });
  if (answer.state === 'rejected') {
    failJobs(world, jobs);
    return;
  }
  for (const job of jobs) job.gate?.custom.set(app.id, 'approved');
  releaseOpen(world, run, request);
}

function countReport(jobs: readonly JobRecord[], app: AppRecord): void {
  for (const job of jobs) {
    const count = job.gate?.reportsByApp.get(app.id) ?? 0;
    if (count >= MOST_REPORTS) throw new Refused(422, 'Too many status reports for this deployment');
  }
  for (const job of jobs) job.gate?.reportsByApp.set(app.id, (job.gate.reportsByApp.get(app.id) ?? 0) + 1);
}

/** Lets every job go whose rules are all satisfied now. */
export function releaseOpen(world: World, run: RunRecord, request: number | null): void {
  const open = waitingJobs(run).filter((job) => job.gate !== null && isOpen(world, job.gate));
  letGo(world, run, open, request);
}

function letGo(world: World, run: RunRecord, jobs: readonly JobRecord[], request: number | null): void {
  const byEnvironment = Map.groupBy(jobs, (job) => job.gate?.environment.name ?? '');
  const attempt = currentAttempt(run).number;
  for (const [environment, group] of byEnvironment) {
    const names = group.map((job) => job.spec.name);
    world.effectiveReleases.push({ runId: run.id, attempt, environment, jobs: names, request });
  }
  beginJobs(world, jobs);
}

/** The native prompt. One required reviewer suffices; "self" is only whoever started this attempt or the run. */
export function reviewNatively(
  world: World,
  run: RunRecord,
  actor: Account,
  review: {
    readonly environments: readonly string[];
    readonly state: 'approved' | 'rejected';
    readonly comment?: string;
  },
): void {
  const named = review.environments.map((name) => {
    const jobs = waitingJobs(run, name).filter((job) => job.gate?.native === 'pending');
    const environment = jobs[0]?.gate?.environment;
    if (environment === undefined) throw new Refused(422, 'No pending deployment requests to approve or reject');
    checkReviewer(run, actor, environment);
    return { environment, jobs };
  });
  const comment = review.comment ?? '';
  run.approvals.push({
    state: review.state,
    user: actor,
    comment,
    environments: named.map(({ environment }) => environment),
  });
  for (const { environment, jobs } of named) {
    emitDeploymentReview(world, run, { action: review.state, sender: actor, jobs, environment, comment });
    if (review.state === 'rejected') failJobs(world, jobs);
    else for (const job of jobs) if (job.gate !== null) job.gate.native = 'approved';
  }
  world.changed();
  if (review.state === 'approved') releaseOpen(world, run, null);
}

function checkReviewer(run: RunRecord, actor: Account, environment: EnvironmentRecord): void {
  if (!mayReview(environment, actor)) throw new Refused(422, 'You are not a required reviewer of this environment');
  const self = [run.actor.id, currentAttempt(run).triggeringActor.id];
  if (environment.preventSelfReview && self.includes(actor.id)) {
    throw new Refused(422, 'You cannot approve a deployment that you triggered');
  }
}

export function mayReview(environment: EnvironmentRecord, actor: Account): boolean {
  if (actor.type !== 'User') return false;
  return environment.reviewers.some(
    ({ account, team }) => account?.id === actor.id || team?.members.has(actor.login.toLowerCase()) === true,
  );
}

/** "Start all waiting jobs": skips every rule, custom ones too. No `deployment_review` tells of it. */
export function bypassGates(world: World, run: RunRecord, actor: Account, environments?: readonly string[]): void {
  if (!hasRole(world, run.repo, actor, 'admin')) throw new Refused(403, 'Must be an administrator of the repository');
  const jobs = environments === undefined ? waitingJobs(run) : environments.flatMap((name) => waitingJobs(run, name));
  if (jobs.length === 0) throw new Refused(422, 'No job is waiting');
  const skipped = new Map<number, EnvironmentRecord>();
  for (const job of jobs) {
    if (job.gate === null) continue;
    if (!job.gate.environment.canAdminsBypass) throw new Refused(403, 'Administrators may not bypass these rules');
    skipped.set(job.gate.environment.id, job.gate.environment);
  }
  run.approvals.push({ state: 'skipped', user: actor, comment: '', environments: [...skipped.values()] });
  letGo(world, run, jobs, null);
}

export function cancelBy(world: World, run: RunRecord, actor: Account): void {
  if (!hasRole(world, run.repo, actor, 'write')) throw new Refused(403, 'Must have write access');
  cancelRun(world, run);
}

/** Same run id, commit and `actor`; another attempt and `triggering_actor`; every gate asks again. */
export function rerun(world: World, run: RunRecord, actor: Account, failedOnly: boolean): void {
  if (!hasRole(world, run.repo, actor, 'write')) throw new Refused(403, 'Must have write access');
  const attempt = currentAttempt(run);
  if (attempt.status !== 'completed') throw new Refused(403, 'This workflow is already running');
  if (failedOnly && attempt.conclusion === 'success') throw new Refused(403, 'This workflow run has no failed jobs');
  startAttempt(world, run, actor, failedOnly ? carriedOver(attempt) : []);
}

/** Jobs that need not run again: those that were successful and wait for none that does. */
function carriedOver({ jobs }: AttemptRecord): readonly JobRecord[] {
  const again = new Set(jobs.filter((job) => job.conclusion !== 'success').map((job) => job.spec.name));
  for (let size = -1; size !== again.size;) {
    size = again.size;
    for (const { spec } of jobs) if (spec.needs?.some((name) => again.has(name)) === true) again.add(spec.name);
  }
  return jobs.filter((job) => !again.has(job.spec.name));
}

/** What time alone does: wait timers end, patience too. */
export function passTime(world: World): void {
  for (const run of world.runs.values()) {
    const tired = waitingJobs(run).filter((job) => job.gate !== null && world.now() - job.gate.openedAt >= PATIENCE_MS);
    if (tired.length > 0) failJobs(world, tired);
    releaseOpen(world, run, null);
  }
}

/** Jobs parked on a rule or environment that is taken away fail. */
export function failParked(world: World, environment: EnvironmentRecord, removedApps: readonly number[] | 'all'): void {
  for (const run of world.runs.values()) {
    const parked = waitingJobs(run).filter((job) => {
      if (job.gate?.environment.id !== environment.id) return false;
      const { custom } = job.gate;
      return removedApps === 'all' || removedApps.some((id) => custom.get(id) === 'pending');
    });
    if (parked.length > 0) failJobs(world, parked);
  }
}
