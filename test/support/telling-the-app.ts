import { z } from 'zod';
import { sendOutcome, sendProposal } from '../../action/app-client.ts';
import type { Outcome } from '../../action/app-client.ts';
import type { Proposal } from '../../core/proposal.ts';
import type { Stage } from './stage.ts';

/** What jobs of a run tell the App, as the Action does it, with tokens of the sandbox. */

/** A plan job and a deploying one that waits beside it, so that proposals can come while it waits. */
export const PLAN_AND_DEPLOY = [
  { name: 'plan', manual: true },
  { name: 'deploy', environment: 'production', manual: true },
] as const;

export function planOf(sha: string, more: Partial<Proposal> = {}): Proposal {
  return {
    environment: 'production',
    subjects: [{ kind: 'plan', name: 'infra/plan.bin', sha256: sha.repeat(64) }],
    findings: [],
    moreFindings: 0,
    reason: 'more room for the queue',
    ...more,
  };
}

/** A token of a running job of the newest attempt. */
export async function idToken(stage: Stage, runId: number, job: string, audience = appUrl(stage)): Promise<string> {
  const { url, token } = stage.sandbox.idTokenRequest(runId, job);
  const answer = await fetch(`${url}&audience=${encodeURIComponent(audience)}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return z.object({ value: z.string() }).parse(await answer.json()).value;
}

/** The code of the refusal, or `taken`; settles. */
export async function propose(stage: Stage, runId: number, job: string, proposal: Proposal): Promise<string> {
  const refused = await sendProposal(appUrl(stage), () => idToken(stage, runId, job), proposal);
  await stage.settle();
  return refused?.code ?? 'taken';
}

/** The same for how the job ended. */
export async function tellOutcome(stage: Stage, runId: number, job: string, outcome: Outcome): Promise<string> {
  const refused = await sendOutcome(appUrl(stage), () => idToken(stage, runId, job), outcome);
  await stage.settle();
  return refused?.code ?? 'taken';
}

export function appUrl({ config }: Stage): string {
  if (config.publicUrl === null) throw new TypeError('the App of the stage has no address');
  return config.publicUrl;
}
