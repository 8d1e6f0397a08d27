import { fromBase64, toBase64 } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import type { Refusal } from '../records/located-record.ts';
import { leafHash, verifyInclusion } from '../tree/merkle.ts';
import { formatProofLines, parseDecimal, parseProofLines } from './proof-lines.ts';
import { openTrustedCheckpoint } from '../notes/trusted-checkpoint.ts';
import type { Trust, TrustedCheckpoint } from '../notes/trusted-checkpoint.ts';

/*
 * C2SP tlog-proof: one text by which one entry of a log can be checked with nothing but a key.
 *
 *   c2sp.org/tlog-proof@v1
 *   extra base64(anything)          may be missing; nobody has signed it
 *   index <of the entry>
 *   base64(hash)                    audit path (RFC 6962 section 2.1.1), one a line, from the leaf up
 *   (empty line)
 *   checkpoint
 */
const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const EXTRA = 'extra ';
const INDEX = 'index ';

export interface TlogProof {
  /** Opaque and unsigned: nothing may be concluded from it. Countersign writes none and ignores it. */
  readonly extra: Uint8Array | null;
  /** Zero-based. */
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  /** Bytes of the note, with whatever signatures it carries. */
  readonly checkpoint: Uint8Array;
}

export function formatTlogProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const extraLine = extra === null ? [] : [`${EXTRA}${toBase64(extra)}`];
  return formatProofLines({ head: [FIRST_LINE, ...extraLine, `${INDEX}${index}`], hashes, checkpoint });
}

/** Only what `formatTlogProof` writes: one spelling for one proof. The checkpoint in it is not looked into yet. */
export function parseTlogProof(bytes: Uint8Array): Parsed<TlogProof> {
  const parsed = parseProofLines(bytes, ([, second]) => (second?.startsWith(EXTRA) === true ? 3 : 2));
  if (!parsed.ok) return parsed;
  const { head, hashes, checkpoint } = parsed.value;
  const [first, ...more] = head;
  if (first !== FIRST_LINE) return { ok: false, issue: `its first line is not ${FIRST_LINE}` };
  const extraLine = more.length > 1 ? more[0] : undefined;
  const extra = extraLine === undefined ? null : fromBase64(extraLine.slice(EXTRA.length));
  if (extraLine !== undefined && (extra === null || extra.length === 0)) {
    return { ok: false, issue: 'its extra line is not base64, or empty' };
  }
  const indexLine = more.at(-1) ?? '';
  const index = indexLine.startsWith(INDEX) ? parseDecimal(indexLine.slice(INDEX.length)) : null;
  if (index === null) return { ok: false, issue: 'no line with the index of the entry' };
  return { ok: true, value: { extra, index, hashes, checkpoint } };
}

/** A record that stands in a log, as far as the keys given are believed. */
export interface ProvenEntry extends TrustedCheckpoint {
  readonly index: number;
}

/**
 * Does the proof show that this very record stands in the log of one of these keys? All bytes are untrusted. It shows
 * nothing about later records: what was released may have been revoked since.
 */
export async function verifyTlogProof(
  proof: Uint8Array,
  record: Uint8Array,
  trust: Trust & { readonly sha256: Sha256 },
): Promise<ProvenEntry | Refusal> {
  const parsed = parseTlogProof(proof);
  if (!parsed.ok) return { code: 'proof-malformed', message: `not a proof of one record: ${parsed.issue}` };
  const { index, hashes, checkpoint: note } = parsed.value;
  const trusted = await openTrustedCheckpoint(note, trust);
  if ('code' in trusted) return trusted;
  const { size, root } = trusted.checkpoint;
  if (index >= size) {
    return { code: 'proof-wrong', message: `its index is ${index}, but the checkpoint signs only ${size} records` };
  }
  const claim = { leafIndex: BigInt(index), treeSize: BigInt(size), proof: hashes, root };
  if (!verifyInclusion({ ...claim, leafHash: leafHash(record, trust.sha256) }, trust.sha256)) {
    const message = `it does not lead from this record at index ${index} to the root that the checkpoint signs`;
    return { code: 'proof-wrong', message };
  }
  return { ...trusted, index };
}
