import type { Account } from './actors/account.ts';

/**
 * What was read from GitHub about one change, before anything is judged. Plain data: a decision can be replayed from it.
 * Texts (titles, bodies, messages, names) are the requesting side's words: used to find signals, never parsed for authority.
 */

/** Where everything lives; the key of every row and record. `owner`/`name` are for display and for building paths. */
export interface RepositoryRef {
  /** e.g. `github.com`; lower case, with port when there is one. */
  readonly host: string;
  readonly installationId: number;
  readonly id: number;
  readonly owner: string;
  readonly name: string;
}

export interface RepositoryFacts {
  readonly ref: RepositoryRef;
  readonly defaultBranch: string;
  readonly private: boolean;
  readonly ownerType: 'User' | 'Organization';
}

/** A git identity. `account` is null when GitHub maps the mailbox to nobody: then anyone may have written it (C12). */
export interface GitPerson {
  readonly name: string;
  readonly email: string;
  readonly account: Account | null;
}

export interface CommitFacts {
  readonly sha: string;
  readonly treeSha: string;
  readonly parents: readonly string[];
  readonly message: string;
  /** Git author first, then `Co-authored-by` trailers, as GitHub maps them. */
  readonly authors: readonly GitPerson[];
  readonly committer: GitPerson;
  readonly signature: CommitSignature;
  /** When it was written, as its maker says, in ISO 8601. */
  readonly authoredAt: string;
  /** Text of its note in `refs/notes/ai` (git-ai), which anyone who can push can write; empty when it could not be read, null when there is none. */
  readonly aiNote: string | null;
  /** Pull requests that GitHub associates with this commit. */
  readonly pulls: readonly AssociatedPull[];
}

/** `verified` and by whom, as GitHub says; `byGitHub` = GitHub's own web-flow signature. */
export interface CommitSignature {
  readonly verified: boolean;
  readonly byGitHub: boolean;
  readonly signer: Account | null;
  /**
   * The SSH key that the signature names, whatever GitHub thinks of its owner: vendors sign in their cloud under people's names.
   * `proven`: it did sign this very commit, checked here; otherwise anyone may have copied the key into it.
   */
  readonly key: { readonly fingerprint: string; readonly proven: boolean } | null;
}

export interface AssociatedPull {
  readonly number: number;
  readonly author: Account | null;
  readonly headSha: string;
  readonly headRef: string;
  readonly baseRef: string;
  readonly mergeCommitSha: string | null;
  readonly merged: boolean;
  /** Its head is in another repository: anybody can open such a one. */
  readonly fromFork: boolean;
}

export interface PullFacts {
  readonly number: number;
  readonly author: Account | null;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly state: 'open' | 'closed';
  readonly draft: boolean;
  readonly merged: boolean;
  readonly headSha: string;
  readonly headRef: string;
  /** null when the fork is gone. */
  readonly headRepositoryId: number | null;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly mergedBy: Account | null;
  /** App through which the pull request was opened (`GET /issues/{n}`.performed_via_github_app), server-verified. */
  readonly viaApp: AppRef | null;
}

export interface AppRef {
  readonly id: number;
  readonly slug: string;
}

export interface ChangedFile {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: string;
}

/** One entry of the pull request's timeline, in GitHub's order; only what the gate uses. */
export type TimelineEvent =
  | { readonly kind: 'reviewed'; readonly reviewId: number }
  | { readonly kind: 'base-changed' }
  | { readonly kind: 'force-pushed'; readonly actor: Account | null }
  /** `copilot_work_started` and its like: the actor asked the agent to work (server-verified). */
  | { readonly kind: 'agent-started'; readonly actor: Account | null; readonly viaApp: AppRef | null }
  /** The actor put the assignee on it. */
  | { readonly kind: 'assigned'; readonly actor: Account | null; readonly assignee: Account | null }
  | { readonly kind: 'labelled'; readonly actor: Account | null; readonly label: string }
  | { readonly kind: 'ready'; readonly actor: Account | null }
  /** Auto-merge was switched on, or the pull request put into the merge queue. */
  | { readonly kind: 'auto-merge'; readonly actor: Account | null }
  /** A comment, review or line comment that names somebody; `handles` as `handlesIn` answers them. */
  | {
      readonly kind: 'commented';
      readonly actor: Account | null;
      readonly handles: readonly string[];
      readonly at: string;
    };

export interface PushFacts {
  readonly actor: Account | null;
  readonly before: string;
  readonly after: string;
  readonly kind: string;
  /** ISO 8601, GitHub's clock; empty when it does not tell. */
  readonly at: string;
}

export interface PullReview {
  readonly id: number;
  readonly reviewer: Account | null;
  /** Upper case, as REST says it: APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING. */
  readonly state: string;
  readonly commitSha: string | null;
  readonly submittedAt: string;
  readonly body: string;
}

/** A reusable workflow, as GitHub resolved it when the attempt began. */
export interface CalledWorkflow {
  /** e.g. `acme/shared/.github/workflows/deploy.yml@main`. */
  readonly path: string;
  readonly sha: string;
}

export interface RunFacts {
  readonly id: number;
  readonly nodeId: string;
  readonly attempt: number;
  readonly headSha: string;
  readonly headBranch: string | null;
  readonly headRepositoryId: number | null;
  readonly event: string;
  /** Path of the workflow file, e.g. `.github/workflows/deploy.yml`. */
  readonly path: string;
  /** Reusable workflows that it calls: what they are named by may have moved since the attempt before (C46). */
  readonly calledWorkflows: readonly CalledWorkflow[];
  readonly status: string;
  readonly conclusion: string | null;
  readonly actor: Account | null;
  readonly triggeringActor: Account | null;
}

/** A job that waits on an environment, as GraphQL tells it (REST jobs carry no environment). */
export interface WaitingJob {
  readonly id: number;
  readonly name: string;
  /** As GitHub writes it; compare in lower case. */
  readonly environment: string;
}

export interface PendingEnvironment {
  readonly name: string;
  /** Native reviewers configured and not yet satisfied come first: our answer cannot be withdrawn, so it comes last. */
  readonly nativeReviewers: number;
  readonly waitTimerMinutes: number;
  readonly waitTimerStartedAt: string | null;
}

/** One entry of `GET …/approvals`: no attempt, no time. Unknown states are kept as they are. */
export interface ApprovalEntry {
  readonly environments: readonly string[];
  readonly state: string;
  readonly user: Account | null;
  readonly comment: string;
}

export interface JobFacts {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  /** A runner took it (it has steps or a runner): it was really let go, whatever its conclusion. */
  readonly started: boolean;
}

export interface Comparison {
  readonly status: 'ahead' | 'behind' | 'identical' | 'diverged';
  readonly mergeBaseSha: string;
  /** Oldest first. */
  readonly commits: readonly string[];
  /** More commits exist than were listed. */
  readonly truncated: boolean;
  readonly files: readonly ChangedFile[];
  /** false from 300 files on, where GitHub stops: then everything counts as touched. */
  readonly filesComplete: boolean;
}

export interface CommentFacts {
  readonly id: number;
  readonly author: Account | null;
  readonly body: string;
  readonly edited: boolean;
  readonly viaApp: AppRef | null;
}

/** Everything known about one change, whatever held it: what authorship and parties are judged from (the whole set, never one commit). */
export interface ChangeFacts {
  readonly commits: readonly CommitFacts[];
  readonly pulls: readonly PullEvidence[];
  /** The run's attempts, oldest first; empty for a pull request. */
  readonly runAttempts: readonly RunFacts[];
  /** Look-ups that failed or were cut, as `commits-truncated`, `pull-12-timeline`; any entry makes the change at least `suspected`. */
  readonly incomplete: readonly string[];
  /** Merge commits made by GitHub of a pull request whose head has a released decision in this log: their author is only `merger`. */
  readonly countersignedMerges: readonly string[];
  /**
   * Pushes to the deployed and to the default branch whose tip is one of the commits; read only where a commit came through
   * no pull request. null where they say nothing: for a pull request, whose own pushes stand with it, and for the old head of
   * a baseline or rollback.
   */
  readonly branchPushes: readonly PushFacts[] | null;
  /** Pull requests from a fork: GitHub tells nobody here who pushed to their branch. */
  readonly unseenPulls: readonly number[];
}

export interface PullEvidence {
  readonly pull: PullFacts;
  readonly timeline: readonly TimelineEvent[];
  readonly pushes: readonly PushFacts[];
}
