import type { KeyObject } from 'node:crypto';

import type { GitRepository } from './git/repository.ts';
import type { Schemas } from './present/schemas.ts';
import type { Account, EffectiveRelease, JobSpec, Role, WorkflowSpec } from './sandbox.ts';

/** What the sandbox knows. Records are changed in place, always within one synchronous step. */
export interface World {
  readonly url: string;
  readonly apiUrl: string;
  /** Folder that holds the bare repositories. */
  readonly root: string;
  now(): number;
  nextId(kind: string): number;
  /** All by lower-case login, `owner/name`, `org/slug` or environment name. */
  readonly accounts: Map<string, Account>;
  readonly orgs: Map<string, OrgRecord>;
  readonly repos: Map<string, RepoRecord>;
  readonly apps: Map<string, AppRecord>;
  readonly installations: Map<number, InstallationRecord>;
  readonly tokens: Map<string, TokenRecord>;
  /** What asks for the OIDC tokens of a job, by the secret that it was given. */
  readonly idTokenRequests: Map<string, JobRecord>;
  readonly runs: Map<number, RunRecord>;
  readonly checks: Map<number, CheckRecord>;
  readonly effectiveReleases: EffectiveRelease[];
  readonly violations: string[];
  /** Sends a webhook to every App that is to have it. */
  emit(event: Emission): void;
  /** Something changed: whoever waits looks again. */
  changed(): void;
}

export interface Emission {
  readonly event: string;
  readonly action?: string;
  readonly repo?: RepoRecord;
  readonly sender: Account;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Only to this App, subscribed or not. */
  readonly onlyApp?: AppRecord;
  /** Only for this installation (installation events), subscribed or not. */
  readonly installation?: InstallationRecord;
}

export interface OrgRecord {
  readonly account: Account;
  readonly owners: Set<string>;
  readonly members: Set<string>;
  readonly teams: Map<string, TeamRecord>;
}

export interface TeamRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly org: string;
  readonly slug: string;
  readonly members: Set<string>;
  readonly access: Map<string, Role>;
}

export interface AppRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly slug: string;
  readonly clientId: string;
  readonly owner: Account;
  readonly bot: Account;
  readonly publicKey: KeyObject | null;
  readonly privateKeyPem: string;
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  readonly events: readonly string[];
  readonly secret: string;
  webhookUrl: string | null;
  readonly createdAt: number;
}

export interface InstallationRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly app: AppRecord;
  readonly owner: Account;
  /** null: all repositories of the owner. Lower-case full names. */
  readonly repos: Set<string> | null;
  suspendedAt: number | null;
  readonly createdAt: number;
}

export interface TokenRecord {
  readonly token: string;
  readonly installation: InstallationRecord;
  /** null: everything the installation has. */
  readonly repositoryIds: ReadonlySet<number> | null;
  readonly permissions: Readonly<Record<string, string>>;
  readonly expiresAt: number;
  /** The job whose `GITHUB_TOKEN` it is: it ends with the job. */
  readonly job?: JobRecord;
}

export interface RepoRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly owner: Account;
  readonly name: string;
  readonly fullName: string;
  readonly isPrivate: boolean;
  readonly parent: RepoRecord | null;
  readonly defaultBranch: string;
  readonly git: GitRepository;
  readonly createdAt: number;
  pushedAt: number;
  nextNumber: number;
  readonly collaborators: Map<string, Role>;
  readonly environments: Map<string, EnvironmentRecord>;
  readonly pulls: Map<number, PullRecord>;
  readonly activity: ActivityRecord[];
  readonly deployments: Map<number, DeploymentRecord>;
  readonly requiredChecks: { readonly branch: string; readonly name: string; readonly app: AppRecord }[];
  /** Commit statuses as they were posted. */
  readonly statuses: Schemas['status'][];
  readonly attestations: AttestationRecord[];
  /** Refs that the sandbox has already told about; what git finds beyond them is a push. */
  knownRefs: ReadonlyMap<string, string>;
  readonly runNumbers: Map<string, number>;
}

export interface AttestationRecord {
  readonly id: number;
  /** A Sigstore bundle, which nobody has verified. */
  readonly bundle: Readonly<Record<string, unknown>>;
  /** `sha256:…` and so on, of its subjects. */
  readonly digests: readonly string[];
}

export interface ActivityRecord {
  readonly id: number;
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly type: 'push' | 'force_push' | 'branch_creation' | 'branch_deletion' | 'pr_merge' | 'merge_queue_merge';
  readonly actor: Account;
  readonly at: number;
}

export interface EnvironmentRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly name: string;
  readonly createdAt: number;
  updatedAt: number;
  customRules: readonly { readonly id: number; readonly app: AppRecord }[];
  reviewers: readonly { readonly account: Account | null; readonly team: TeamRecord | null }[];
  preventSelfReview: boolean;
  waitTimerMinutes: number;
  canAdminsBypass: boolean;
  /** null: any. */
  branches: 'protected' | readonly BranchPattern[] | null;
}

export interface BranchPattern {
  readonly id: number;
  readonly type: 'branch' | 'tag';
  readonly name: string;
}

export interface ReviewRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly user: Account;
  body: string;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  readonly commitId: string;
  readonly submittedAt: number;
  updatedAt: number;
  edited: boolean;
}

export interface CommentRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly repo: RepoRecord;
  readonly number: number;
  readonly user: Account;
  readonly viaApp: AppRecord | null;
  body: string;
  readonly createdAt: number;
  updatedAt: number;
}

export interface TimelineRecord {
  readonly id: number;
  readonly event: string;
  readonly actor: Account;
  readonly viaApp: AppRecord | null;
  readonly at: number;
  readonly commitId: string | null;
  /** Fields of this kind of event, e.g. `label` or `rename`. */
  readonly more: Readonly<Record<string, unknown>>;
}

export interface PullRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly issueId: number;
  readonly repo: RepoRecord;
  readonly number: number;
  readonly author: Account;
  /** App with whose user token it was opened. */
  readonly viaApp: AppRecord | null;
  readonly headRepo: RepoRecord;
  readonly headRef: string;
  headSha: string;
  baseRef: string;
  /** Tip of the base when it was opened, synchronised or merged. */
  baseSha: string;
  title: string;
  body: string | null;
  draft: boolean;
  state: 'open' | 'closed';
  labels: string[];
  requestedReviewers: Account[];
  requestedTeams: TeamRecord[];
  mergedAt: number | null;
  mergedBy: Account | null;
  mergeCommitSha: string | null;
  closedAt: number | null;
  readonly createdAt: number;
  updatedAt: number;
  readonly reviews: ReviewRecord[];
  readonly comments: CommentRecord[];
  readonly timeline: TimelineRecord[];
}

export interface CheckRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly suiteId: number;
  readonly repo: RepoRecord;
  readonly app: AppRecord;
  readonly headSha: string;
  name: string;
  externalId: string;
  detailsUrl: string | null;
  status: CheckStatus;
  conclusion: CheckConclusion | null;
  startedAt: number | null;
  completedAt: number | null;
  output: { readonly title: string | null; readonly summary: string | null; readonly text: string | null };
  annotations: number;
  actions: readonly { readonly label: string; readonly description: string; readonly identifier: string }[];
}

export type CheckStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending';

export type CheckConclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required';

export interface DeploymentRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly repo: RepoRecord;
  readonly environment: string;
  readonly sha: string;
  readonly ref: string;
  readonly creator: Account;
  readonly viaApp: AppRecord | null;
  readonly run: RunRecord | null;
  readonly createdAt: number;
  updatedAt: number;
  readonly statuses: DeploymentStatusRecord[];
}

export interface DeploymentStatusRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly state: DeploymentState;
  readonly creator: Account;
  readonly viaApp: AppRecord | null;
  readonly description: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly at: number;
}

export type DeploymentState =
  | 'error'
  | 'failure'
  | 'inactive'
  | 'pending'
  | 'success'
  | 'queued'
  | 'in_progress'
  | 'waiting';

export type RunStatus = 'queued' | 'pending' | 'waiting' | 'in_progress' | 'completed';
export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface RunRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly repo: RepoRecord;
  readonly spec: WorkflowSpec;
  readonly path: string;
  readonly workflowId: number;
  readonly suiteId: number;
  readonly runNumber: number;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string;
  /** `GITHUB_REF` and `GITHUB_SHA`: of a pull request the test merge, else branch or tag and the head. */
  readonly ref: string;
  readonly sha: string;
  readonly pull: PullRecord | null;
  /** The repository itself, or a fork of it. */
  readonly headRepo: RepoRecord;
  readonly actor: Account;
  /** One an attempt; index 0 is attempt 1. */
  readonly attempts: AttemptRecord[];
  readonly approvals: ApprovalRecord[];
  readonly reports: RunReport[];
  readonly createdAt: number;
}

/** The state of one attempt; earlier ones stay readable. */
export interface AttemptRecord {
  readonly number: number;
  readonly triggeringActor: Account;
  readonly startedAt: number;
  updatedAt: number;
  status: RunStatus;
  conclusion: Conclusion | null;
  readonly jobs: JobRecord[];
}

export interface JobRecord {
  /** Also the id of its check run. */
  readonly id: number;
  readonly nodeId: string;
  readonly spec: JobSpec;
  readonly run: RunRecord;
  /** Attempt in which it really ran. */
  readonly attempt: number;
  status: 'queued' | 'waiting' | 'in_progress' | 'completed';
  conclusion: Conclusion | null;
  deployment: DeploymentRecord | null;
  gate: GateRecord | null;
  readonly createdAt: number;
  startedAt: number;
  /** A runner took it: a job that was cancelled while it waited never had one. */
  hasRunner: boolean;
  completedAt: number | null;
}

/** What a waiting job still waits for. */
export interface GateRecord {
  readonly environment: EnvironmentRecord;
  readonly openedAt: number;
  /** Custom rules by App id. */
  readonly custom: Map<number, 'pending' | 'approved'>;
  native: 'none' | 'pending' | 'approved';
  readonly timerEndsAt: number;
  readonly reportsByApp: Map<number, number>;
}

export interface ApprovalRecord {
  readonly state: 'approved' | 'rejected' | 'skipped';
  readonly user: Account;
  readonly comment: string;
  readonly environments: readonly EnvironmentRecord[];
}

export interface RunReport {
  readonly app: string;
  readonly environment: string;
  readonly state: 'approved' | 'rejected' | 'report';
  readonly comment: string;
}
