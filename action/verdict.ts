import type { Clock } from '../core/ports.ts';
import type { Because } from '../core/gate/decision.ts';
import type { Inputs } from './inputs.ts';
import type { RunnerContext } from './runner-context.ts';

/** What a mode found. It passes only by being returned; whatever is thrown fails the job. */
export interface Verdict {
  /** As output `decision`: release, hold, reject, verified, not-verified or proposed. */
  readonly decision: string;
  /** The first one decides. */
  readonly because: readonly Because[];
  /** Logins, without `@`. */
  readonly reviewers?: readonly string[];
  /** Index of the record that lets the job go, or of the last one written. */
  readonly record?: number;
  readonly recordUrl?: string;
  /** Signed note. */
  readonly checkpoint?: string;
  /** JSON. */
  readonly proposal?: string;
  /** Sigstore bundle, JSON. */
  readonly attestation?: string;
  /** Of the approved command, where it failed; otherwise a failed step ends with 1. */
  readonly exitCode?: number;
  /** More Markdown for the job summary, already escaped (flow/markdown.ts); an entry is a block of its own. */
  readonly summary?: readonly string[];
}

/** What every mode is given; nothing else of the runner is read. */
export interface ActionContext {
  readonly runner: RunnerContext;
  readonly inputs: Inputs;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** One line into the job's log. Text of others is safe in it: no workflow command, no control character. */
  readonly print: (line: string) => void;
  /** A warning annotation; the job goes on. */
  readonly warn: (because: Because) => void;
  /** Hidden in the log from now on; called before a secret (a token that was just fetched) can be printed. */
  readonly mask: (secret: string) => void;
  /** Kept for the post step. Never a secret: the runner writes it to a file. */
  readonly keep: (name: StateName, value: string) => void;
  /** What the main step kept; empty where it kept nothing. */
  readonly kept: (name: StateName) => string;
}

/**
 * `mode`, `startedAtMs`: of the main step. `gate`: JSON of `KeptGate`, once the gate has passed. Any step of the job can write
 * such state: nothing may be let go on it.
 */
export type StateName = 'mode' | 'startedAtMs' | 'gate';

/** What the post step must know of a gate that let its job go; written by `gate` and `run`. */
export interface KeptGate {
  /** Lower case. */
  readonly environment: string;
  readonly runId: number;
  readonly attempt: number;
  /** Index and SHA-256 (lower-case hex) of the record that let it go. */
  readonly record: number;
  readonly recordDigest: string;
  readonly requestDigest: string;
  /** From the policy; null: the Action works alone. */
  readonly appUrl: string | null;
}

export type RunMode = (context: ActionContext) => Promise<Verdict>;
export type RunPost = (context: ActionContext) => Promise<void>;
