import { equalBytes } from './bytes.ts';
import type { Parsed, Sha256 } from './bytes.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from './dsse.ts';
import { recordPath } from './layout.ts';
import type { ListedRecord, ListedSignatures, LogListing } from './log-listing.ts';
import { belongsTo } from './log-opened.ts';
import type { LogOpened } from './log-opened.ts';
import { followLog } from './log-semantics.ts';
import { leafHash } from './merkle.ts';
import { parseRecord } from './parse-record.ts';
import type { EvidenceRecord } from './parse-record.ts';
import type { Problem } from './problem.ts';
import type { Verify } from './public-key.ts';
import { parseSignatureFile, recordKeyHint } from './signature-file.ts';
import type { SignatureFile } from './signature-file.ts';
import { verifySignature } from './signed-note.ts';
import { TILE_WIDTH, tilePath } from './tiles.ts';

export interface RecordsToCheck {
  readonly listing: LogListing;
  readonly opened: LogOpened;
  /** Leaves of the tree that the checkpoint signs. */
  readonly size: number;
  /** Check the records below this index only: what is wrong from there on is known already. */
  readonly limit: number;
  readonly read: (path: string) => Promise<Uint8Array>;
  readonly sha256: Sha256;
  readonly verify: Verify;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface CheckedRecords {
  /** The first record that is bad in itself, or its signature file. */
  readonly problem: Problem | null;
  /**
   * The first record whose hash is not the one in its tile. Its signature is good, so only the root can tell which of the
   * two is the forgery.
   */
  readonly doubt: { readonly index: number; readonly path: string; readonly tile: string } | null;
  readonly leaves: readonly Uint8Array[];
  /** Paths of attachments that records name. */
  readonly referenced: ReadonlySet<string>;
}

/** A tile's worth of records with everything that is needed to check them. */
interface Chunk {
  readonly start: number;
  readonly records: readonly (ListedRecord & { readonly bytes: Uint8Array })[];
  readonly signatures: readonly { readonly file: ListedSignatures; readonly parsed: Parsed<SignatureFile> }[];
  readonly tile: { readonly path: string; readonly bytes: Uint8Array | null };
}

interface SignatureToVerify {
  readonly index: number;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly bad: Problem;
}

const HASH = 32;

/**
 * Checks records in log order, 256 at a time: while the signatures of one chunk are verified (in Node on other threads)
 * the next is read and parsed. Stops at the first bad one.
 */
export async function checkRecords(input: RecordsToCheck): Promise<CheckedRecords> {
  const follow = followLog(input.sha256);
  const keyid = recordKeyHint(input.opened.recordKey.key, input.sha256);
  const leaves: Uint8Array[] = [];
  const seen = new Set<string>();
  const referenced = new Set<string>();
  let doubt: CheckedRecords['doubt'] = null;
  let verifying: Promise<Problem | null> = Promise.resolve(null);
  const signatures = byChunk(input);
  const load = (start: number): Promise<Chunk> => loadChunk(input, start, signatures.get(start) ?? []);
  let loading = load(0);
  for (let start = 0; start < input.limit; start += TILE_WIDTH) {
    const chunk = await loading;
    loading = load(start + TILE_WIDTH);
    // Awaited on the next round; if this round ends the check, nobody waits for it and it must not count as unhandled.
    loading.catch(() => undefined);
    const toVerify: SignatureToVerify[] = [];
    const problem = readChunk(chunk, toVerify);
    const earlier = await verifying;
    if (earlier !== null) return { problem: earlier, doubt, leaves, referenced };
    verifying = verifyAll(input, toVerify);
    verifying.catch(() => undefined);
    if (problem !== null) return { problem: (await verifying) ?? problem, doubt, leaves, referenced };
    input.onProgress?.(Math.min(start + TILE_WIDTH, input.limit), input.size);
  }
  return { problem: await verifying, doubt, leaves, referenced };

  function readChunk(chunk: Chunk, toVerify: SignatureToVerify[]): Problem | null {
    for (const [at, { path, name, bytes }] of chunk.records.entries()) {
      const index = chunk.start + at;
      const leaf = leafHash(bytes, input.sha256);
      leaves.push(leaf);
      const inTile = chunk.tile.bytes?.subarray(at * HASH, (at + 1) * HASH);
      const isInTile = inTile !== undefined && equalBytes(inTile, leaf);
      if (inTile !== undefined && !isInTile) doubt ??= { index, path, tile: chunk.tile.path };
      const parsed = parseRecord(bytes);
      if (!parsed.ok) return { code: 'record-malformed', path, index, message: parsed.issue };
      const signature = signatureOf(chunk, index, name.day, keyid);
      if ('code' in signature) return signature;
      toVerify.push({
        index,
        message: preAuthEncoding(PAYLOAD_TYPE, bytes),
        signature: signature.bytes,
        // The tile vouches for the record: then it is the signature that was changed.
        bad: isInTile
          ? {
              code: 'signature-wrong',
              path: signature.path,
              index,
              message: `its signature of record ${index} (${path}) is wrong`,
            }
          : { code: 'record-signature', path, index, message: 'the record is not what its signature signs' },
      });
      const refused = refuse(parsed.value, { index, path, bytes, leaf });
      if (refused !== null) return refused;
    }
    return null;
  }

  function refuse(record: EvidenceRecord, at: Located): Problem | null {
    const { index, path } = at;
    if (recordPath(index, record.kind, record.at) !== path) {
      return { code: 'record-misplaced', path, index, message: `it says it is "${record.kind}" of ${record.at}` };
    }
    if (!belongsTo(record, input.opened.ids)) {
      return { code: 'record-of-another-repository', path, index, message: 'it names another repository than the log' };
    }
    const key = String.fromCharCode(...at.leaf);
    if (seen.has(key))
      return { code: 'record-repeated', path, index, message: 'the same record stands earlier in the log' };
    seen.add(key);
    const refusal = follow(record, at.bytes, index);
    if (refusal !== null) return { ...refusal, path, index };
    for (const attachment of record.attachments) {
      referenced.add(attachment);
      if (!input.listing.attachments.has(attachment)) {
        return { code: 'attachment-missing', path: attachment, index, message: `record ${index} names it` };
      }
    }
    return null;
  }
}

interface Located {
  readonly index: number;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly leaf: Uint8Array;
}

async function loadChunk(
  { listing, size, limit, read }: RecordsToCheck,
  start: number,
  covering: readonly ListedSignatures[],
): Promise<Chunk> {
  const end = Math.min(start + TILE_WIDTH, limit);
  const listed: ListedRecord[] = [];
  for (let index = start; index < end; index += 1) {
    const record = listing.records.get(index);
    if (record !== undefined) listed.push(record);
  }
  const width = Math.min(TILE_WIDTH, size - start);
  const tile = width > 0 ? tilePath({ level: 0, index: start / TILE_WIDTH, width }) : '';
  const [records, signatures, tileBytes] = await Promise.all([
    Promise.all(listed.map(async (record) => ({ ...record, bytes: await read(record.path) }))),
    Promise.all(covering.map(async (file) => ({ file, parsed: parseSignatureFile(await read(file.path)) }))),
    listing.tiles.has(tile) ? read(tile) : null,
  ]);
  return { start, records, signatures, tile: { path: tile, bytes: tileBytes } };
}

/** First index of a chunk → the files with signatures for it. */
function byChunk({ listing, limit }: RecordsToCheck): ReadonlyMap<number, readonly ListedSignatures[]> {
  const chunks = new Map<number, ListedSignatures[]>();
  for (const file of listing.signatures) {
    const { first, last } = file.name;
    for (let start = first - (first % TILE_WIDTH); start <= last && start < limit; start += TILE_WIDTH) {
      const files = chunks.get(start);
      if (files === undefined) chunks.set(start, [file]);
      else files.push(file);
    }
  }
  return chunks;
}

/** The signature of one record out of the file that covers it; the file is checked as a whole. */
function signatureOf(
  chunk: Chunk,
  index: number,
  day: string,
  keyid: string,
): { readonly path: string; readonly bytes: Uint8Array } | Problem {
  const found = chunk.signatures.find(({ file }) => file.name.first <= index && index <= file.name.last);
  const path = found?.file.path ?? '';
  if (found === undefined) return { code: 'signatures-missing', path, index, message: `none covers record ${index}` };
  const { parsed } = found;
  const { name } = found.file;
  if (!parsed.ok) return { code: 'signatures-malformed', path, index, message: parsed.issue };
  if (parsed.value.keyid !== keyid) {
    return { code: 'signatures-malformed', path, index, message: `keyid is not ${keyid}, the log's record key` };
  }
  const bytes = parsed.value.signatures[index - name.first];
  if (bytes === undefined || parsed.value.signatures.length !== name.last - name.first + 1) {
    return { code: 'signatures-malformed', path, index, message: 'it has not one signature for each record it names' };
  }
  if (index === name.first && name.day !== day) {
    return { code: 'signatures-misplaced', path, index, message: `its first record is of ${day}` };
  }
  return { path, bytes };
}

async function verifyAll(
  { opened, verify }: RecordsToCheck,
  signatures: readonly SignatureToVerify[],
): Promise<Problem | null> {
  const { key } = opened.recordKey;
  const verdicts = await Promise.all(
    signatures.map(({ message, signature }) => verifySignature(key, message, signature, verify)),
  );
  return signatures.find((_, at) => verdicts[at] !== true)?.bad ?? null;
}
