import { Refused } from '../refused.ts';
import type { Account, Actor, PullRequest, Run } from '../sandbox.ts';
import type { CheckRecord, DeploymentState, PullRecord, RunRecord, World } from '../state.ts';
import { accountOf, hasRole, repoOf } from '../world/accounts.ts';
import { clickAction, rerequest } from '../world/checks.ts';
import { bypassGates, cancelBy, rerun, reviewNatively, runOf } from '../world/gates.ts';
import { makeMergeGroup, mergePull } from '../world/merge.ts';
import { addTimeline } from '../world/pull-sync.ts';
import {
  addComment,
  addReview,
  deleteComment,
  dismissReview,
  editComment,
  editPull,
  editReview,
  openPull,
  pullOf,
  reviewOf,
} from '../world/pulls.ts';
import { environmentOf } from '../world/repositories.ts';
import { startRun } from '../world/run-engine.ts';
import { addDeployment, addDeploymentStatus } from '../world/run-events.ts';
import { appNamed } from '../world/world.ts';
import { showPull, showRun } from './shown-state.ts';
import { commitFiles, pushRef, pushTag } from './writing.ts';

const STATES: readonly DeploymentState[] = [
  'error',
  'failure',
  'inactive',
  'pending',
  'success',
  'queued',
  'in_progress',
  'waiting',
];

/** One account's hands. Everything happens at once when called; the promise is there for the caller's comfort. */
export function createActor(world: World, login: string): Actor {
  const self = accountOf(world, login);
  const now = <Value>(act: () => Value): Promise<Value> =>
    new Promise((resolve) => {
      // What throws here rejects.
      resolve(act());
    });
  const pull = (fullName: string, number: number): PullRecord => pullOf(repoOf(world, fullName), number);
  return {
    ...pullActions(world, self, now, pull),
    ...runActions(world, self, now),
    commit: (fullName, branch, options) =>
      now(() => ({ sha: commitFiles(world, repoOf(world, fullName), self, branch, options) })),
    deleteBranch: (fullName, branch) =>
      now(() => {
        pushRef(world, repoOf(world, fullName), self, { branch, to: null, force: true });
      }),
    forcePush: (fullName, branch, sha) =>
      now(() => {
        pushRef(world, repoOf(world, fullName), self, { branch, to: sha, force: true });
      }),
    updateRef: (fullName, branch, sha) =>
      now(() => {
        pushRef(world, repoOf(world, fullName), self, { branch, to: sha, force: false });
      }),
    tag: (fullName, name, options) =>
      now(() => ({ sha: pushTag(world, repoOf(world, fullName), self, name, options) })),
    clickCheckAction: (fullName, id, identifier) =>
      now(() => {
        clickAction(world, checkOf(world, fullName, id), self, identifier);
      }),
    rerequestCheck: (fullName, id) =>
      now(() => {
        rerequest(world, checkOf(world, fullName, id), self);
      }),
  };
}

type Now = <Value>(act: () => Value) => Promise<Value>;

type PullActions = Pick<
  Actor,
  | 'openPullRequest'
  | 'editPullRequest'
  | 'timelineEvent'
  | 'review'
  | 'editReview'
  | 'dismissReview'
  | 'comment'
  | 'editComment'
  | 'deleteComment'
  | 'merge'
  | 'mergeGroup'
>;

function pullActions(
  world: World,
  self: Account,
  now: Now,
  pull: (fullName: string, number: number) => PullRecord,
): PullActions {
  return {
    openPullRequest: (fullName, options) =>
      now((): PullRequest => {
        const app = options.viaApp === undefined ? null : appNamed(world, options.viaApp);
        return showPull(openPull(world, repoOf(world, fullName), self, options, app));
      }),
    editPullRequest: (fullName, number, changes) =>
      now((): PullRequest => {
        editPull(world, pull(fullName, number), self, changes);
        return showPull(pull(fullName, number));
      }),
    timelineEvent: (fullName, number, event, viaApp) =>
      now(() => {
        const app = viaApp === undefined ? null : appNamed(world, viaApp);
        addTimeline(world, pull(fullName, number), { event, actor: self, viaApp: app });
        world.changed();
      }),
    review: (fullName, number, review) =>
      now(() => ({ id: addReview(world, pull(fullName, number), self, review).id })),
    editReview: (fullName, number, reviewId, body) =>
      now(() => {
        const target = pull(fullName, number);
        editReview(world, target, reviewOf(target, reviewId), self, body);
      }),
    dismissReview: (fullName, number, reviewId, message) =>
      now(() => {
        const target = pull(fullName, number);
        dismissReview(world, target, reviewOf(target, reviewId), self, message);
      }),
    comment: (fullName, number, body, options) =>
      now(() => {
        const app = options?.viaApp === undefined ? null : appNamed(world, options.viaApp);
        return { id: addComment(world, pull(fullName, number), self, body, app).id };
      }),
    editComment: (fullName, id, body) =>
      now(() => {
        editComment(world, repoOf(world, fullName), id, self, body);
      }),
    deleteComment: (fullName, id) =>
      now(() => {
        deleteComment(world, repoOf(world, fullName), id, self);
      }),
    merge: (fullName, number, options) =>
      now(() => ({ sha: mergePull(world, pull(fullName, number), self, options?.method ?? 'merge') })),
    mergeGroup: (fullName, numbers) => now(() => makeMergeGroup(world, repoOf(world, fullName), self, numbers)),
  };
}

type RunActions = Pick<
  Actor,
  'dispatch' | 'reviewDeployment' | 'rerun' | 'cancel' | 'bypass' | 'createDeployment' | 'createDeploymentStatus'
>;

function runActions(world: World, self: Account, now: Now): RunActions {
  return {
    dispatch: (fullName, workflow, options) =>
      now((): Run => {
        const repo = repoOf(world, fullName);
        if (!hasRole(world, repo, self, 'write')) throw new Refused(403, `${self.login} may not start a workflow`);
        return shortRun(startRun(world, repo, self, workflow, options ?? {}));
      }),
    reviewDeployment: (runId, review) =>
      now(() => {
        reviewNatively(world, runOf(world, runId), self, review);
      }),
    rerun: (runId, options) =>
      now((): Run => {
        rerun(world, runOf(world, runId), self, options?.failedOnly ?? false);
        return shortRun(runOf(world, runId));
      }),
    cancel: (runId) =>
      now(() => {
        cancelBy(world, runOf(world, runId), self);
      }),
    bypass: (runId, environments) =>
      now(() => {
        bypassGates(world, runOf(world, runId), self, environments);
      }),
    createDeployment: (fullName, environment, ref) =>
      now(() => {
        const repo = repoOf(world, fullName);
        if (!hasRole(world, repo, self, 'write')) throw new Refused(403, `${self.login} has no write access`);
        const commit = repo.git.resolve(ref);
        if (commit === undefined) throw new Refused(422, `No ref found for: ${ref}`);
        const { name } = environmentOf(world, repo, environment);
        const made = { environment: name, sha: commit.sha, ref, creator: self, viaApp: null, run: null };
        return { id: addDeployment(world, repo, made).id };
      }),
    createDeploymentStatus: (fullName, id, state) =>
      now(() => {
        const repo = repoOf(world, fullName);
        const deployment = repo.deployments.get(id);
        const known = STATES.find((candidate) => candidate === state);
        if (!hasRole(world, repo, self, 'write')) throw new Refused(403, `${self.login} has no write access`);
        if (deployment === undefined || known === undefined) throw new Refused(422, 'Validation Failed');
        addDeploymentStatus(world, deployment, known, { creator: self, viaApp: null, sender: self });
      }),
  };
}

function shortRun(run: RunRecord): Run {
  const { id, attempt, headSha } = showRun(run);
  return { id, attempt, headSha };
}

function checkOf(world: World, fullName: string, id: number): CheckRecord {
  const check = world.checks.get(id);
  if (check === undefined || check.repo !== repoOf(world, fullName)) throw new Refused(404, 'Not Found');
  return check;
}
