import { BadBody } from '../http/body.ts';
import { actorOf, appOf, idParam, ok, repoIn, type Answer, type Call, type Handler } from '../http/call.ts';
import { counted } from '../http/paginate.ts';
import { presentAccount } from '../present/account.ts';
import {
  currentAttempt,
  presentDeployment,
  presentEnvironment,
  presentJob,
  presentReviewers,
  presentRun,
} from '../present/run.ts';
import { isoTime } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { AttemptRecord, EnvironmentRecord, GateRecord, RunRecord } from '../state.ts';
import { answerRule, cancelBy, mayReview, reviewNatively, runOf, waitingJobs } from '../world/gates.ts';
import { cancelRun } from '../world/run-engine.ts';

const R = '/repos/{owner}/{repo}';
const MOST_COMMENT = 1024;

export const routes: Readonly<Record<string, Handler>> = {
  [`GET ${R}/actions/runs`]: (call) => {
    const status = call.query.get('status');
    const sha = call.query.get('head_sha');
    const event = call.query.get('event');
    const branch = call.query.get('branch');
    const found = [...call.world.runs.values()]
      .filter((run) => run.repo.id === repoIn(call).id)
      .filter(
        (run) => status === null || status === currentAttempt(run).status || status === currentAttempt(run).conclusion,
      )
      .filter((run) => (sha === null || run.headSha === sha) && (event === null || run.event === event))
      .filter((run) => branch === null || run.headBranch === branch)
      .toReversed();
    return counted(call, 'workflow_runs', found, (run) => presentRun(call.world, run));
  },
  [`GET ${R}/actions/runs/{run_id}`]: (call) => ok(presentRun(call.world, runIn(call))),
  [`GET ${R}/actions/runs/{run_id}/attempts/{attempt_number}`]: (call) =>
    ok(presentRun(call.world, runIn(call), attemptIn(call))),
  [`GET ${R}/actions/runs/{run_id}/jobs`]: (call) => {
    const run = runIn(call);
    const all = run.attempts.flatMap((attempt) => attempt.jobs.filter((job) => job.attempt === attempt.number));
    const jobs = call.query.get('filter') === 'all' ? all : currentAttempt(run).jobs;
    return counted(call, 'jobs', jobs, (job) => presentJob(call.world, job));
  },
  [`GET ${R}/actions/runs/{run_id}/attempts/{attempt_number}/jobs`]: (call) =>
    counted(call, 'jobs', attemptIn(call).jobs, (job) => presentJob(call.world, job)),
  [`GET ${R}/actions/runs/{run_id}/pending_deployments`]: pendingDeployments,
  [`POST ${R}/actions/runs/{run_id}/pending_deployments`]: reviewPending,
  [`GET ${R}/actions/runs/{run_id}/approvals`]: (call) => {
    const run = runIn(call);
    return ok(
      run.approvals.map((approval) => ({
        state: approval.state,
        comment: approval.comment,
        environments: approval.environments.map((environment) => presentEnvironment(call.world, run, environment)),
        user: presentAccount(call.world, approval.user),
      })),
    );
  },
  [`POST ${R}/actions/runs/{run_id}/deployment_protection_rule`]: (call) => {
    const app = appOf(call);
    const { body } = call;
    const environment = body.filled('environment_name', 255);
    const state = body.has('state') ? body.oneOf('state', ['approved', 'rejected']) : undefined;
    const comment =
      state === undefined ? body.filled('comment', MOST_COMMENT) : body.optionalText('comment', MOST_COMMENT);
    const answer = { environment, comment: comment ?? '', ...(state === undefined ? {} : { state }) };
    answerRule(call.world, runIn(call), app, answer, call.request);
    return { status: 204 };
  },
  [`POST ${R}/actions/runs/{run_id}/cancel`]: (call) => {
    const run = runIn(call);
    if (call.principal.kind === 'user') cancelBy(call.world, run, call.principal.account);
    else cancelRun(call.world, run);
    return ok({}, 202);
  },
};

function runIn(call: Call): RunRecord {
  const run = runOf(call.world, idParam(call, 'run_id'));
  if (run.repo.id !== repoIn(call).id) throw new Refused(404, 'Not Found');
  return run;
}

function attemptIn(call: Call): AttemptRecord {
  const attempt = runIn(call).attempts[idParam(call, 'attempt_number') - 1];
  if (attempt === undefined) throw new Refused(404, 'Not Found');
  return attempt;
}

/** By environment; it never lists custom rules, only whether the caller could answer something here. */
function pendingDeployments(call: Call): Answer {
  const run = runIn(call);
  const gates = new Map<number, GateRecord>();
  for (const job of waitingJobs(run)) if (job.gate !== null) gates.set(job.gate.environment.id, job.gate);
  return ok(
    [...gates.values()].map((gate) => {
      const { environment } = gate;
      const { created_at: _c, updated_at: _u, ...shown } = presentEnvironment(call.world, run, environment);
      return {
        environment: shown,
        wait_timer: environment.waitTimerMinutes,
        wait_timer_started_at: environment.waitTimerMinutes === 0 ? null : isoTime(gate.openedAt),
        current_user_can_approve: canAnswer(call, gate),
        reviewers: presentReviewers(call.world, environment),
      };
    }),
  );
}

function canAnswer(call: Call, gate: GateRecord): boolean {
  if (call.principal.kind === 'user') return mayReview(gate.environment, call.principal.account);
  return gate.custom.get(appOf(call).id) === 'pending';
}

/** Native required reviewers: people only, never an App. */
function reviewPending(call: Call): Answer {
  if (call.principal.kind !== 'user') throw new Refused(403, 'Resource not accessible by integration');
  const run = runIn(call);
  const ids = call.body.numbers('environment_ids');
  const named: EnvironmentRecord[] = [];
  for (const job of waitingJobs(run)) {
    const environment = job.gate?.environment;
    if (environment !== undefined && ids.includes(environment.id)) named.push(environment);
  }
  if (named.length === 0) throw new BadBody('environment_ids', 'names no pending environment');
  const environments = [...new Set(named.map((environment) => environment.name))];
  const deployments = waitingJobs(run)
    .map((job) => job.deployment)
    .filter((deployment) => deployment !== null);
  reviewNatively(call.world, run, actorOf(call), {
    environments,
    state: call.body.oneOf('state', ['approved', 'rejected']),
    comment: call.body.text('comment'),
  });
  return ok(deployments.map((deployment) => presentDeployment(call.world, deployment)));
}
