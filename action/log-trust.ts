import { isSameRepository } from '../adapters/evidence-branch/find-place.ts';
import { sha256 } from '../adapters/signing/node-crypto.ts';
import { formatVerifierKey, toVerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { PublicKey } from '../core/evidence/public-key.ts';
import { formatOrigin, parseOrigin } from '../core/evidence/records/log-origin.ts';
import type { RepositoryFacts } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { LogId, PolicySource } from '../core/ports.ts';
import { ActionFailure } from './failure.ts';
import { inputRefused } from './inputs.ts';
import type { Inputs } from './inputs.ts';
import { readTrust } from './trust.ts';
import type { Trust } from './trust.ts';

/** Which log the jobs that are let go will believe, by the policy on the default branch. */
export interface LogTrust extends Pick<Trust, 'branch' | 'isOpened'> {
  /** @throws {ActionFailure} `signing-key-untrusted` where they will not believe this generation as this job signs it */
  readonly check: (generation: number) => void;
}

/**
 * Whom a job that writes the log by itself writes for. Without a policy in force that says it nothing is written: whoever calls
 * the job could name a branch of his own, and there would be two logs of one name.
 *
 * @param key that this job signs checkpoints with
 * @throws {ActionFailure} as `readTrust`; `signing-key-untrusted`, `action-input-refused`
 */
export async function readLogTrust(
  inputs: Inputs,
  repository: RepositoryFacts,
  policy: PolicySource,
  log: Omit<LogId, 'generation'>,
  key: PublicKey,
): Promise<LogTrust> {
  const read = await policy.read(repository);
  if (read.kind === 'unreadable') {
    throw new ActionFailure(because('trust-policy-unreadable', { what: read.detail }));
  }
  const { commitSha } = read;
  const { branch, isOpened, keys } = readTrust({ commitSha, file: read }, inputs);
  if (!/^(?!.*(?:\.\.|\/\/|\.lock(?:\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,200}(?<![/.])$/.test(branch)) {
    throw inputRefused('evidence-branch', 'is no name that this product writes to');
  }
  if (branch === repository.defaultBranch) throw inputRefused('evidence-branch', 'is the default branch');

  const own = (origin: string): string => formatVerifierKey(toVerifierKey(origin, key, sha256));
  // The whole line: a gate believes no log of another name, whoever signs it.
  const generations = keys.flatMap((trusted) => {
    const ids = parseOrigin(trusted.name);
    const isOwn = ids.ok && isSameRepository(ids.value, log) && formatVerifierKey(trusted) === own(trusted.name);
    return isOwn ? [ids.value.generation] : [];
  });
  const check = (generation: number): void => {
    if (generations.includes(generation)) return;
    throw new ActionFailure(because('signing-key-untrusted', { key: own(formatOrigin({ ...log, generation })) }));
  };
  // Before anything else is looked at: what else a job with another key finds would mislead.
  if (generations.length === 0) check(1);
  return { branch, isOpened, check };
}
