import { refType, workflowRef } from '../present/job-variables.ts';
import { currentAttempt } from '../present/run.ts';
import type { JobRecord, RunRecord } from '../state.ts';
import { isProtected } from '../world/deployment-branches.ts';

/** What GitHub's token says of a job, all of it text. The environment is there only when the job names one. */
export function claimsOf(job: JobRecord): Readonly<Record<string, string>> {
  const { run } = job;
  const { repo } = run;
  const { environment, calledWorkflow } = job.spec;
  return {
    sub: subjectOf(run, environment),
    actor: run.actor.login,
    actor_id: String(run.actor.id),
    base_ref: run.pull?.baseRef ?? '',
    event_name: run.event,
    head_ref: run.pull?.headRef ?? '',
    job_workflow_ref: calledWorkflow?.ref ?? workflowRef(run),
    job_workflow_sha: calledWorkflow?.sha ?? run.sha,
    ref: run.ref,
    ref_protected: String(isProtected(repo, run.ref)),
    ref_type: refType(run),
    repository: repo.fullName,
    repository_id: String(repo.id),
    repository_owner: repo.owner.login,
    repository_owner_id: String(repo.owner.id),
    repository_visibility: repo.isPrivate ? 'private' : 'public',
    run_attempt: String(currentAttempt(run).number),
    run_id: String(run.id),
    run_number: String(run.runNumber),
    runner_environment: 'github-hosted',
    sha: run.sha,
    workflow: run.spec.name,
    workflow_ref: workflowRef(run),
    workflow_sha: run.sha,
    ...(environment === undefined ? {} : { environment }),
  };
}

/** The immutable form, which every repository made since July 2026 has: names may change hands, numbers may not. */
function subjectOf(run: RunRecord, environment: string | undefined): string {
  const { repo } = run;
  const place = `repo:${repo.owner.login}@${repo.owner.id}/${repo.name}@${repo.id}`;
  if (environment !== undefined) return `${place}:environment:${environment.replaceAll(':', '%3A')}`;
  return run.event === 'pull_request' ? `${place}:pull_request` : `${place}:ref:${run.ref}`;
}
