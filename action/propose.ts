import { publishProposalCheck } from '../adapters/github/proposal-check.ts';
import { GateError } from '../core/errors.ts';
import { because } from '../core/gate/reasons.ts';
import type { Proposal } from '../core/proposal.ts';
import { sendProposal } from './app-client.ts';
import { buildProposal } from './build-proposal.ts';
import { ActionFailure, forgeFailure } from './failure.ts';
import { requestIdToken } from './id-token.ts';
import { required } from './inputs.ts';
import { readTrustNow, repositoryRef } from './live-reader.ts';
import { isOfAnotherRepository } from './runner-context.ts';
import { showProposal } from './show-proposal.ts';
import type { ActionContext, Verdict } from './verdict.ts';

/**
 * Says what a later job of this run would do: to the App where the policy on the default branch names one, otherwise to people,
 * as a check run of this job's own token.
 *
 * @throws {ActionFailure} `propose-*`, `trust-*`, and a code of its own for everything that cannot be read
 */
export async function runPropose(context: ActionContext): Promise<Verdict> {
  const { runner } = context;
  // Its jobs get neither an OIDC token nor a token that may write, and its head is never let go (attack C66).
  if (isOfAnotherRepository(runner)) throw new ActionFailure(because('propose-from-fork', {}));
  const { proposal, notes } = await buildProposal(context);
  // Only the App that the policy names is ever sent a token: the workflow could name anyone.
  const { appUrl } = await readTrustNow(context);
  const summary = showProposal(proposal, notes);
  if (appUrl === null) await publish(context, proposal, summary);
  else await send(context, appUrl, proposal);
  return {
    decision: 'proposed',
    because: [because('proposed', { environment: proposal.environment })],
    proposal: JSON.stringify(proposal),
    summary,
  };
}

async function send(context: ActionContext, appUrl: string, proposal: Proposal): Promise<void> {
  const refused = await sendProposal(appUrl, () => requestIdToken(context, appUrl), proposal);
  if (refused !== null) throw new ActionFailure(refused);
}

async function publish(context: ActionContext, proposal: Proposal, summary: readonly string[]): Promise<void> {
  const { runner, inputs, clock } = context;
  const { environment, subjects } = proposal;
  const token = required(inputs, 'token');
  const check = {
    environment,
    // Where a pull request shows its checks; for every other event the commit that the run is about.
    headSha: runner.pullRequestHeadSha ?? runner.sha,
    title: `What would run: ${subjects.length} ${subjects.length === 1 ? 'subject' : 'subjects'}`,
    summary: summary.join('\n\n'),
  };
  try {
    await publishProposalCheck({ baseUrl: runner.apiUrl, token, clock }, repositoryRef(runner), check);
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_FORGE_FORBIDDEN') {
      throw new ActionFailure(because('propose-without-checks', {}));
    }
    throw error instanceof GateError ? forgeFailure(error, 'publishing the check run') : error;
  }
}
