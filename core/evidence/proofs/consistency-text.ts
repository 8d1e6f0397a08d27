import type { Parsed, Sha256 } from '../bytes.ts';
import type { Refusal } from '../records/located-record.ts';
import { verifyConsistency } from '../tree/merkle.ts';
import { formatProofLines, parseDecimal, parseProofLines } from './proof-lines.ts';
import { openTrustedCheckpoint } from '../notes/trusted-checkpoint.ts';
import type { Trust, TrustedCheckpoint } from '../notes/trusted-checkpoint.ts';

/*
 * Proof that a log only grew since an older checkpoint. The text is the body that C2SP tlog-witness sends to a witness
 * (`add-checkpoint`), so that the same file serves both:
 *
 *   old <size of the older tree>
 *   base64(hash)                    consistency proof (RFC 6962 section 2.1.2), one a line
 *   (empty line)
 *   the newer checkpoint
 */
const OLD = 'old ';

export interface ConsistencyText {
  /** Leaves of the older tree, at least 1: every tree extends the empty one, so a proof from there shows nothing. */
  readonly olderSize: number;
  readonly hashes: readonly Uint8Array[];
  /** Bytes of the newer checkpoint's note. */
  readonly checkpoint: Uint8Array;
}

export function formatConsistencyText({ olderSize, hashes, checkpoint }: ConsistencyText): string {
  return formatProofLines({ head: [`${OLD}${olderSize}`], hashes, checkpoint });
}

/** Only what `formatConsistencyText` writes. The checkpoint in it is not looked into yet. */
export function parseConsistencyText(bytes: Uint8Array): Parsed<ConsistencyText> {
  const parsed = parseProofLines(bytes, () => 1);
  if (!parsed.ok) return parsed;
  const { head, hashes, checkpoint } = parsed.value;
  const [first = ''] = head;
  const olderSize = first.startsWith(OLD) ? parseDecimal(first.slice(OLD.length)) : null;
  if (olderSize === null || olderSize === 0) {
    return { ok: false, issue: 'its first line is not "old" and the size of the older tree' };
  }
  return { ok: true, value: { olderSize, hashes, checkpoint } };
}

export interface ProvenGrowth {
  readonly older: TrustedCheckpoint;
  readonly newer: TrustedCheckpoint;
}

/**
 * Does the proof show that the newer checkpoint in it extends this older one, record for record? All bytes are untrusted.
 * @param older the note of a checkpoint that somebody kept; witnesses are asked of the newer one only
 */
export async function verifyConsistencyText(
  proof: Uint8Array,
  older: Uint8Array,
  trust: Trust & { readonly sha256: Sha256 },
): Promise<ProvenGrowth | Refusal> {
  const parsed = parseConsistencyText(proof);
  if (!parsed.ok) return { code: 'proof-malformed', message: `not a consistency proof: ${parsed.issue}` };
  const { olderSize, hashes, checkpoint } = parsed.value;
  const from = await openTrustedCheckpoint(older, { ...trust, witnesses: [] });
  if ('code' in from) return { code: from.code, message: `the older one: ${from.message}` };
  const to = await openTrustedCheckpoint(checkpoint, trust);
  if ('code' in to) return to;
  if (from.checkpoint.origin !== to.checkpoint.origin) {
    const message = `the older checkpoint is of ${from.checkpoint.origin}, the newer of ${to.checkpoint.origin}`;
    return { code: 'checkpoint-of-another-log', message };
  }
  if (from.checkpoint.size !== olderSize) {
    const message = `it begins at ${olderSize} records, the older checkpoint at ${from.checkpoint.size}`;
    return { code: 'proof-wrong', message };
  }
  const claim = {
    size1: BigInt(olderSize),
    size2: BigInt(to.checkpoint.size),
    root1: from.checkpoint.root,
    root2: to.checkpoint.root,
    proof: hashes,
  };
  if (!verifyConsistency(claim, trust.sha256)) {
    const message = `it does not show that the first ${olderSize} of ${to.checkpoint.size} records are those of the older checkpoint`;
    return { code: 'proof-wrong', message };
  }
  return { older: from, newer: to };
}
