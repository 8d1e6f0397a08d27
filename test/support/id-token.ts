import { decodeJwt } from 'jose';
import { z } from 'zod';
import type { Sandbox } from '../../sandbox/sandbox.ts';

export interface IdToken {
  readonly idToken: string;
  /** Claim `sub`. */
  readonly subject: string;
}

/** What a job of the sandbox shows Fulcio. */
export async function idTokenOf(sandbox: Sandbox, runId: number, job: string): Promise<IdToken> {
  const { url, token } = sandbox.idTokenRequest(runId, job);
  const answer = await fetch(`${url}&audience=sigstore`, { headers: { authorization: `bearer ${token}` } });
  const { value: idToken } = z.object({ value: z.string() }).parse(await answer.json());
  return { idToken, subject: decodeJwt(idToken).sub ?? '' };
}
