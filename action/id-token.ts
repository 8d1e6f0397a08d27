import { z } from 'zod';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';
import { readAnswer } from './read-answer.ts';
import type { ActionContext } from './verdict.ts';

const TIMEOUT_MS = 10_000;

/** GitHub's answer. */
const answer = z.object({ value: z.string().regex(/^[\w-]+\.[\w-]+\.[\w-]+$/) });

/** Whether the job has `id-token: write`: only then the runner sets these. */
export function mayAskForIdToken({ env }: Pick<ActionContext, 'env'>): boolean {
  return (env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') !== '' && (env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '') !== '';
}

/**
 * An OIDC token of this job for one audience, from the runner's own service; masked before anything else happens to it.
 *
 * @throws {ActionFailure} oidc-missing, oidc-unavailable
 */
export async function requestIdToken(
  { env, mask }: Pick<ActionContext, 'env' | 'mask'>,
  audience: string,
): Promise<string> {
  const address = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
  const credential = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  if (address === '' || credential === '') throw new ActionFailure(because('oidc-missing', {}));
  mask(credential);
  const token = await ask(address, credential, audience).catch(() => null);
  if (token === null) throw new ActionFailure(because('oidc-unavailable', {}));
  mask(token);
  return token;
}

async function ask(address: string, credential: string, audience: string): Promise<string | null> {
  const url = new URL(address);
  url.searchParams.set('audience', audience);
  const response = await fetch(url, {
    redirect: 'error',
    headers: { authorization: `Bearer ${credential}`, accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return response.ok ? (answer.safeParse(await readAnswer(response)).data?.value ?? null) : null;
}
