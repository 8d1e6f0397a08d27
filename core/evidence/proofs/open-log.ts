import { equalBytes } from '../bytes.ts';
import type { EvidenceCrypto } from '../verify/check-chunk.ts';
import { padIndex, recordPath } from '../layout.ts';
import type { LocatedRecord } from '../records/located-record.ts';
import { atCheckpoint, checkSigned, readHead, readRegister } from '../verify/log-head.ts';
import type { LogHead } from '../verify/log-head.ts';
import { sortListing } from '../verify/log-listing.ts';
import type { LogListing } from '../verify/log-listing.ts';
import type { LogSource } from '../verify/log-source.ts';
import { leafHash } from '../tree/merkle.ts';
import { parseRecord } from '../records/parse-record.ts';
import type { Problem } from '../problem.ts';
import type { Register } from '../verify/register.ts';
import type { VerifierKey } from '../notes/signed-note.ts';
import { openTree } from '../tree/tree-reader.ts';
import type { TreeReader } from '../tree/tree-reader.ts';

/** A log of which only the head was checked: enough to prove single records, not a verdict on all of them. */
export interface OpenedLog extends LogHead {
  readonly source: LogSource;
  readonly listing: LogListing;
  readonly register: Register;
  readonly tree: TreeReader;
}

/**
 * Opens a log for proofs: the checkpoint with its signature, the right edge of the tree, the first record and those that
 * change keys and credentials, each of which must stand in the tree. Everything in `source` is untrusted.
 * Throws only what `source` throws.
 * @param pinned a checkpoint key of the log, known from elsewhere; without it the log is only held against itself
 */
export async function openLog(
  source: LogSource,
  pinned: VerifierKey | undefined,
  crypto: EvidenceCrypto,
): Promise<OpenedLog | Problem> {
  const { sha256, verify } = crypto;
  const listing = sortListing(await source.list());
  if ('code' in listing) return listing;
  const head = await readHead(source, listing);
  if ('code' in head) return head;
  const { size, root } = head.checkpoint;
  if (size === 0) return atCheckpoint('checkpoint-malformed', 'it signs no record');
  const read = await readRegister(source, listing, size, crypto);
  if ('code' in read) return read;
  const { register } = read;
  const problem = read.problem ?? (await checkSigned(head, register.schedule, pinned, verify));
  if (problem !== null) return problem;
  const tree = await openTree({
    size,
    root,
    read: (path) => (listing.tiles.has(path) ? source.read(path, listing.tiles.get(path)) : Promise.resolve(null)),
    sha256,
  });
  if ('code' in tree) return tree;
  for (const [index, leaf] of read.leaves) {
    const changed = await checkLeaf(tree, index, leaf, listing.records.get(index)?.path ?? '');
    if (changed !== null) return changed;
  }
  return { ...head, source, listing, register, tree };
}

/** The record at that index: in its place, and the very one that the tree has there. */
export async function readRecord(
  { source, listing, tree }: OpenedLog,
  index: number,
  { sha256 }: EvidenceCrypto,
): Promise<LocatedRecord | Problem> {
  const listed = listing.records.get(index);
  if (listed === undefined) {
    const expected = `records/…/${padIndex(index)}-….json`;
    return { code: 'record-missing', path: expected, index, message: `record ${index} is missing` };
  }
  const { path, id } = listed;
  const bytes = await source.read(path, id);
  const changed = await checkLeaf(tree, index, leafHash(bytes, sha256), path);
  if (changed !== null) return changed;
  const parsed = parseRecord(bytes);
  if (!parsed.ok) return { code: 'record-malformed', path, index, message: parsed.issue };
  const { kind, at } = parsed.value;
  if (recordPath(index, kind, at) !== path) {
    return { code: 'record-misplaced', path, index, message: `it says it is "${kind}" of ${at}` };
  }
  return { index, path, bytes, record: parsed.value };
}

async function checkLeaf(tree: TreeReader, index: number, leaf: Uint8Array, path: string): Promise<Problem | null> {
  const inTree = await tree.leaf(index);
  if ('code' in inTree) return inTree;
  if (equalBytes(inTree, leaf)) return null;
  return { code: 'record-not-in-tree', path, index, message: 'it is not the record whose hash the tree has there' };
}
