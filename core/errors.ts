/** Whether a failed call may have changed something outside: after `unknown` the caller re-reads before it tries again. */
export type Effect = 'none' | 'unknown';

/** Every unexpected failure that a port may report. Expected outcomes are values, never errors. */
export const GATE_ERROR_CODES = [
  'ERR_FORGE_UNAVAILABLE', // no reply, 5xx, time-out
  'ERR_FORGE_RATE_LIMITED', // primary or secondary limit; `retryAfterSeconds` says when
  'ERR_FORGE_FORBIDDEN', // 401 or 403 that no waiting mends: a permission is missing
  'ERR_FORGE_NOT_FOUND', // 404 or 410 where the thing had to be there
  'ERR_FORGE_REFUSED', // 409 or 422: GitHub understood and said no
  'ERR_FORGE_SHAPE', // an answer that the strict parser does not know
  'ERR_FORGE_TRUNCATED', // more pages than are read
  'ERR_LOG_DRIFT', // the evidence branch is not what this log wrote; a person must look
  'ERR_LOG_BUSY', // another process holds the sequencer; try later
  'ERR_LOG_REFUSED', // the branch cannot be written: protected, missing permission, quota
  'ERR_LOG_KEYS', // the signing keys that this process was given cannot go on with the log; the operator must give others
  'ERR_SIGNER_UNAVAILABLE', // the signing key cannot be reached (a KMS: no reply, throttled); asking again may help
  'ERR_STORE_CONFLICT', // somebody else changed the row first
  'ERR_STORE_UNAVAILABLE',
  'ERR_STORE_LOST', // what is stored is not the newest that was: somebody threw it away or put it back
  'ERR_STORE_FORGED', // what is stored was not written with our key; a person must look
  'ERR_INPUT', // outside input that a strict parser refused
] as const;

export type GateErrorCode = (typeof GATE_ERROR_CODES)[number];

/**
 * The one error class of the product. `message` is written for the operator's log and never holds a token, a payload or
 * text of the requesting side.
 */
export class GateError extends Error {
  override readonly name = 'GateError';
  readonly code: GateErrorCode;
  readonly effect: Effect;
  /** Seconds after which a new try can succeed, when the other side said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: GateErrorCode,
    message: string,
    options: { readonly effect?: Effect; readonly cause?: unknown; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.effect = options.effect ?? 'none';
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
