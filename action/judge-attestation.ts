import type { SignerIdentity } from '../adapters/sigstore/verify-bundle.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import type { Attested } from '../core/policy/attested-schema.ts';
import type { StatedRelease } from './attestation-statement.ts';
import type { RunnerContext } from './runner-context.ts';

type Job = Pick<RunnerContext, 'serverUrl' | 'host' | 'repository' | 'ownerId' | 'runId' | 'attempt'>;

/** Who gives the jobs of this server their OIDC tokens. */
export function issuerOf({ serverUrl, host }: Pick<RunnerContext, 'serverUrl' | 'host'>): string {
  if (host === 'github.com') return 'https://token.actions.githubusercontent.com';
  return host.endsWith('.ghe.com') ? `https://token.actions.${host}` : `${serverUrl}/_services/token`;
}

/**
 * Is the signer exactly the one whom the policy trusts, in a job of exactly this run? Names are compared whole; repository and
 * owner by number, because a name can be given to others.
 * @returns null: it is
 */
export function judgeSigner(
  identity: SignerIdentity,
  { workflow, runners = 'github-hosted' }: Pick<Attested, 'workflow' | 'runners'>,
  job: Job,
): Because | null {
  const { subject, issuer, runnerEnvironment, sourceRepositoryId, sourceOwnerId, runInvocation } = identity;
  const { serverUrl, repository, ownerId, runId, attempt } = job;
  const unclear = (what: string): Because => because('attestation-identity-unclear', { what });
  const differs = (
    code:
      | 'attestation-issuer-differs'
      | 'attestation-signer-differs'
      | 'attestation-repository-differs'
      | 'attestation-owner-differs'
      | 'attestation-run-differs'
      | 'attestation-runner-differs',
    [found, expected]: readonly [string, string],
  ): Because | null => (found === expected ? null : because(code, { found, expected }));

  if (issuer === null) return unclear('issuer');
  if (subject === null) return unclear('workflow');
  if (sourceRepositoryId === null) return unclear('repository');
  if (sourceOwnerId === null) return unclear('owner');
  if (runInvocation === null) return unclear('run');
  if (runnerEnvironment === null) return unclear('runner');
  const run = `${serverUrl}/${repository.owner}/${repository.name}/actions/runs/${runId}/attempts/${attempt}`;
  return (
    differs('attestation-issuer-differs', [issuer, issuerOf(job)]) ??
    differs('attestation-signer-differs', [subject, `${serverUrl}/${workflow}`]) ??
    differs('attestation-repository-differs', [sourceRepositoryId, String(repository.id)]) ??
    differs('attestation-owner-differs', [sourceOwnerId, String(ownerId)]) ??
    differs('attestation-run-differs', [runInvocation, run]) ??
    differs('attestation-runner-differs', [runnerEnvironment, runners])
  );
}

/** Is what was signed about the record that the gate relies on? @returns null: it is */
export function judgeStatement(
  said: StatedRelease,
  { origin, record, digest }: { readonly origin: string; readonly record: number; readonly digest: string },
): Because | null {
  if (said.log !== origin) return because('attestation-log-differs', { found: said.log, expected: origin });
  if (said.record.index === record && said.record.sha256 === digest) return null;
  const found = { found: said.record.index, digest: said.record.sha256 };
  return because('attestation-record-differs', { ...found, record, expected: digest });
}
