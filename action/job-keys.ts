import type { FoundCheckpoint } from '../adapters/evidence-branch/find-place.ts';
import { sha256 } from '../adapters/signing/node-crypto.ts';
import { loadSigningKeys } from '../adapters/signing/signing-keys.ts';
import type { SigningKeys } from '../adapters/signing/signing-keys.ts';
import { storeKey } from '../adapters/signing/store-key.ts';
import { equalBytes } from '../core/evidence/bytes.ts';
import { formatVerifierKey, toVerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { PublicKey } from '../core/evidence/public-key.ts';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';
import { inputRefused } from './inputs.ts';
import type { Inputs } from './inputs.ts';

interface KeySet {
  readonly signers: SigningKeys;
  /** What authenticates the ref beside the evidence branch. */
  readonly storeKey: Uint8Array;
}

/** The keys of a job that writes the log by itself. */
export interface JobKeys {
  readonly current: KeySet;
  /** Those that the current ones replace; null: none were given. */
  readonly previous: KeySet | null;
  /** Index of the first record that is not believed for a signature by the previous keys; null: all are. */
  readonly revokedFrom: number | null;
}

/**
 * Whoever takes a stolen key out of the secrets must be able to do that at once: an index without previous keys is no error,
 * and changes nothing.
 * @throws {ActionFailure} `signing-key-missing`, `signing-key-unreadable`, `action-input-refused`
 */
export function readJobKeys(inputs: Inputs): JobKeys {
  const text = inputs['signing-key'];
  if (text === '') {
    throw new ActionFailure(because('signing-key-missing', { environment: inputs['signing-environment'] }));
  }
  const current = loadSigningKeys(text);
  if (!current.ok) throw new ActionFailure(because('signing-key-unreadable', { why: current.issue }));
  return {
    current: { signers: current.value, storeKey: storeKey(text) },
    previous: readPrevious(inputs['previous-signing-key']),
    revokedFrom: readIndex(inputs['previous-key-revoked-from']),
  };
}

function readPrevious(text: string): KeySet | null {
  if (text === '') return null;
  const loaded = loadSigningKeys(text);
  if (!loaded.ok) throw inputRefused('previous-signing-key', `cannot be used: ${loaded.issue}`);
  return { signers: loaded.value, storeKey: storeKey(text) };
}

function readIndex(text: string): number | null {
  if (text === '') return null;
  if (/^(?:0|[1-9]\d{0,11})$/.test(text)) return Number(text);
  throw inputRefused('previous-key-revoked-from', 'is no number of a record, such as 120');
}

export function checkpointKeys({ current, previous }: JobKeys): readonly PublicKey[] {
  return [current, ...(previous === null ? [] : [previous])].map(({ signers }) => signers.checkpoint.publicKey);
}

/** Is the checkpoint by the current key? Of two pairs with the same checkpoint key no checkpoint tells which wrote it. */
export function isByCurrentKey(found: FoundCheckpoint | null, { current, previous }: JobKeys): boolean {
  const { publicKey } = current.signers.checkpoint;
  const before = previous?.signers.checkpoint.publicKey ?? null;
  if (found === null || (before !== null && equalBytes(publicKey.spki, before.spki))) return false;
  return found.signedBy === formatVerifierKey(toVerifierKey(found.origin, publicKey, sha256));
}
