import { openSandbox } from './facade.ts';
import type { CheckRun, Comment, EffectiveRelease, PullRequest, RepoState, Run, RunState } from './shown.ts';

export type { CheckRun, Comment, EffectiveRelease, JobState, PullRequest, RepoState, Run, RunState } from './shown.ts';

/**
 * A local GitHub over HTTP on 127.0.0.1, to try a GitHub App with. Stateful REST and GraphQL, real git, signed webhooks.
 * It imports nothing of the product, so that its mistakes are not shared with it. This file is its whole contract.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  return openSandbox(options);
}

export interface SandboxOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** Milliseconds since the epoch; default: the machine's clock. `clock.advance` is added to it. */
  readonly now?: () => number;
}

export interface Sandbox {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `http://127.0.0.1:PORT/api/v3`; GraphQL is at `/api/graphql`, as on GitHub Enterprise Server. */
  readonly apiUrl: string;
  cloneUrl(fullName: string): string;
  close(): Promise<void>;
  readonly clock: SandboxClock;

  // World building. Names are unique; asking for an account again answers the one that exists.
  org(login: string, options?: { owners?: readonly string[]; id?: number }): Account;
  user(login: string, options?: { type?: 'User' | 'Bot'; id?: number; email?: string }): Account;
  /** The account keeps id, roles and teams; its old name is free for anybody. */
  renameUser(login: string, newLogin: string): void;
  /** Members need not be organisation members before; `access` gives the team a role on repositories. */
  team(org: string, slug: string, members: readonly string[], access?: Readonly<Record<string, Role>>): void;
  /** Makes the repository with a first commit on `main`; `by` becomes its admin (default: the owner). */
  repo(fullName: string, options?: RepoOptions): Repo;
  /** `null` takes the role away. */
  collaborator(fullName: string, login: string, role: Role | null): void;
  /** Makes or changes an environment; every option that is left out takes its default again. */
  environment(fullName: string, name: string, options?: EnvironmentOptions): void;
  deleteEnvironment(fullName: string, name: string): void;
  app(options: AppOptions): App;
  webhook(slug: string, url: string): void;
  /** Without `repos`: all repositories of the owner, also later ones. Sends `installation.created`. */
  install(slug: string, ownerLogin: string, repos?: readonly string[]): { readonly installationId: number };
  suspend(installationId: number, suspended: boolean): void;
  uninstall(installationId: number): void;
  /** Adds or removes one repository of a `selected` installation; sends `installation_repositories`. */
  selectRepository(installationId: number, fullName: string, selected: boolean): void;
  /** A merge into `branch` needs a successful check run of this name by this App on the head. */
  requireCheck(fullName: string, branch: string, name: string, appSlug: string): void;
  /** A person, bot or App bot (`slug[bot]`) acts. Throws TypeError for an unknown login. */
  as(login: string): Actor;
  /** Issuer of the OIDC tokens of jobs: `${url}/_services/token`; discovery document and keys are below it. */
  readonly oidcIssuer: string;
  /**
   * `GITHUB_TOKEN` of a job that has begun, good until it ends: acts as `github-actions[bot]` in this repository with these
   * permissions and no other, in the API and as password of `x-access-token` in git. A fork's pull request may only read.
   */
  jobToken(runId: number, jobName: string, permissions: Readonly<Record<string, 'read' | 'write'>>): string;
  /** `ACTIONS_ID_TOKEN_REQUEST_URL` and `_TOKEN` of a job that has begun. Throws Refused for a fork's pull request. */
  idTokenRequest(runId: number, jobName: string): { readonly url: string; readonly token: string };
  /** The `GITHUB_` variables that a runner gives a job, and the content of its event file. */
  jobVariables(runId: number, jobName: string): JobVariables;
  /** Ends a job that was declared `manual` and has begun. */
  finishJob(runId: number, jobName: string, outcome: Outcome): Promise<void>;
  ping(slug: string): void;

  // Inspection.
  readonly requests: readonly LoggedRequest[];
  readonly webhooks: Webhooks;
  readonly faults: Faults;
  /** Asked again after every request, delivery and state change; rejects after `timeoutMs` (10 s) with a dump. */
  until<T>(probe: (sandbox: Sandbox) => T | undefined | null | false, timeoutMs?: number): Promise<T>;
  /** Whether there is a repository of that name. */
  has(fullName: string): boolean;
  repoState(fullName: string): RepoState;
  runState(runId: number): RunState;
  /** Runs of a repository, oldest first. */
  runs(fullName: string): readonly RunState[];
  pullRequest(fullName: string, number: number): PullRequest;
  comments(fullName: string, number: number): readonly Comment[];
  checkRuns(fullName: string, sha: string): readonly CheckRun[];
  branchHead(fullName: string, branch: string): string | undefined;
  /** The commit that a branch, tag, ref or sha names. */
  commitAt(fullName: string, ref: string): string | undefined;
  /** Content at a branch or sha, or undefined. */
  file(fullName: string, ref: string, path: string): string | undefined;
  gitDir(fullName: string): string;
  /** Every time that an approval (or a bypass) really let jobs go, in order. */
  readonly effectiveReleases: readonly EffectiveRelease[];
  /** What a client did that GitHub would not know or take: unknown routes, bad bodies, unfilled GraphQL fields. */
  readonly violations: string[];
}

export interface SandboxClock {
  now(): number;
  /** Wait timers, the 30 days of a waiting job and token expiry follow. */
  advance(ms: number): void;
}

export type Role = 'read' | 'triage' | 'write' | 'maintain' | 'admin';
export type Outcome = 'success' | 'failure';

export interface Account {
  readonly id: number;
  readonly nodeId: string;
  readonly login: string;
  readonly type: 'User' | 'Bot' | 'Organization';
  readonly email: string;
  /** Personal access token: password of a git push, bearer token of the API. */
  readonly token: string;
}

export interface RepoOptions {
  readonly private?: boolean;
  readonly files?: Readonly<Record<string, string>>;
  readonly by?: string;
  /** Makes a fork; the commits of its parent are shared. */
  readonly forkOf?: string;
}

export interface Repo {
  readonly id: number;
  readonly nodeId: string;
  readonly fullName: string;
  readonly cloneUrl: string;
  readonly gitDir: string;
  /** First commit. */
  readonly sha: string;
}

export interface EnvironmentOptions {
  /** Slugs of Apps whose custom protection rule is enabled. */
  readonly customRule?: string | readonly string[];
  /** Native required reviewers: logins, or team slugs of the organisation. */
  readonly reviewers?: readonly string[];
  readonly preventSelfReview?: boolean;
  readonly waitTimerMinutes?: number;
  readonly canAdminsBypass?: boolean;
  /**
   * Which branches may deploy: `protected` ones, or those whose name matches a pattern (`refs/tags/…`: a tag's). Others fail.
   * As on GitHub, `protected` lets every branch deploy while the repository protects none.
   */
  readonly branches?: 'protected' | readonly string[];
}

export interface AppOptions {
  readonly slug: string;
  readonly webhookUrl?: string;
  readonly webhookSecret: string;
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  readonly events: readonly string[];
  readonly id?: number;
  /** Login of whose App it is; default: GitHub's own organisation. */
  readonly owner?: string;
}

export interface App {
  readonly appId: number;
  readonly privateKeyPem: string;
  readonly slug: string;
  /** `slug[bot]` */
  readonly botLogin: string;
}

export interface CommitOptions {
  /** `null` deletes. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly message: string;
  readonly author?: { readonly name: string; readonly email: string };
  readonly committer?: { readonly name: string; readonly email: string };
  /** Where a new branch begins (default: the default branch); also moves the parent of the commit. */
  readonly from?: string;
  readonly parents?: readonly string[];
  /** Default true: the branch is moved and a push is seen. */
  readonly push?: boolean;
  readonly force?: boolean;
  /** Signed by the actor (a person's key) or, for a bot, by GitHub. */
  readonly verified?: boolean;
  /** Made in GitHub's editor: committer `GitHub`, signed by GitHub. */
  readonly web?: boolean;
}

/** One person or bot. What GitHub would refuse throws {@link Refused}. */
export interface Actor {
  commit(fullName: string, branch: string, options: CommitOptions): Promise<{ readonly sha: string }>;
  /** `head` may be `owner:branch` of a fork. */
  openPullRequest(
    fullName: string,
    options: {
      readonly head: string;
      readonly base?: string;
      readonly title: string;
      readonly body?: string;
      readonly draft?: boolean;
      readonly labels?: readonly string[];
      /** Slug of the App with whose user token it is opened; only the view of it says so. */
      readonly viaApp?: string;
    },
  ): Promise<PullRequest>;
  editPullRequest(
    fullName: string,
    number: number,
    changes: {
      readonly base?: string;
      readonly title?: string;
      readonly body?: string;
      readonly draft?: boolean;
      readonly addLabel?: string;
      readonly removeLabel?: string;
      readonly state?: 'open' | 'closed';
    },
  ): Promise<PullRequest>;
  /** Puts an event on the timeline, e.g. `copilot_work_started`. */
  timelineEvent(fullName: string, number: number, event: string, viaApp?: string): Promise<void>;
  review(
    fullName: string,
    number: number,
    review: { readonly state: ReviewState; readonly body?: string; readonly commitId?: string },
  ): Promise<{ readonly id: number }>;
  editReview(fullName: string, number: number, reviewId: number, body: string): Promise<void>;
  dismissReview(fullName: string, number: number, reviewId: number, message: string): Promise<void>;
  comment(
    fullName: string,
    number: number,
    body: string,
    options?: { readonly viaApp?: string },
  ): Promise<{ readonly id: number }>;
  editComment(fullName: string, commentId: number, body: string): Promise<void>;
  deleteComment(fullName: string, commentId: number): Promise<void>;
  /** Refused while a required check is not successful, for a draft and for a conflict. */
  merge(
    fullName: string,
    number: number,
    options?: { readonly method?: 'merge' | 'squash' | 'rebase' },
  ): Promise<{ readonly sha: string }>;
  /** Adds the pull requests to the merge queue: makes the group's commit and sends `merge_group`. */
  mergeGroup(
    fullName: string,
    numbers: readonly number[],
  ): Promise<{ readonly headSha: string; readonly headRef: string }>;
  clickCheckAction(fullName: string, checkRunId: number, identifier: string): Promise<void>;
  rerequestCheck(fullName: string, checkRunId: number): Promise<void>;
  dispatch(fullName: string, workflow: WorkflowSpec, options?: DispatchOptions): Promise<Run>;
  /** Native prompt: one approval by a required reviewer suffices. */
  reviewDeployment(
    runId: number,
    review: {
      readonly environments: readonly string[];
      readonly state: 'approved' | 'rejected';
      readonly comment?: string;
    },
  ): Promise<void>;
  rerun(runId: number, options?: { readonly failedOnly?: boolean }): Promise<Run>;
  cancel(runId: number): Promise<void>;
  /** Admin: "start all waiting jobs", of the named environments or of all. */
  bypass(runId: number, environments?: readonly string[]): Promise<void>;
  /** Makes a deployment by API, outside of any run. */
  createDeployment(fullName: string, environment: string, ref: string): Promise<{ readonly id: number }>;
  createDeploymentStatus(fullName: string, deploymentId: number, state: string): Promise<void>;
  deleteBranch(fullName: string, branch: string): Promise<void>;
  forcePush(fullName: string, branch: string, sha: string): Promise<void>;
  /** Moves or makes a branch; fast-forward only. */
  updateRef(fullName: string, branch: string, sha: string): Promise<void>;
  /** Makes or moves a tag; with a message it is an annotated one. Answers what the ref points to. */
  tag(
    fullName: string,
    name: string,
    options: { readonly to: string; readonly message?: string },
  ): Promise<{ readonly sha: string }>;
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';

export interface WorkflowSpec {
  readonly name: string;
  /** Default: `.github/workflows/<name>.yml`. */
  readonly path?: string;
  readonly jobs: readonly JobSpec[];
  readonly concurrency?: { readonly group: string; readonly cancelInProgress?: boolean };
}

export interface JobSpec {
  readonly name: string;
  readonly environment?: string;
  readonly needs?: readonly string[];
  /** Default: success. */
  readonly outcome?: Outcome;
  /** Runs until `finishJob`; otherwise a job ends at once when it has begun. */
  readonly manual?: boolean;
  /** The reusable workflow that the job stands in: `owner/repo/.github/workflows/x.yml@refs/heads/main`, and the commit of it. */
  readonly calledWorkflow?: { readonly ref: string; readonly sha: string };
  /** The job's `if`, asked when every need has ended. Default: all of them were successful. */
  readonly condition?: (needs: Readonly<Record<string, string>>) => boolean;
}

export interface JobVariables {
  readonly env: Readonly<Record<string, string>>;
  readonly event: unknown;
}

export interface DispatchOptions {
  /** Branch, or `refs/tags/…`; default: the default branch. */
  readonly ref?: string;
  readonly sha?: string;
  /** Full name of the fork that `ref` is a branch of, as in a run of a fork's pull request; default: the repository itself. */
  readonly headRepo?: string;
  readonly event?: 'workflow_dispatch' | 'push' | 'pull_request' | 'schedule';
}

export interface LoggedRequest {
  /** Counts from 1, in order of arrival. */
  readonly n: number;
  /** ISO-8601 UTC, sandbox clock. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** e.g. `POST /repos/{owner}/{repo}/check-runs`, `graphql createCommitOnBranch` or `unknown`. */
  readonly route: string;
  /** null until answered, and for ever when the connection was dropped. */
  readonly status: number | null;
  /** `anonymous`, `app:<slug>`, `installation:<id>`, `job:<run>/<name>` or `user:<login>`. */
  readonly actor: string;
  readonly body?: unknown;
  readonly requestId: string;
  readonly operation?: string;
  readonly mutation?: boolean;
}

export interface Delivery {
  readonly id: string;
  readonly app: string;
  readonly event: string;
  readonly action: string | null;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly redelivery: boolean;
  /** `pending` (queued or held), `dropped`, `ok` (2xx) or `failed` (other answer, none within 10 s, refused). */
  readonly state: 'pending' | 'dropped' | 'ok' | 'failed';
  readonly status: number | null;
}

export interface Webhooks {
  readonly deliveries: readonly Delivery[];
  /** Holds everything that is sent from now on. */
  pause(): void;
  /** Sends what is held, in the order that `order` makes of it; answers when all of it was answered. */
  resume(order?: (held: readonly Delivery[]) => readonly Delivery[]): Promise<void>;
  /** Matching deliveries are never sent; answers how to stop that. */
  drop(predicate: (delivery: Delivery) => boolean): () => void;
  /** Matching deliveries are sent twice. */
  duplicate(predicate: (delivery: Delivery) => boolean): () => void;
  /** Sends a recorded delivery again under its own GUID, whatever became of it. */
  redeliver(id: string): Promise<void>;
  /** All deliveries that are not held were answered. */
  quiesce(): Promise<void>;
}

export interface Fault {
  readonly method?: string;
  /** RegExp: on the path without `/api/v3`. String: the route (`GET /repos/{owner}/{repo}` or without its method) or the GraphQL operation (first field of a mutation, or the operation's name). */
  readonly path: RegExp | string;
  /** `after`: the effect happens, then the reply is lost or replaced. A function runs in the gap and the request goes on normally. */
  readonly when: 'before' | 'after';
  /** Default: once. */
  readonly times?: number;
  readonly do:
    | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
    | 'drop'
    | 'hang'
    | 'truncate'
    /** Half of the answer, as if it were all of it: no JSON. */
    | 'garble'
    | (() => Promise<void>);
}

export interface Faults {
  /** Answers how to take it away again. */
  add(fault: Fault): () => void;
  clear(): void;
}
