import type { CalledWorkflow, RepositoryRef } from './facts.ts';

/**
 * One thing held. Exactly these fields make the request's digest (`requestDigest`): whoever answers by button, command
 * or page answers this and nothing else; any field that changes makes a new request (invariant 4).
 */
export type Request = DeploymentRequest | PullRequestRequest;

interface RequestBase {
  readonly repository: Pick<RepositoryRef, 'host' | 'installationId' | 'id'>;
  readonly headSha: string;
  readonly policyDigest: string;
}

/** How the deployed range was found (docs/design.md 4.3). `fork` and `unknown` are never released. */
export type RangeKind = 'range' | 'baseline' | 'rollback' | 'diverged' | 'truncated' | 'fork' | 'unknown';

/** One opening of one environment for one run: the gate. */
export interface GateKey {
  readonly runId: number;
  readonly attempt: number;
  /** Lower case: GitHub's environment names are case-insensitive. */
  readonly environment: string;
  /** Counts from 1; sequential jobs of one run open the gate of one environment again. */
  readonly opening: number;
}

export interface DeploymentRequest extends RequestBase {
  readonly kind: 'deployment';
  readonly gate: GateKey;
  readonly range: { readonly kind: RangeKind; readonly baseSha: string | null };
  /** Names of the jobs that wait, sorted: a job that joins later was not seen by whoever approved (C55). */
  readonly jobs: readonly string[];
  /** Of everything that jobs of the run said they would run (`proposalsDigest`); null when nobody said anything (C42). */
  readonly proposalsDigest: string | null;
  /** The workflow's path and every reusable workflow that it calls with the commit that GitHub resolved it to (C46). */
  readonly workflow: { readonly path: string; readonly called: readonly CalledWorkflow[] };
}

export interface PullRequestRequest extends RequestBase {
  readonly kind: 'pull-request';
  readonly number: number;
  readonly baseRef: string;
  /**
   * Commit that the base branch's policy and merge are judged against is not part of it: the base branch moves with every
   * other merge, and the head does not change by that. The base *ref* is bound.
   */
}
