import type { Assurance, Permission } from '../review.ts';
import type { AuthorshipClass } from '../authorship/classification.ts';
import type { Account } from '../actors/account.ts';
import type { MemberFor } from './member-for.ts';
import type { Policy } from './schema.ts';

/** The policy in force, or why there is none; anything but `in-force` holds and cannot be released until mended. */
export type PolicyState =
  | {
      readonly kind: 'in-force';
      readonly policy: Policy;
      readonly source: 'repository' | 'built-in';
      readonly digest: string;
      readonly commitSha: string;
    }
  | {
      readonly kind: 'invalid';
      readonly digest: string;
      readonly commitSha: string;
      readonly issues: readonly PolicyIssue[];
    }
  | { readonly kind: 'unreadable'; readonly detail: string };

export interface PolicyIssue {
  /** 1-based; 0 when it belongs to the whole file. */
  readonly line: number;
  readonly column: number;
  /** e.g. `rules[2].require[0].count`; empty for the whole file. */
  readonly path: string;
  /** A full sentence: what is wrong and what would be right. */
  readonly message: string;
}

/** What policy is matched against. Paths: both names of every renamed file; `pathsComplete` false = every path matches. */
export interface Subject {
  readonly kind: 'deployment' | 'pull-request';
  /** Lower case; null for a pull request. */
  readonly environment: string | null;
  /** Base branch of a pull request, or the deployed branch. */
  readonly branch: string | null;
  readonly paths: readonly string[];
  readonly pathsComplete: boolean;
  readonly class: AuthorshipClass;
  readonly agents: readonly string[];
  readonly labels: readonly string[];
  readonly event: string | null;
  readonly initiator: Account | null;
  readonly repository: string;
  /** Milliseconds since the epoch, UTC. */
  readonly now: number;
}

export interface SeatSource {
  /** Name of the policy's group, or `maintainers (built in)`. */
  readonly group: string;
  readonly minPermission: Permission | null;
  /** Lower-case `org/slug`. */
  readonly teams: readonly string[];
  /** Numeric ids: logins are resolved by the flow before seats are filled. Alternatives: any of teams, users, permission. */
  readonly userIds: readonly number[];
  /** How long a membership in the teams must be known; absent: it counts at once. */
  readonly memberFor?: MemberFor;
}

/** One place that one eligible human fills. */
export interface Seat {
  /** Stable within one decision: `sre/1`, `sre/2`. */
  readonly id: string;
  readonly source: SeatSource;
  /** Rules that ask for it, or `built-in`, `baseline`, `unattributed-commit`. */
  readonly rules: readonly string[];
  readonly assurance: Assurance | null;
  /** Of an administrator no assurance is asked: of a policy before only, whose keys may be lost. */
  readonly sparesAdministrators?: true;
}

export interface Requirement {
  /** Ids of the matched rules, in the order of the file. */
  readonly rules: readonly string[];
  readonly seats: readonly Seat[];
  readonly denials: readonly { readonly rule: string; readonly text: string }[];
  /** Policy asks for a reason of at least this many characters with an approval (0: none). */
  readonly reasonMinLength: number;
}
