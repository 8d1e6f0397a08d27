import type { Account } from './actors/account.ts';

export type Channel = 'pull-request-review' | 'deployment-prompt' | 'check-button' | 'command';

export type Assurance = 'human-signed' | 'signed-in' | 'platform-attested' | 'declared';

export type Verdict = 'approve' | 'reject';

/** What the channel really bound; a field that the channel left open is absent. */
export interface Bound {
  readonly pullRequest?: number;
  readonly headSha?: string;
  readonly baseRef?: string;
  readonly runId?: number;
  readonly attempt?: number;
  readonly environment?: string;
  readonly opening?: number;
  readonly requestDigest?: string;
}

/** What shows an answer of assurance `human-signed`: all in base64, verified. */
export interface HumanProof {
  /** The hardware key as on the wire. */
  readonly publicKey: string;
  /** The exact bytes of the review statement. */
  readonly statement: string;
  /** SSHSIG without armour. */
  readonly signature: string;
}

/** One person's latest answer on one channel, as GitHub attests it now (re-read before every decision). */
export interface Review {
  /** Unique and stable: e.g. `review:123`, `prompt:<run>/<attempt>/<env>/<opening>/<user>/<state>/<n>`, `button:<delivery>`, `comment:456`. */
  readonly id: string;
  readonly channel: Channel;
  readonly verdict: Verdict;
  readonly reviewer: Account;
  readonly assurance: Assurance;
  readonly bound: Bound;
  /** ISO-8601 UTC ms, as GitHub said or as first seen; display only, never decides freshness. */
  readonly at: string;
  /** The reviewer's words: shown on screen, only a salted commitment to them goes into a record. */
  readonly reason: string;
  /** Slug when GitHub says the answer was given through an App: such an answer fills no seat. */
  readonly viaApp: string | null;
  /** Edited after it was given (C38): fills no seat. */
  readonly edited: boolean;
  /** The comment's text where it claims a signature that is not judged yet. */
  readonly claimed?: string;
  /** There exactly where the assurance is `human-signed`. */
  readonly proof?: HumanProof;
}

/** What the reviewer may do, read from GitHub at the moment of the decision. */
export interface Authority {
  /** Highest of all grants: none < read < triage < write < maintain < admin. */
  readonly permission: Permission;
  /** Lower-case `org/slug` of every team named by the policy that the person is an active member of. */
  readonly teams: readonly string[];
  /**
   * Milliseconds since the epoch at which they were first seen in a team, where policy asks for how long; a team that is not
   * here was not looked at yet.
   */
  readonly memberSince?: ReadonlyMap<string, number>;
}

export const PERMISSIONS = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type Permission = (typeof PERMISSIONS)[number];
