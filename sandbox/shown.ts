/** What the sandbox shows of its state: the types that inspection answers. */

export interface Run {
  readonly id: number;
  readonly attempt: number;
  readonly headSha: string;
}

export interface PullRequest {
  readonly id: number;
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  readonly draft: boolean;
  readonly headSha: string;
  readonly headRef: string;
  readonly baseRef: string;
  readonly mergeCommitSha: string | null;
  readonly author: string;
  readonly requestedReviewers: readonly string[];
}

export interface Comment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
}

export interface CheckRun {
  readonly id: number;
  readonly name: string;
  readonly app: string;
  readonly headSha: string;
  readonly externalId: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly actions: readonly { readonly label: string; readonly description: string; readonly identifier: string }[];
}

export interface RunState {
  readonly id: number;
  readonly name: string;
  readonly attempt: number;
  readonly status: string;
  readonly conclusion: string | null;
  readonly headSha: string;
  /** Of every attempt; a job carried over into a later attempt keeps its number. */
  readonly jobs: readonly JobState[];
  /** What Apps said about a waiting environment, in order. */
  readonly reports: readonly {
    readonly app: string;
    readonly environment: string;
    readonly state: 'approved' | 'rejected' | 'report';
    readonly comment: string;
  }[];
}

export interface JobState {
  readonly id: number;
  readonly name: string;
  readonly environment: string | null;
  readonly status: string;
  readonly conclusion: string | null;
  readonly attempt: number;
  readonly deploymentId: number | null;
}

export interface RepoState {
  readonly branches: Readonly<Record<string, string>>;
  readonly environments: readonly string[];
  readonly pullRequests: readonly PullRequest[];
  readonly deployments: readonly {
    readonly id: number;
    readonly environment: string;
    readonly sha: string;
    readonly states: readonly string[];
  }[];
}

export interface EffectiveRelease {
  readonly runId: number;
  readonly attempt: number;
  readonly environment: string;
  /** Names of the jobs that went on. */
  readonly jobs: readonly string[];
  /** Number of the request (in `requests`) that did it; null: a person in the browser, or time. */
  readonly request: number | null;
}
