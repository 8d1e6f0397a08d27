import { Octokit } from '@octokit/core';
import { GateError } from '../../core/errors.ts';

/** GitHub answers within seconds or not at all; a worker's lease is longer than all tries of one read. */
export const TIMEOUT_MS = 10_000;

/** The largest honest answer is a page of 100 changed files with their patches. */
const MAX_RESPONSE_BYTES = 20 * 1024 * 1024;

/** What one call answered; `data` is whatever the other side sent and is parsed by `wire/`. */
export interface Reply {
  readonly status: number;
  /** `Link` header, from which only cursors are taken. */
  readonly link: string;
  readonly data: unknown;
}

/** Sends once. Throws Octokit's errors; `toGateError` names them. */
export interface Transport {
  rest(route: string, authorization: string, parameters: Readonly<Record<string, unknown>>): Promise<Reply>;
  graphql(text: string, authorization: string, variables: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/**
 * Octokit without its plugins: throttling spaces writes a second apart and retry sends POSTs again after a 5xx, which could
 * release a gate twice.
 * @param baseUrl ends in `/api/v3` on GitHub Enterprise Server
 * @param until ends every call, whenever it began
 */
export function createTransport(baseUrl: string, timeoutMs: number, until?: AbortSignal): Transport {
  const quiet = (): void => {};
  const octokit = new Octokit({
    baseUrl,
    userAgent: 'countersign',
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    request: { fetch: fetchWhole },
  });
  const timeout = (): AbortSignal => AbortSignal.timeout(timeoutMs);
  const options = (authorization: string) => ({
    headers: { authorization, 'x-github-api-version': '2022-11-28' },
    request: { fetch: fetchWhole, signal: until === undefined ? timeout() : AbortSignal.any([timeout(), until]) },
  });
  return {
    rest: async (route, authorization, parameters) => {
      const { status, headers, data } = await octokit.request(route, { ...parameters, ...options(authorization) });
      return { status, link: headers.link ?? '', data };
    },
    graphql: (text, authorization, variables) => octokit.graphql(text, { ...variables, ...options(authorization) }),
  };
}

/** Reads an answer to its end, within bounds, so that a cut one is an error and never a shorter list. */
async function fetchWhole(url: string, init: RequestInit): Promise<Response> {
  // A renamed repository answers with another address: the next sweep brings its new name, the token never
  // travels, and nobody takes the redirect for "there is no such thing".
  const response = await fetch(url, { ...init, redirect: 'manual' });
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    throw new GateError('ERR_FORGE_REFUSED', 'answered with a redirect, which is not followed');
  }
  const body = await readBody(response);
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  if (response.ok && isJson && body.length > 0) {
    try {
      JSON.parse(body);
    } catch {
      throw new GateError('ERR_FORGE_UNAVAILABLE', 'answered with malformed JSON');
    }
  }
  const { status, headers } = response;
  return new Response(status === 204 || status === 205 ? null : body, { status, headers });
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the stream.
    if (size > MAX_RESPONSE_BYTES) {
      throw new GateError('ERR_FORGE_TRUNCATED', `answered with more than ${MAX_RESPONSE_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
