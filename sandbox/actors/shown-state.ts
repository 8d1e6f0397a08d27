import { currentAttempt } from '../present/run.ts';
import type { CheckRun, PullRequest, RepoState, RunState } from '../shown.ts';
import type { CheckRecord, JobRecord, PullRecord, RepoRecord, RunRecord } from '../state.ts';

export function showPull(pull: PullRecord): PullRequest {
  return {
    id: pull.id,
    number: pull.number,
    state: pull.state,
    merged: pull.mergedAt !== null,
    draft: pull.draft,
    headSha: pull.headSha,
    headRef: pull.headRef,
    baseRef: pull.baseRef,
    mergeCommitSha: pull.mergeCommitSha,
    author: pull.author.login,
    requestedReviewers: pull.requestedReviewers.map((reviewer) => reviewer.login),
  };
}

export function showRun(run: RunRecord): RunState {
  const attempt = currentAttempt(run);
  const jobs = new Map<number, JobRecord>();
  for (const { jobs: list } of run.attempts) for (const job of list) jobs.set(job.id, job);
  return {
    id: run.id,
    name: run.spec.name,
    attempt: attempt.number,
    status: attempt.status,
    conclusion: attempt.conclusion,
    headSha: run.headSha,
    jobs: [...jobs.values()].map((job) => ({
      id: job.id,
      name: job.spec.name,
      environment: job.spec.environment ?? null,
      status: job.status,
      conclusion: job.conclusion,
      attempt: job.attempt,
      deploymentId: job.deployment?.id ?? null,
    })),
    reports: [...run.reports],
  };
}

export function showCheck(check: CheckRecord): CheckRun {
  return {
    id: check.id,
    name: check.name,
    app: check.app.slug,
    headSha: check.headSha,
    externalId: check.externalId,
    status: check.status,
    conclusion: check.conclusion,
    title: check.output.title,
    summary: check.output.summary,
    actions: check.actions,
  };
}

export function showRepo(repo: RepoRecord): RepoState {
  const branches = [...repo.git.refs('refs/heads/')].map(([name, sha]) => [name.slice('refs/heads/'.length), sha]);
  return {
    branches: Object.fromEntries(branches),
    environments: [...repo.environments.values()].map((environment) => environment.name),
    pullRequests: [...repo.pulls.values()].map((pull) => showPull(pull)),
    deployments: [...repo.deployments.values()].map((deployment) => ({
      id: deployment.id,
      environment: deployment.environment,
      sha: deployment.sha,
      states: deployment.statuses.map((status) => status.state),
    })),
  };
}
