/**
 * Four classes, and none of them is "human": no signal never means that a person wrote it (agents.md 0.2).
 * `agent` and `suspected` hold; `automation` is an allow-listed account within its paths; `unattributed` is all else.
 */
export type AuthorshipClass = 'agent' | 'suspected' | 'automation' | 'unattributed';

/** verified: GitHub's server or a signature says it; declared: text of whoever pushed; heuristic: a guess from shape. */
export type SignalTier = 'verified' | 'declared' | 'heuristic';

export interface Signal {
  readonly tier: SignalTier;
  /** Stable kebab-case kind, e.g. `account`, `app`, `trailer`, `branch-prefix`, `pull-request-marker`, `look-up-incomplete`. */
  readonly kind: string;
  /** Registry id of the agent (`claude`, `copilot`), or null when only "some agent" is known. */
  readonly agent: string | null;
  /** Where it was seen: `commit 1a2b3c4`, `pull request #12`, `run 56 attempt 1`. */
  readonly where: string;
  /** The matched text or login, at most 120 characters; the requesting side's words. */
  readonly value: string;
}

export interface Classification {
  readonly class: AuthorshipClass;
  /** Registry ids, sorted, unique. */
  readonly agents: readonly string[];
  readonly signals: readonly Signal[];
  /** Version of the registry that was asked. */
  readonly registry: string;
}
