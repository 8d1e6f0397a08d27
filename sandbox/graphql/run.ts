import { currentAttempt } from '../present/run.ts';
import { isoOrNull, isoTime } from '../present/schemas.ts';
import type { GateRecord, JobRecord, RunRecord } from '../state.ts';
import { mayReview, waitingJobs } from '../world/gates.ts';
import { connection, type Args } from './connection.ts';
import { repositoryObject } from './repository.ts';
import { demand, viewerAccount, type Viewer } from './viewer.ts';

export function runObject(viewer: Viewer, run: RunRecord): object {
  demand(viewer, run.repo, 'actions:read');
  const { world } = viewer;
  return {
    __typename: 'WorkflowRun',
    id: run.nodeId,
    databaseId: run.id,
    event: run.event,
    runNumber: run.runNumber,
    createdAt: isoTime(run.createdAt),
    updatedAt: isoTime(currentAttempt(run).updatedAt),
    url: `${world.url}/${run.repo.fullName}/actions/runs/${run.id}`,
    checkSuite: () => suiteObject(viewer, run),
    pendingDeploymentRequests: (args: Args) => {
      demand(viewer, run.repo, 'deployments:read');
      const gates = new Map<number, GateRecord>();
      for (const job of waitingJobs(run)) if (job.gate !== null) gates.set(job.gate.environment.id, job.gate);
      return connection('pendingDeploymentRequests', [...gates.values()], args, (gate) => requestObject(viewer, gate));
    },
  };
}

function suiteObject(viewer: Viewer, run: RunRecord): object {
  demand(viewer, run.repo, 'checks:read');
  const attempt = currentAttempt(run);
  return {
    __typename: 'CheckSuite',
    id: `CS_${run.suiteId}`,
    databaseId: run.suiteId,
    status: attempt.status.toUpperCase(),
    conclusion: attempt.conclusion?.toUpperCase() ?? null,
    repository: () => repositoryObject(viewer, run.repo),
    workflowRun: () => runObject(viewer, run),
    checkRuns: (args: Args) => connection('checkRuns', filtered(run, args), args, (job) => jobObject(viewer, job)),
  };
}

/** `LATEST` (the default) answers the newest check run of each name, `ALL` those of earlier attempts too. */
function filtered(run: RunRecord, args: Args): readonly JobRecord[] {
  const filter = isFilter(args['filterBy']) ? args['filterBy'] : {};
  const all = run.attempts.flatMap((attempt) => attempt.jobs.filter((job) => job.attempt === attempt.number));
  const shown =
    filter.checkType === 'ALL'
      ? all
      : all.filter((job, index) => all.findLastIndex((other) => other.spec.name === job.spec.name) === index);
  const statuses = filter.statuses ?? (filter.status === undefined ? undefined : [filter.status]);
  return shown
    .filter((job) => statuses === undefined || statuses.includes(job.status.toUpperCase()))
    .filter((job) => filter.checkName === undefined || filter.checkName === job.spec.name);
}

interface Filter {
  readonly checkType?: string;
  readonly status?: string;
  readonly statuses?: readonly string[];
  readonly checkName?: string;
}

/** The schema has validated the shape. */
function isFilter(value: unknown): value is Filter {
  return typeof value === 'object' && value !== null;
}

export function jobObject(viewer: Viewer, job: JobRecord): object {
  return {
    __typename: 'CheckRun',
    id: job.nodeId,
    databaseId: job.id,
    name: job.spec.name,
    status: job.status.toUpperCase(),
    conclusion: job.conclusion?.toUpperCase() ?? null,
    startedAt: isoTime(job.startedAt),
    completedAt: isoOrNull(job.completedAt),
    url: `${viewer.world.url}/${job.run.repo.fullName}/actions/runs/${job.run.id}/job/${job.id}`,
    checkSuite: () => suiteObject(viewer, job.run),
    pendingDeploymentRequest: () => {
      demand(viewer, job.run.repo, 'deployments:read');
      return job.gate === null ? null : requestObject(viewer, job.gate);
    },
  };
}

function requestObject(viewer: Viewer, gate: GateRecord): object {
  const { environment } = gate;
  const { principal } = viewer;
  const own = principal.kind === 'installation' && gate.custom.get(principal.token.installation.app.id) === 'pending';
  return {
    __typename: 'DeploymentRequest',
    environment: {
      __typename: 'Environment',
      id: environment.nodeId,
      databaseId: environment.id,
      name: environment.name,
    },
    currentUserCanApprove: own || mayReview(environment, viewerAccount(viewer)),
    waitTimer: environment.waitTimerMinutes,
    waitTimerStartedAt: environment.waitTimerMinutes === 0 ? null : isoTime(gate.openedAt),
  };
}
