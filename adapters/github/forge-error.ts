import { z } from 'zod';
import { GateError } from '../../core/errors.ts';
import type { GateErrorCode } from '../../core/errors.ts';

/** GitHub asks to wait this long after a secondary limit that names no time. */
const SECONDARY_LIMIT_SECONDS = 60;

const headersSchema = z.record(z.string(), z.unknown());

/** Octokit's RequestError; without `response` nothing was answered. */
const requestErrorSchema = z.object({
  status: z.number(),
  response: z.object({ headers: headersSchema, data: z.unknown() }).optional(),
  cause: z.unknown(),
});

const graphqlErrorSchema = z.object({
  name: z.literal('GraphqlResponseError'),
  headers: headersSchema,
  errors: z.array(z.object({ type: z.string().optional() })).min(1),
});

const messageSchema = z.object({ message: z.string() });

export interface CallInfo {
  /** Route or operation name: a literal of ours, never a value. */
  readonly what: string;
  readonly mutates: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Names what went wrong with a call. The message holds the route and a status, never an address, a body or a token; what
 * was thrown is dropped, because Octokit's errors carry the whole request.
 */
export function toGateError(error: unknown, call: CallInfo): GateError {
  // What fetchWhole threw comes back as the cause of Octokit's error.
  if (error instanceof GateError) return fail(call, error.code, error.message, null, error.retryAfterSeconds);
  const graphql = graphqlErrorSchema.safeParse(error);
  if (graphql.success)
    return fromGraphql(
      call,
      graphql.data.errors.map(({ type }) => type),
      graphql.data.headers,
    );
  const failure = requestErrorSchema.safeParse(error);
  if (!failure.success) return fail(call, 'ERR_FORGE_UNAVAILABLE', 'failed before it was answered', null);
  if (failure.data.cause instanceof GateError) return toGateError(failure.data.cause, call);
  if (failure.data.response === undefined) return unanswered(call, networkCode(failure.data.cause));
  return fromStatus(call, failure.data.status, failure.data.response.headers, failure.data.response.data);
}

const statuses = new WeakMap<GateError, number>();

/** HTTP status behind an error of this adapter, or null when nothing (or nothing whole) was answered. */
export function statusOf(error: GateError): number | null {
  return statuses.get(error) ?? null;
}

const networkCodes = new WeakMap<GateError, string>();

/** Node's own word for why a call was not answered, e.g. `ECONNREFUSED` or `TimeoutError`; null where it has none. */
export function networkCodeOf(error: GateError): string | null {
  return networkCodes.get(error) ?? null;
}

function unanswered(call: CallInfo, code: string | null): GateError {
  const error = fail(call, 'ERR_FORGE_UNAVAILABLE', `was not answered${code === null ? '' : ` (${code})`}`, null);
  if (code !== null) networkCodes.set(error, code);
  return error;
}

/** Never a message: those quote addresses. */
function networkCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null;
  if (thrown.name === 'TimeoutError') return thrown.name;
  const isCode = 'code' in thrown && typeof thrown.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(thrown.code);
  return isCode ? String(thrown.code) : networkCode(thrown.cause);
}

function fromStatus(
  call: CallInfo,
  status: number,
  headers: Readonly<Record<string, unknown>>,
  data: unknown,
): GateError {
  const wait = status === 403 || status === 429 ? rateLimitSeconds(status, headers, data, call.now) : null;
  if (wait !== null) return fail(call, 'ERR_FORGE_RATE_LIMITED', `answered ${status}: rate limit`, status, wait);
  return fail(call, codeOf(status), `answered ${status}`, status);
}

function codeOf(status: number): GateErrorCode {
  switch (status) {
    case 401:
    case 403:
      return 'ERR_FORGE_FORBIDDEN';
    case 404:
    case 410:
      return 'ERR_FORGE_NOT_FOUND';
    default:
      return status >= 400 && status < 500 && status !== 408 ? 'ERR_FORGE_REFUSED' : 'ERR_FORGE_UNAVAILABLE';
  }
}

/** Seconds to wait, or null when this 403 is about a permission. */
function rateLimitSeconds(
  status: number,
  headers: Readonly<Record<string, unknown>>,
  data: unknown,
  now: number,
): number | null {
  const retryAfter = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(retryAfter)) return Math.max(0, Math.ceil(retryAfter));
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const reset = Number(headers['x-ratelimit-reset']);
    return Number.isFinite(reset) ? Math.max(1, Math.ceil(reset - now / 1000)) : SECONDARY_LIMIT_SECONDS;
  }
  const message = messageSchema.safeParse(data);
  const limited = status === 429 || (message.success && /rate limit/i.test(message.data.message));
  return limited ? SECONDARY_LIMIT_SECONDS : null;
}

/** GraphQL answers 200 with typed errors; half an answer is none. */
function fromGraphql(
  call: CallInfo,
  types: readonly (string | undefined)[],
  headers: Readonly<Record<string, unknown>>,
): GateError {
  const type = types.find((each) => each !== undefined) ?? 'none';
  switch (type) {
    case 'RATE_LIMITED':
      return fail(
        call,
        'ERR_FORGE_RATE_LIMITED',
        'answered RATE_LIMITED',
        200,
        rateLimitSeconds(429, headers, null, call.now) ?? SECONDARY_LIMIT_SECONDS,
      );
    case 'NOT_FOUND':
      return fail(call, 'ERR_FORGE_NOT_FOUND', 'answered NOT_FOUND', 200);
    case 'FORBIDDEN':
    case 'INSUFFICIENT_SCOPES':
      return fail(call, 'ERR_FORGE_FORBIDDEN', `answered ${type}`, 200);
    case 'STALE_DATA':
    case 'UNPROCESSABLE':
      return fail(call, 'ERR_FORGE_REFUSED', `answered ${type}`, 200);
    default:
      // "Something went wrong while executing your query" has no type; whether a mutation took effect is unknown.
      return fail(call, 'ERR_FORGE_UNAVAILABLE', 'answered with errors', null);
  }
}

function fail(
  call: CallInfo,
  code: GateErrorCode,
  detail: string,
  status: number | null,
  retryAfterSeconds?: number,
): GateError {
  // GitHub refused before it did anything; every other failure of a write may hide an effect.
  const refused = status !== null && status < 500 && status !== 408;
  const error = new GateError(code, `${call.what} ${detail}`, {
    effect: call.mutates && !refused ? 'unknown' : 'none',
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
  if (status !== null) statuses.set(error, status);
  return error;
}
