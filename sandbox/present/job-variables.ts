import type { JobVariables } from '../sandbox.ts';
import type { JobRecord, RunRecord, World } from '../state.ts';
import { commitsBetween } from '../git/history.ts';
import { isProtected } from '../world/deployment-branches.ts';
import { presentAccount } from './account.ts';
import { presentPerson } from './commit.ts';
import { presentPull } from './pull.ts';
import { presentRepository } from './repository.ts';
import { currentAttempt } from './run.ts';
import { isoTime } from './schemas.ts';

/** `owner/repo/path@ref` of the file that the run was started from. */
export function workflowRef(run: RunRecord): string {
  return `${run.repo.fullName}/${run.path}@${run.ref}`;
}

export function refType(run: RunRecord): 'branch' | 'tag' {
  return run.ref.startsWith('refs/tags/') ? 'tag' : 'branch';
}

/** What GitHub tells a runner about the job; what only the machine knows (folders, the job's id in the file) is not here. */
export function jobVariables(world: World, job: JobRecord): JobVariables {
  const { run } = job;
  const { repo, pull } = run;
  const attempt = currentAttempt(run);
  const env = {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: run.actor.login,
    GITHUB_ACTOR_ID: String(run.actor.id),
    GITHUB_API_URL: world.apiUrl,
    GITHUB_BASE_REF: pull?.baseRef ?? '',
    GITHUB_EVENT_NAME: run.event,
    GITHUB_GRAPHQL_URL: `${world.url}/api/graphql`,
    GITHUB_HEAD_REF: pull?.headRef ?? '',
    GITHUB_JOB: job.spec.name,
    GITHUB_REF: run.ref,
    GITHUB_REF_NAME: run.ref.replace(/^refs\/(?:heads|tags|pull)\//, ''),
    GITHUB_REF_PROTECTED: String(isProtected(repo, run.ref)),
    GITHUB_REF_TYPE: refType(run),
    GITHUB_REPOSITORY: repo.fullName,
    GITHUB_REPOSITORY_ID: String(repo.id),
    GITHUB_REPOSITORY_OWNER: repo.owner.login,
    GITHUB_REPOSITORY_OWNER_ID: String(repo.owner.id),
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: String(attempt.number),
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.runNumber),
    GITHUB_SERVER_URL: world.url,
    GITHUB_SHA: run.sha,
    GITHUB_TRIGGERING_ACTOR: attempt.triggeringActor.login,
    GITHUB_WORKFLOW: run.spec.name,
    GITHUB_WORKFLOW_REF: workflowRef(run),
    GITHUB_WORKFLOW_SHA: run.sha,
    RUNNER_ENVIRONMENT: 'github-hosted',
  };
  const common = { repository: presentRepository(world, repo), sender: presentAccount(world, run.actor) };
  return { env, event: { ...eventFields(world, run), ...common } };
}

/** The webhook that started the run, as far as workflows read it. A re-run sees the first one again. */
function eventFields(world: World, run: RunRecord): Readonly<Record<string, unknown>> {
  const { pull } = run;
  if (run.event === 'pull_request' && pull !== null) {
    return { action: 'synchronize', number: pull.number, pull_request: presentPull(world, pull), after: run.headSha };
  }
  if (run.event === 'schedule') return { schedule: '17 3 * * *', workflow: run.path };
  if (run.event !== 'push') return { inputs: null, ref: run.ref, workflow: run.path };
  const head = run.repo.git.commit(run.headSha);
  const before = head?.parents[0] ?? '0'.repeat(40);
  const commits = commitsBetween(run.repo.git, head?.parents[0] ?? null, run.headSha).map((commit) => ({
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message.trimEnd(),
    timestamp: isoTime(commit.committer.seconds * 1000),
    author: presentPerson(commit.author),
    committer: presentPerson(commit.committer),
  }));
  const pusher = { name: run.actor.login, email: run.actor.email };
  const kind = { created: false, deleted: false, forced: false };
  return { ref: run.ref, before, after: run.headSha, ...kind, commits, head_commit: commits.at(-1) ?? null, pusher };
}
