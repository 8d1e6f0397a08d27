import { toHex } from '../bytes.ts';
import { parseCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openCosignedCheckpoint } from './cosignature.ts';
import type { Cosignature, WitnessKey } from './cosignature.ts';
import type { Refusal } from '../records/located-record.ts';
import type { Verify } from '../public-key.ts';
import { openNote, parseNote } from './signed-note.ts';
import type { VerifierKey } from './signed-note.ts';

/** Whom a reader believes; all of it known from elsewhere. */
export interface Trust {
  /** Checkpoint keys. Several, where the key of a log was replaced: the checkpoint is signed by one of its log's. */
  readonly keys: readonly VerifierKey[];
  /** Each of them must have cosigned. */
  readonly witnesses?: readonly WitnessKey[] | undefined;
  readonly verify: Verify;
}

export interface TrustedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The key that signed it. */
  readonly key: VerifierKey;
  /** Of the required witnesses. */
  readonly cosignatures: readonly Cosignature[];
}

/**
 * Opens a checkpoint (the note's bytes, untrusted) that stands on its own: in a proof, or kept from an earlier check.
 * It has a signature by a key named as its origin, no bad one by any key given, and a cosignature by every witness.
 */
export async function openTrustedCheckpoint(
  bytes: Uint8Array,
  { keys, witnesses = [], verify }: Trust,
): Promise<TrustedCheckpoint | Refusal> {
  const note = parseNote(bytes);
  if (!note.ok) return { code: 'checkpoint-malformed', message: `the checkpoint: ${note.issue}` };
  const parsed = parseCheckpoint(note.value.text);
  if (!parsed.ok) return { code: 'checkpoint-malformed', message: parsed.issue };
  const { origin } = parsed.value;
  const own = keys.filter(({ name }) => name === origin);
  if (own.length === 0) {
    const named = keys.map(({ name }) => name).join(', ');
    return { code: 'checkpoint-of-another-log', message: `the checkpoint is of ${origin}; the key is of ${named}` };
  }
  const opened = await openNote(bytes, own, verify);
  if (!opened.ok) return { code: 'checkpoint-signature', message: `the checkpoint: ${opened.issue}` };
  const [key] = opened.value.verified;
  if (key === undefined)
    return { code: 'checkpoint-signature', message: 'the checkpoint: no signature by a known key' };
  const cosigned = await openCosignedCheckpoint(bytes, () => key, witnesses, verify);
  if (!cosigned.ok) return { code: 'witness-signature', message: cosigned.issue };
  const { checkpoint, cosignatures } = cosigned.value;
  // Compared by public key: two names of one key would be one witness.
  const found = new Set(cosignatures.map(({ witness }) => toHex(witness.publicKey.spki)));
  const missing = witnesses.find(({ publicKey }) => !found.has(toHex(publicKey.spki)));
  if (missing !== undefined) {
    return { code: 'witness-missing', message: `${missing.name}+${missing.id} has not cosigned the checkpoint` };
  }
  return { checkpoint, key, cosignatures };
}
