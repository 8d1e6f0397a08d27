import { verifyBundle } from '../adapters/sigstore/verify-bundle.ts';
import type { LiveReader } from '../adapters/github/live-branch.ts';
import { fromUtf8 } from '../core/evidence/bytes.ts';
import { because } from '../core/gate/reasons.ts';
import type { Attested } from '../core/policy/attested-schema.ts';
import { readStatement } from './attestation-statement.ts';
import { ActionFailure } from './failure.ts';
import { judgeSigner, judgeStatement } from './judge-attestation.ts';
import type { Trust } from './trust.ts';
import type { ActionContext } from './verdict.ts';

/** The record that the gate relies on. */
interface ReliedOn {
  readonly origin: string;
  readonly record: number;
  /** SHA-256, lower-case hex. */
  readonly digest: string;
}

/**
 * The second signature: that the workflow which the policy names decided this in this run. Whoever has the log's key can write
 * a release into the log, and not this. Everything that counts comes from the default branch at the policy's commit, so no
 * workflow can bring roots or a signer of its own (attack C116).
 *
 * @throws {ActionFailure} `attestation-*`
 */
export async function checkAttestation(
  { inputs, runner }: ActionContext,
  reader: LiveReader,
  { attested, policyCommit }: Pick<Trust, 'policyCommit'> & { readonly attested: Attested },
  reliedOn: ReliedOn,
): Promise<void> {
  if (inputs.attestation === '') throw new ActionFailure(because('attestation-missing', {}));
  const path = attested.root;
  const bytes = await reader.file(policyCommit, path);
  const roots = bytes === null ? null : fromUtf8(bytes);
  if (roots === null) {
    const what = bytes === null ? 'it is not there' : 'it is no text';
    throw new ActionFailure(because('attestation-root-unreadable', { path, what }));
  }
  const checked = verifyBundle(inputs.attestation, roots);
  if (checked.kind !== 'verified') throw new ActionFailure(whyNot(checked, path));
  const wrongSigner = judgeSigner(checked.identity, attested, runner);
  if (wrongSigner !== null) throw new ActionFailure(wrongSigner);
  const said = readStatement(checked.payload);
  if (typeof said === 'string') throw new ActionFailure(because('attestation-statement-unreadable', { what: said }));
  const wrongRecord = judgeStatement(said, reliedOn);
  if (wrongRecord !== null) throw new ActionFailure(wrongRecord);
}

function whyNot(
  { kind, what }: Exclude<ReturnType<typeof verifyBundle>, { kind: 'verified' }>,
  path: string,
): ReturnType<typeof because> {
  switch (kind) {
    case 'bundle-unreadable':
      return because('attestation-unreadable', { what });
    case 'root-unreadable':
      return because('attestation-root-unreadable', { path, what });
    case 'not-verified':
      return because('attestation-does-not-verify', { path, what });
  }
}
