import { presentAccount } from '../present/account.ts';
import { presentPullSimple } from '../present/pull.ts';
import { repoUrl } from '../present/repository.ts';
import {
  currentAttempt,
  presentDeployment,
  presentDeploymentStatus,
  presentJob,
  presentReviewers,
  presentRun,
  runPulls,
} from '../present/run.ts';
import { isoTime, nodeId } from '../present/schemas.ts';
import type { Account } from '../sandbox.ts';
import type {
  AppRecord,
  DeploymentRecord,
  DeploymentState,
  EnvironmentRecord,
  JobRecord,
  RepoRecord,
  RunRecord,
  World,
} from '../state.ts';

export function emitRun(world: World, run: RunRecord, action: 'requested' | 'in_progress' | 'completed'): void {
  const workflow = {
    id: run.workflowId,
    node_id: `W_${run.workflowId}`,
    name: run.spec.name,
    path: run.path,
    state: 'active',
    url: `${repoUrl(world, run.repo)}/actions/workflows/${run.workflowId}`,
  };
  const sender = currentAttempt(run).triggeringActor;
  world.emit({
    event: 'workflow_run',
    action,
    repo: run.repo,
    sender,
    payload: { workflow_run: presentRun(world, run), workflow },
  });
  world.changed();
}

export function emitJob(
  world: World,
  job: JobRecord,
  action: 'queued' | 'waiting' | 'in_progress' | 'completed',
): void {
  world.emit({
    event: 'workflow_job',
    action,
    repo: job.run.repo,
    sender: currentAttempt(job.run).triggeringActor,
    payload: {
      workflow_job: presentJob(world, job),
      ...(job.deployment === null ? {} : { deployment: presentDeployment(world, job.deployment) }),
    },
  });
  world.changed();
}

export interface NewDeployment {
  readonly environment: string;
  readonly sha: string;
  readonly ref: string;
  readonly creator: Account;
  readonly viaApp: AppRecord | null;
  readonly run: RunRecord | null;
}

export function addDeployment(world: World, repo: RepoRecord, input: NewDeployment): DeploymentRecord {
  const id = world.nextId('deployment');
  const deployment: DeploymentRecord = {
    ...input,
    id,
    nodeId: nodeId('DE', id),
    repo,
    createdAt: world.now(),
    updatedAt: world.now(),
    statuses: [],
  };
  repo.deployments.set(id, deployment);
  world.emit({
    event: 'deployment',
    action: 'created',
    repo,
    sender: input.creator,
    payload: { deployment: presentDeployment(world, deployment), ...runFields(world, input.run) },
  });
  world.changed();
  return deployment;
}

export function addDeploymentStatus(
  world: World,
  deployment: DeploymentRecord,
  state: DeploymentState,
  by: { readonly creator: Account; readonly viaApp: AppRecord | null; readonly sender: Account },
  more: { readonly description?: string; readonly environmentUrl?: string; readonly logUrl?: string } = {},
): DeploymentRecord['statuses'][number] {
  const id = world.nextId('deployment-status');
  const status = {
    id,
    nodeId: nodeId('DES', id),
    state,
    creator: by.creator,
    viaApp: by.viaApp,
    description: more.description ?? '',
    environmentUrl: more.environmentUrl ?? '',
    logUrl: more.logUrl ?? '',
    at: world.now(),
  };
  deployment.statuses.push(status);
  deployment.updatedAt = world.now();
  world.emit({
    event: 'deployment_status',
    action: 'created',
    repo: deployment.repo,
    sender: by.sender,
    payload: {
      deployment_status: presentDeploymentStatus(world, deployment, status),
      deployment: presentDeployment(world, deployment),
      ...runFields(world, deployment.run),
    },
  });
  world.changed();
  return status;
}

function runFields(world: World, run: RunRecord | null): Readonly<Record<string, unknown>> {
  return run === null
    ? {}
    : { workflow_run: presentRun(world, run), workflow: { id: run.workflowId, name: run.spec.name } };
}

/** Asks one App about one waiting job's deployment; no run id, attempt or job id is in it, as on GitHub. */
export function emitProtectionRule(world: World, job: JobRecord, environment: EnvironmentRecord, app: AppRecord): void {
  const { run } = job;
  if (job.deployment === null) return;
  world.emit({
    event: 'deployment_protection_rule',
    action: 'requested',
    repo: run.repo,
    sender: currentAttempt(run).triggeringActor,
    onlyApp: app,
    payload: {
      environment: environment.name,
      event: run.event,
      deployment_callback_url: `${repoUrl(world, run.repo)}/actions/runs/${run.id}/deployment_protection_rule`,
      deployment: presentDeployment(world, job.deployment),
      pull_requests: runPulls(run).map((pull) => presentPullSimple(world, pull)),
    },
  });
}

/** Organisations only. */
export function emitDeploymentReview(
  world: World,
  run: RunRecord,
  review: {
    readonly action: 'requested' | 'approved' | 'rejected';
    readonly sender: Account;
    readonly jobs: readonly JobRecord[];
    readonly environment: EnvironmentRecord;
    readonly comment?: string;
  },
): void {
  if (run.repo.owner.type !== 'Organization') return;
  const jobs = review.jobs.map((job) => ({
    id: job.id,
    name: job.spec.name,
    status: job.status,
    conclusion: job.conclusion,
    html_url: presentJob(world, job).html_url,
    created_at: isoTime(job.createdAt),
    updated_at: isoTime(world.now()),
    environment: review.environment.name,
  }));
  const decided = {
    approver: presentAccount(world, review.sender),
    comment: review.comment ?? '',
    workflow_job_runs: jobs,
  };
  world.emit({
    event: 'deployment_review',
    action: review.action,
    repo: run.repo,
    sender: review.sender,
    payload: {
      workflow_run: presentRun(world, run),
      since: new Date(world.now()).toISOString(),
      reviewers: presentReviewers(world, review.environment),
      workflow_job_run: jobs[0] ?? null,
      ...(review.action === 'requested'
        ? { environment: review.environment.name, requestor: presentAccount(world, review.sender) }
        : decided),
    },
  });
}
