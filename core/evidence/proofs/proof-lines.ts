import { fromBase64, fromUtf8, toBase64, utf8 } from '../bytes.ts';
import type { Parsed } from '../bytes.ts';

/*
 * What the two proof texts of C2SP (tlog-proof, the add-checkpoint request of tlog-witness) have in common:
 *
 *   one or more lines of their own
 *   base64(hash[32]), one a line, at most 63
 *   (one empty line: the first one)
 *   the checkpoint, a signed note, verbatim
 */
export interface ProofLines {
  readonly head: readonly string[];
  /** 32 bytes each, from the leaf up. */
  readonly hashes: readonly Uint8Array[];
  /** Bytes of the note; nothing in it is verified. */
  readonly checkpoint: Uint8Array;
}

/** No proof in a tree of 2^63 leaves is longer. */
const MAX_HASHES = 63;
const HASH_BYTES = 32;

/** @throws {TypeError} when the checkpoint is no text */
export function formatProofLines({ head, hashes, checkpoint }: ProofLines): string {
  const note = fromUtf8(checkpoint);
  if (note === null) throw new TypeError('a checkpoint is UTF-8');
  return `${[...head, ...hashes.map(toBase64)].join('\n')}\n\n${note}`;
}

/** @param headOf how many of the first lines are no hashes */
export function parseProofLines(bytes: Uint8Array, headOf: (lines: readonly string[]) => number): Parsed<ProofLines> {
  const text = fromUtf8(bytes);
  if (text === null) return { ok: false, issue: 'not UTF-8' };
  const split = text.indexOf('\n\n');
  if (split < 0) return { ok: false, issue: 'no empty line before a checkpoint' };
  const lines = text.slice(0, split).split('\n');
  const headLength = headOf(lines);
  const encoded = lines.slice(headLength);
  if (encoded.length > MAX_HASHES) return { ok: false, issue: `more than ${MAX_HASHES} hashes` };
  const hashes: Uint8Array[] = [];
  for (const line of encoded) {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_BYTES) return { ok: false, issue: `line ${headLength + hashes.length + 1} is no hash` };
    hashes.push(hash);
  }
  return { ok: true, value: { head: lines.slice(0, headLength), hashes, checkpoint: utf8(text.slice(split + 2)) } };
}

/** A whole number that a double holds, in its one decimal spelling; null for anything else. */
export function parseDecimal(digits: string): number | null {
  const value = Number(digits);
  return /^(?:0|[1-9]\d*)$/.test(digits) && Number.isSafeInteger(value) ? value : null;
}
