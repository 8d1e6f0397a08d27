import { sha256 } from '../adapters/signing/node-crypto.ts';
import type { LiveBranch } from '../adapters/github/live-branch.ts';
import { formatVerifierKey, parseVerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../core/evidence/notes/signed-note.ts';
import { because } from '../core/gate/reasons.ts';
import type { Attested, DeclaredSigstore } from '../core/policy/attested-schema.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import { ActionFailure } from './failure.ts';
import type { Inputs } from './inputs.ts';

/** Where the App writes unless the policy says otherwise. */
export const EVIDENCE_BRANCH = 'countersign-evidence';

/** Whom this job believes: the policy on the default branch says it, and the workflow can only say the same. */
export interface Trust {
  /** Checkpoint keys of the log; at least one. */
  readonly keys: readonly [VerifierKey, ...VerifierKey[]];
  /** null: the Action works alone. */
  readonly appUrl: string | null;
  readonly branch: string;
  /** The first record of the log stands, and so the log is never begun again. */
  readonly isOpened: boolean;
  /** The workflow whose own signature a release needs beside that of the log; null: none. */
  readonly attested: Attested | null;
  /** null: nobody here runs one. */
  readonly sigstore: DeclaredSigstore | null;
  /** Commit of the default branch whose policy says so. */
  readonly policyCommit: string;
}

/**
 * What the policy on the default branch lets a job trust. A workflow comes from the very change that is to be checked, so a
 * key, address or branch that it brings along counts only where the policy says the same (attack C116).
 *
 * @throws {ActionFailure} `trust-not-declared`, `trust-policy-*`, `trust-key-malformed`, `trust-*-differs`
 */
export function readTrust(
  policy: LiveBranch['policy'],
  inputs: Pick<Inputs, 'key' | 'app-url' | 'evidence-branch'>,
): Trust {
  const commitSha = policy?.commitSha ?? 'none';
  const file = policy?.file ?? { kind: 'absent' };
  if (file.kind === 'unreadable') {
    const what = 'it is a link, a folder or no whole text';
    throw new ActionFailure(because('trust-policy-unreadable', { what }));
  }
  const parsed = file.kind === 'absent' ? null : parsePolicy(file.text);
  if (parsed !== null && !parsed.ok) {
    const [issue] = parsed.issues;
    const what = issue === undefined ? 'it cannot be parsed' : `line ${issue.line}: ${issue.message}`;
    throw new ActionFailure(because('trust-policy-invalid', { commit: commitSha, what }));
  }
  const trust = parsed?.policy.trust;
  if (trust === undefined) throw new ActionFailure(because('trust-not-declared', { commit: commitSha }));

  const appUrl = trust['app-url'] ?? null;
  const branch = trust['evidence-branch'] ?? EVIDENCE_BRANCH;
  if (inputs['evidence-branch'] !== '' && inputs['evidence-branch'] !== branch) {
    throw new ActionFailure(because('trust-branch-differs', { found: inputs['evidence-branch'], expected: branch }));
  }
  if (inputs['app-url'] !== '' && inputs['app-url'] !== appUrl) {
    throw new ActionFailure(because('trust-app-url-differs', { found: inputs['app-url'] }));
  }
  const keys = trust.keys.map((line, at) => toKey(line, at + 1));
  const chosen = inputs.key === '' ? keys : keys.filter((key) => formatVerifierKey(key) === inputs.key);
  const [first, ...more] = chosen;
  if (first === undefined) throw new ActionFailure(because('trust-key-differs', { found: inputs.key }));
  const { attested = null, sigstore = null, 'log-opened': isOpened = false } = trust;
  return { keys: [first, ...more], appUrl, branch, isOpened, attested, sigstore, policyCommit: commitSha };
}

function toKey(line: string, number: number): VerifierKey {
  const key = parseVerifierKey(line, sha256);
  if (!key.ok) throw new ActionFailure(because('trust-key-malformed', { number, what: key.issue }));
  return key.value;
}
