import type {
  AttemptRecord,
  DeploymentRecord,
  DeploymentStatusRecord,
  EnvironmentRecord,
  JobRecord,
  PullRecord,
  RunRecord,
  World,
} from '../state.ts';
import { presentAccount, presentApp, presentTeam } from './account.ts';
import { presentPerson } from './commit.ts';
import { presentPullMinimal } from './pull.ts';
import { presentRepository, repoUrl } from './repository.ts';
import { isoOrNull, isoTime, type Schemas } from './schemas.ts';

export function runPulls(run: RunRecord): readonly PullRecord[] {
  if (run.event === 'workflow_dispatch' || run.event === 'schedule') return [];
  return [...run.repo.pulls.values()].filter(
    (pull) => pull.state === 'open' && pull.headSha === run.headSha && pull.headRepo.id === run.repo.id,
  );
}

export function currentAttempt(run: RunRecord): AttemptRecord {
  const attempt = run.attempts.at(-1);
  if (attempt === undefined) throw new TypeError(`run ${run.id} has no attempt`);
  return attempt;
}

export function presentRun(
  world: World,
  run: RunRecord,
  attempt: AttemptRecord = currentAttempt(run),
): Schemas['workflow-run'] {
  const api = repoUrl(world, run.repo);
  const url = `${api}/actions/runs/${run.id}`;
  const commit = run.repo.git.commit(run.headSha);
  const repository = presentRepository(world, run.repo);
  return {
    id: run.id,
    name: run.spec.name,
    node_id: run.nodeId,
    check_suite_id: run.suiteId,
    check_suite_node_id: `CS_${run.suiteId}`,
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.path,
    display_title: commit?.message.split('\n')[0] ?? run.spec.name,
    run_number: run.runNumber,
    run_attempt: attempt.number,
    event: run.event,
    status: attempt.status,
    conclusion: attempt.conclusion,
    workflow_id: run.workflowId,
    url,
    html_url: `${world.url}/${run.repo.fullName}/actions/runs/${run.id}`,
    pull_requests: runPulls(run).map((pull) => presentPullMinimal(world, pull)),
    created_at: isoTime(run.createdAt),
    updated_at: isoTime(attempt.updatedAt),
    run_started_at: isoTime(attempt.startedAt),
    actor: presentAccount(world, run.actor),
    triggering_actor: presentAccount(world, attempt.triggeringActor),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${api}/check-suites/${run.suiteId}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: attempt.number === 1 ? null : `${url}/attempts/${attempt.number - 1}`,
    workflow_url: `${api}/actions/workflows/${run.workflowId}`,
    referenced_workflows: referencedWorkflows(run),
    head_commit:
      commit === undefined
        ? null
        : {
            id: commit.sha,
            tree_id: commit.tree,
            message: commit.message.trimEnd(),
            timestamp: isoTime(commit.committer.seconds * 1000),
            author: presentPerson(commit.author),
            committer: presentPerson(commit.committer),
          },
    repository,
    head_repository: run.headRepo.id === run.repo.id ? repository : presentRepository(world, run.headRepo),
  };
}

/** Each reusable workflow that a job of the run stands in, once. */
function referencedWorkflows(run: RunRecord): NonNullable<Schemas['workflow-run']['referenced_workflows']> {
  const found = new Map(
    run.spec.jobs.flatMap(({ calledWorkflow: called }) => (called === undefined ? [] : [[called.ref, called]])),
  );
  return [...found.values()].map(({ ref, sha }) => {
    const [file = '', version = ''] = ref.split('@');
    // A workflow that is called by its commit has no ref.
    const named = version.startsWith('refs/') ? { ref: version } : {};
    return { path: `${file}@${version.replace(/^refs\/(?:heads|tags)\//, '')}`, sha, ...named };
  });
}

type PresentedJob = Omit<Schemas['job'], 'conclusion'> & { conclusion: string | null };

/** REST jobs carry no environment; that is GitHub's shape. */
export function presentJob(world: World, job: JobRecord): PresentedJob {
  const { run } = job;
  const api = repoUrl(world, run.repo);
  return {
    id: job.id,
    run_id: run.id,
    workflow_name: run.spec.name,
    head_branch: run.headBranch,
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: job.nodeId,
    head_sha: run.headSha,
    url: `${api}/actions/jobs/${job.id}`,
    html_url: `${world.url}/${run.repo.fullName}/actions/runs/${run.id}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: isoTime(job.createdAt),
    started_at: isoTime(job.startedAt),
    completed_at: isoOrNull(job.completedAt),
    name: job.spec.name,
    steps: [],
    check_run_url: `${api}/check-runs/${job.id}`,
    labels: ['ubuntu-latest'],
    // GitHub writes 0 for a job that ended without a runner.
    runner_id: job.hasRunner ? 1 : job.status === 'completed' ? 0 : null,
    runner_name: job.hasRunner ? 'GitHub Actions 1' : null,
    runner_group_id: null,
    runner_group_name: null,
  };
}

export function presentEnvironment(world: World, run: { readonly repo: RunRecord['repo'] }, record: EnvironmentRecord) {
  return {
    id: record.id,
    node_id: record.nodeId,
    name: record.name,
    url: `${repoUrl(world, run.repo)}/environments/${encodeURIComponent(record.name)}`,
    html_url: `${world.url}/${run.repo.fullName}/deployments/activity_log?environments_filter=${record.name}`,
    created_at: isoTime(record.createdAt),
    updated_at: isoTime(record.updatedAt),
  };
}

export function presentReviewers(world: World, record: EnvironmentRecord) {
  return record.reviewers.map(({ account, team }) =>
    account === null && team !== null
      ? { type: 'Team' as const, reviewer: presentTeam(world, team) }
      : { type: 'User' as const, ...(account === null ? {} : { reviewer: presentAccount(world, account) }) },
  );
}

export function presentDeployment(world: World, deployment: DeploymentRecord): Schemas['deployment'] {
  const api = repoUrl(world, deployment.repo);
  const url = `${api}/deployments/${deployment.id}`;
  return {
    url,
    id: deployment.id,
    node_id: deployment.nodeId,
    task: 'deploy',
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: null,
    created_at: isoTime(deployment.createdAt),
    updated_at: isoTime(deployment.updatedAt),
    statuses_url: `${url}/statuses`,
    repository_url: api,
    creator: presentAccount(world, deployment.creator),
    sha: deployment.sha,
    ref: deployment.ref,
    payload: {},
    transient_environment: false,
    production_environment: false,
    performed_via_github_app: deployment.viaApp === null ? null : presentApp(world, deployment.viaApp),
  };
}

type PresentedStatus = Omit<Schemas['deployment-status'], 'state'> & { state: string };

/** `waiting` is a real state of gated deployments; the published type lacks it. */
export function presentDeploymentStatus(
  world: World,
  deployment: DeploymentRecord,
  status: DeploymentStatusRecord,
): PresentedStatus {
  const api = repoUrl(world, deployment.repo);
  const url = `${api}/deployments/${deployment.id}`;
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: status.nodeId,
    state: status.state,
    creator: presentAccount(world, status.creator),
    description: status.description,
    environment: deployment.environment,
    target_url: status.logUrl,
    created_at: isoTime(status.at),
    updated_at: isoTime(status.at),
    deployment_url: url,
    repository_url: api,
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: status.viaApp === null ? null : presentApp(world, status.viaApp),
  };
}
