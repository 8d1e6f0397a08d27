import { currentAttempt } from '../present/run.ts';
import { nodeId } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { Account, DispatchOptions, JobSpec, Outcome, WorkflowSpec } from '../sandbox.ts';
import type {
  AttemptRecord,
  Conclusion,
  DeploymentState,
  GateRecord,
  JobRecord,
  PullRecord,
  RepoRecord,
  RunRecord,
  World,
} from '../state.ts';
import { repoOf } from './accounts.ts';
import { mayDeploy } from './deployment-branches.ts';
import { testMerge } from './merge.ts';
import { environmentOf } from './repositories.ts';
import {
  addDeployment,
  addDeploymentStatus,
  emitDeploymentReview,
  emitJob,
  emitProtectionRule,
  emitRun,
} from './run-events.ts';

export const ACTIONS_APP = 'github-actions';

export function startRun(
  world: World,
  repo: RepoRecord,
  actor: Account,
  spec: WorkflowSpec,
  options: DispatchOptions,
): RunRecord {
  const named = options.ref ?? repo.defaultBranch;
  const branch = named.replace(/^refs\/(?:heads|tags)\//, '');
  const headRepo = options.headRepo === undefined ? repo : repoOf(world, options.headRepo);
  const full = named.startsWith('refs/') ? named : `refs/heads/${named}`;
  const headSha = options.sha ?? headRepo.git.resolve(full)?.sha;
  if (headRepo.id !== repo.id && headSha !== undefined) repo.git.fetch(headRepo.git, headSha);
  if (headSha === undefined || repo.git.commit(headSha) === undefined)
    throw new Refused(422, `No ref found for: ${branch}`);
  const event = options.event ?? 'workflow_dispatch';
  const pull = event === 'pull_request' ? pullOfHead(repo, headRepo, headSha) : null;
  const id = world.nextId('run');
  const path = spec.path ?? `.github/workflows/${spec.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.yml`;
  const runNumber = (repo.runNumbers.get(path) ?? 0) + 1;
  repo.runNumbers.set(path, runNumber);
  const run: RunRecord = {
    id,
    nodeId: nodeId('WFR', id),
    repo,
    spec,
    path,
    workflowId: workflowId(world, repo, path),
    suiteId: world.nextId('suite'),
    runNumber,
    event,
    headSha,
    headBranch: branch,
    ref: pull === null ? full : `refs/pull/${pull.number}/merge`,
    sha: pull === null ? headSha : testMerge(world, pull),
    pull,
    headRepo,
    actor,
    attempts: [],
    approvals: [],
    reports: [],
    createdAt: world.now(),
  };
  world.runs.set(id, run);
  startAttempt(world, run, actor, []);
  return run;
}

function pullOfHead(repo: RepoRecord, headRepo: RepoRecord, headSha: string): PullRecord | null {
  const open = [...repo.pulls.values()].filter((pull) => pull.state === 'open' && pull.headRepo.id === headRepo.id);
  return open.findLast((pull) => pull.headSha === headSha) ?? null;
}

/** `carried`: jobs of the attempt before that are not run again. */
export function startAttempt(
  world: World,
  run: RunRecord,
  triggeringActor: Account,
  carried: readonly JobRecord[],
): void {
  const attempt: AttemptRecord = {
    number: run.attempts.length + 1,
    triggeringActor,
    startedAt: world.now(),
    updatedAt: world.now(),
    status: 'queued',
    conclusion: null,
    jobs: [...carried],
  };
  run.attempts.push(attempt);
  emitRun(world, run, 'requested');
  const { concurrency } = run.spec;
  const others = concurrency === undefined ? [] : activeInGroup(world, run, concurrency.group);
  if (concurrency?.cancelInProgress === true) for (const other of others) cancelRun(world, other);
  // Concurrency is settled before any approval is asked for; one run of a group is pending at most.
  else if (others.length > 0) {
    for (const other of others) if (currentAttempt(other).status === 'pending') cancelRun(world, other);
    attempt.status = 'pending';
    return;
  }
  advance(world, run);
}

function activeInGroup(world: World, run: RunRecord, group: string): readonly RunRecord[] {
  return [...world.runs.values()].filter(
    (other) =>
      other.id !== run.id &&
      other.repo.id === run.repo.id &&
      other.spec.concurrency?.group === group &&
      currentAttempt(other).status !== 'completed',
  );
}

/** Starts every job whose needs are met, then says what the run is now. Jobs that end at once come back here. */
export function advance(world: World, run: RunRecord): void {
  const attempt = currentAttempt(run);
  if (attempt.status === 'completed') return;
  for (let spec = nextReady(run, attempt); spec !== undefined; spec = nextReady(run, attempt)) {
    const skipped = !mayBegin(attempt, spec);
    const job = addJob(world, run, attempt, spec);
    if (skipped) settleJob(world, job, 'skipped');
    else queueJob(world, job);
  }
  const unfinished = attempt.jobs.some((job) => job.status !== 'completed');
  if (unfinished) setStatus(world, run, attempt);
  else complete(world, run, attempt, conclusionOf(attempt));
}

/** Looked for afresh after each job: one that ends at once may have started others already. */
function nextReady(run: RunRecord, attempt: AttemptRecord): JobSpec | undefined {
  return run.spec.jobs.find(
    (spec) =>
      !attempt.jobs.some((job) => job.spec.name === spec.name) &&
      needsOf(attempt, spec).every((job) => job?.status === 'completed'),
  );
}

function mayBegin(attempt: AttemptRecord, spec: JobSpec): boolean {
  const needs = needsOf(attempt, spec);
  if (spec.condition === undefined) return needs.every((job) => job?.conclusion === 'success');
  return spec.condition(Object.fromEntries(needs.map((job) => [job?.spec.name ?? '', job?.conclusion ?? 'skipped'])));
}

function setStatus(world: World, run: RunRecord, attempt: AttemptRecord): void {
  if (currentAttempt(run) !== attempt || attempt.status === 'completed') return;
  const begun = attempt.jobs.some((job) => job.status === 'in_progress');
  const status = attempt.jobs.some((job) => job.status === 'waiting') ? 'waiting' : 'in_progress';
  const first = attempt.status === 'queued' && begun;
  attempt.status = status;
  attempt.updatedAt = world.now();
  if (first) emitRun(world, run, 'in_progress');
  world.changed();
}

function complete(world: World, run: RunRecord, attempt: AttemptRecord, conclusion: Conclusion): void {
  if (attempt.status === 'completed') return;
  attempt.status = 'completed';
  attempt.conclusion = conclusion;
  attempt.updatedAt = world.now();
  emitRun(world, run, 'completed');
  const group = run.spec.concurrency?.group;
  if (group === undefined) return;
  const next = activeInGroup(world, run, group).find((other) => currentAttempt(other).status === 'pending');
  if (next === undefined) return;
  currentAttempt(next).status = 'queued';
  advance(world, next);
}

function conclusionOf(attempt: AttemptRecord): Conclusion {
  if (attempt.jobs.some((job) => job.conclusion === 'failure')) return 'failure';
  if (attempt.jobs.some((job) => job.conclusion === 'cancelled')) return 'cancelled';
  return 'success';
}

function needsOf(attempt: AttemptRecord, spec: JobSpec): readonly (JobRecord | undefined)[] {
  return (spec.needs ?? []).map((name) => attempt.jobs.find((job) => job.spec.name === name));
}

function addJob(world: World, run: RunRecord, attempt: AttemptRecord, spec: JobSpec): JobRecord {
  const id = world.nextId('job');
  const job: JobRecord = {
    id,
    nodeId: nodeId('CR', id),
    spec,
    run,
    attempt: attempt.number,
    status: 'queued',
    conclusion: null,
    deployment: null,
    gate: null,
    createdAt: world.now(),
    startedAt: world.now(),
    hasRunner: false,
    completedAt: null,
  };
  attempt.jobs.push(job);
  return job;
}

function queueJob(world: World, job: JobRecord): void {
  const { run, spec } = job;
  if (spec.environment === undefined) {
    emitJob(world, job, 'queued');
    beginJobs(world, [job]);
    return;
  }
  const environment = environmentOf(world, run.repo, spec.environment);
  const requestor = currentAttempt(run).triggeringActor;
  job.deployment = addDeployment(world, run.repo, {
    environment: spec.environment,
    sha: run.headSha,
    ref: run.headBranch,
    creator: requestor,
    viaApp: world.apps.get(ACTIONS_APP) ?? null,
    run,
  });
  emitJob(world, job, 'queued');
  if (!mayDeploy(run.repo, environment, run.ref)) {
    settleJob(world, job, 'failure');
    return;
  }
  const gate: GateRecord = {
    environment,
    openedAt: world.now(),
    custom: new Map(environment.customRules.map((rule) => [rule.app.id, 'pending'])),
    native: environment.reviewers.length > 0 ? 'pending' : 'none',
    timerEndsAt: world.now() + environment.waitTimerMinutes * 60_000,
    reportsByApp: new Map(),
  };
  if (isOpen(world, gate)) {
    beginJobs(world, [job]);
    return;
  }
  job.gate = gate;
  job.status = 'waiting';
  setStatus(world, run, currentAttempt(run));
  deploymentStatus(world, job, 'waiting');
  emitJob(world, job, 'waiting');
  for (const rule of environment.customRules) emitProtectionRule(world, job, environment, rule.app);
  if (gate.native === 'pending') {
    emitDeploymentReview(world, run, { action: 'requested', sender: requestor, jobs: [job], environment });
  }
}

export function isOpen(world: World, gate: GateRecord): boolean {
  return (
    [...gate.custom.values()].every((state) => state === 'approved') &&
    gate.native !== 'pending' &&
    world.now() >= gate.timerEndsAt
  );
}

/** Lets jobs run: all begin before the first one ends. */
export function beginJobs(world: World, jobs: readonly JobRecord[]): void {
  for (const job of jobs) {
    const waited = job.status === 'waiting';
    job.gate = null;
    job.status = 'queued';
    if (waited) {
      deploymentStatus(world, job, 'queued');
      emitJob(world, job, 'queued');
    }
  }
  for (const job of jobs) {
    job.status = 'in_progress';
    job.hasRunner = true;
    job.startedAt = world.now();
    setStatus(world, job.run, currentAttempt(job.run));
    deploymentStatus(world, job, 'in_progress');
    emitJob(world, job, 'in_progress');
  }
  for (const job of jobs) if (job.spec.manual !== true) finishJob(world, job, job.spec.outcome ?? 'success');
}

export function finishJob(world: World, job: JobRecord, outcome: Outcome): void {
  settleJob(world, job, outcome);
  advance(world, job.run);
}

function settleJob(world: World, job: JobRecord, conclusion: Conclusion): void {
  job.gate = null;
  job.status = 'completed';
  job.conclusion = conclusion;
  job.completedAt = world.now();
  const states = { success: 'success', failure: 'failure', cancelled: 'error', skipped: 'inactive' } as const;
  deploymentStatus(world, job, states[conclusion]);
  emitJob(world, job, 'completed');
}

/** A rejected, expired or orphaned gate: its jobs fail. */
export function failJobs(world: World, jobs: readonly JobRecord[]): void {
  for (const job of jobs) settleJob(world, job, 'failure');
  for (const run of new Set(jobs.map((job) => job.run))) advance(world, run);
}

export function cancelRun(world: World, run: RunRecord): void {
  const attempt = currentAttempt(run);
  if (attempt.status === 'completed') throw new Refused(409, 'Cannot cancel a workflow run that is completed.');
  for (const job of attempt.jobs) if (job.status !== 'completed') settleJob(world, job, 'cancelled');
  complete(world, run, attempt, 'cancelled');
}

function deploymentStatus(world: World, job: JobRecord, state: DeploymentState): void {
  const actions = world.apps.get(ACTIONS_APP);
  if (job.deployment === null || actions === undefined) return;
  const sender = currentAttempt(job.run).triggeringActor;
  const logUrl = `${world.url}/${job.run.repo.fullName}/actions/runs/${job.run.id}/job/${job.id}`;
  addDeploymentStatus(world, job.deployment, state, { creator: actions.bot, viaApp: actions, sender }, { logUrl });
}

function workflowId(world: World, repo: RepoRecord, path: string): number {
  for (const run of world.runs.values()) if (run.repo.id === repo.id && run.path === path) return run.workflowId;
  return world.nextId('workflow');
}
