import { networkCodeOf } from '../adapters/github/forge-error.ts';
import type { GateError, GateErrorCode } from '../core/errors.ts';
import type { Because } from '../core/gate/decision.ts';
import { because, explain } from '../core/gate/reasons.ts';
import type { Verdict } from './verdict.ts';

/** What is known beside the reasons, and worth showing although the job stops. */
export type FailureDetails = Partial<Omit<Verdict, 'because'>>;

/** Stops the job: caught once, in `main.ts`, and told there. `message` is the first reason's sentence, never a secret. */
export class ActionFailure extends Error {
  override readonly name = 'ActionFailure';
  /** The one that decides. */
  readonly because: Because;
  readonly verdict: Verdict;

  constructor(first: Because | readonly [Because, ...Because[]], details: FailureDetails = {}) {
    const reasons: readonly [Because, ...Because[]] = isList(first) ? first : [first];
    super(explain(reasons[0]));
    this.because = reasons[0];
    this.verdict = { decision: 'hold', ...details, because: reasons };
  }
}

function isList(value: Because | readonly [Because, ...Because[]]): value is readonly [Because, ...Because[]] {
  return Array.isArray(value);
}

/** What a failed call to GitHub means on a runner, where the token is the workflow's own and nobody tries again later. */
const REASON_OF_FORGE_ERROR = {
  ERR_FORGE_UNAVAILABLE: 'action-github-unavailable',
  ERR_FORGE_RATE_LIMITED: 'action-github-rate-limited',
  ERR_FORGE_FORBIDDEN: 'action-token-forbidden',
  ERR_FORGE_NOT_FOUND: 'action-github-not-found',
  ERR_FORGE_REFUSED: 'action-github-refused',
  ERR_FORGE_SHAPE: 'forge-shape-unknown',
  ERR_FORGE_TRUNCATED: 'list-truncated',
} as const satisfies Partial<Record<GateErrorCode, Because['code']>>;

/**
 * @param what the call in words of ours: the error's own text may quote the other side
 * @param needs the permission that it asks of the job's token, e.g. `contents: read`
 */
export function forgeFailure(error: GateError, what: string, needs?: string): ActionFailure {
  const { code } = error;
  if (!isForgeCode(code)) return new ActionFailure(because('action-failed', { what: code }));
  const isOfToken = code === 'ERR_FORGE_FORBIDDEN' || code === 'ERR_FORGE_NOT_FOUND';
  const permission = isOfToken && needs !== undefined ? ` needs \`permissions: ${needs}\`` : '';
  const network = networkCodeOf(error);
  const why = network === null ? '' : ` (${network})`;
  return new ActionFailure(because(REASON_OF_FORGE_ERROR[code], { what: `${what}${permission}${why}` }));
}

function isForgeCode(code: GateErrorCode): code is keyof typeof REASON_OF_FORGE_ERROR {
  return Object.hasOwn(REASON_OF_FORGE_ERROR, code);
}
