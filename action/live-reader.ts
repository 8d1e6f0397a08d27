import { createLiveReader } from '../adapters/github/live-branch.ts';
import type { LiveReader } from '../adapters/github/live-branch.ts';
import { createTokenReader } from '../adapters/github/token-reader.ts';
import { GateError } from '../core/errors.ts';
import type { RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure, forgeFailure } from './failure.ts';
import { required } from './inputs.ts';
import type { RunnerContext } from './runner-context.ts';
import { EVIDENCE_BRANCH, readTrust } from './trust.ts';
import type { Trust } from './trust.ts';
import type { ActionContext } from './verdict.ts';

/** Read with the job's own token: there is no installation, and nothing that is read so is written down. */
export function repositoryRef({ host, repository }: RunnerContext): RepositoryRef {
  return { host, installationId: 0, ...repository };
}

/**
 * GitHub as the job's own token shows it. Whoever answers to the repository's name must have its number.
 * @param until ends every call
 * @throws {ActionFailure} `action-input-missing`; `read` throws `repository-differs`
 */
export function openLiveReader({ runner, inputs, clock }: ActionContext, until?: AbortSignal): LiveReader {
  const { host, apiUrl, repository } = runner;
  const token = required(inputs, 'token');
  const client = createTokenReader({ host, baseUrl: apiUrl, token, clock, ...(until === undefined ? {} : { until }) });
  const live = createLiveReader(client.clientFor(repositoryRef(runner)), repository);
  return {
    ...live,
    read: async (ask) => {
      const found = await live.read(ask);
      if (found.repositoryId === repository.id) return found;
      const params = { expected: repository.id, found: found.repositoryId, where: 'GitHub' };
      throw new ActionFailure(because('repository-differs', params));
    },
  };
}

/** Whom the policy on the default branch trusts now. @throws {ActionFailure} */
export async function readTrustNow(context: ActionContext): Promise<Trust> {
  const { inputs } = context;
  const branch = inputs['evidence-branch'] || EVIDENCE_BRANCH;
  try {
    const { policy } = await openLiveReader(context).read({ branch, folders: [] });
    return readTrust(policy, inputs);
  } catch (error) {
    throw error instanceof GateError
      ? forgeFailure(error, 'reading the policy on the default branch', 'contents: read')
      : error;
  }
}
