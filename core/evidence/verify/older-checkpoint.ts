import { equalBytes } from '../bytes.ts';
import type { EvidenceCrypto } from './check-chunk.ts';
import { parseCheckpoint } from '../notes/checkpoint.ts';
import type { Checkpoint } from '../notes/checkpoint.ts';
import { buildLevels, HASH_BYTES, rootAt } from '../tree/hash-levels.ts';
import type { HashLevels } from '../tree/hash-levels.ts';
import { checkpointKeyFor } from '../notes/key-schedule.ts';
import type { KeySchedule } from '../notes/key-schedule.ts';
import { atCheckpoint } from './log-head.ts';
import type { LogListing } from './log-listing.ts';
import { readEach } from './log-source.ts';
import type { LogSource } from './log-source.ts';
import type { Problem } from '../problem.ts';
import { openNote, parseNote } from '../notes/signed-note.ts';
import { TILE_WIDTH, tilePath } from '../tree/tiles.ts';

/**
 * A checkpoint that somebody kept from an earlier check, whose signature is good. It may carry more signature lines, such
 * as witnesses' cosignatures: nothing is asked of those here.
 * @param checkpoint the log's own, now
 */
export async function openOlder(
  bytes: Uint8Array,
  checkpoint: Checkpoint,
  schedule: KeySchedule,
  { verify }: EvidenceCrypto,
): Promise<Checkpoint | Problem> {
  const note = parseNote(bytes);
  if (!note.ok) return atCheckpoint('since-malformed', `the older checkpoint: ${note.issue}`);
  const older = parseCheckpoint(note.value.text);
  if (!older.ok) return atCheckpoint('since-malformed', `the older checkpoint: ${older.issue}`);
  const { origin, size } = older.value;
  if (origin !== checkpoint.origin) {
    return atCheckpoint('since-of-another-log', `the older checkpoint is of ${origin}`);
  }
  if (size > checkpoint.size) {
    const message = `the log once had ${size} records and now has ${checkpoint.size}`;
    return atCheckpoint('since-is-newer', message);
  }
  const opened = await openNote(bytes, [checkpointKeyFor(schedule, size)], verify);
  return opened.ok ? older.value : atCheckpoint('since-signature', `the older checkpoint: ${opened.issue}`);
}

/**
 * The leaf hashes that an older checkpoint signs, from the level-0 tiles as they are now: no record is read. null where
 * the tiles do not give exactly its root; what is wrong then, only a check of the whole log can tell.
 * @param size of the tree now, which says how wide the last tile is
 */
export async function readOlderLevels(
  source: LogSource,
  { tiles }: LogListing,
  older: Checkpoint,
  size: number,
  { sha256 }: EvidenceCrypto,
): Promise<HashLevels | null> {
  const leaves = new Uint8Array(older.size * HASH_BYTES);
  const files: { path: string; id: string | undefined; index: number; width: number }[] = [];
  for (let index = 0; index * TILE_WIDTH < older.size; index += 1) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const path = tilePath({ level: 0, index, width });
    if (!tiles.has(path)) return null;
    files.push({ path, id: tiles.get(path), index, width });
  }
  const odd = await readEach(source, files, (bytes, { index, width }) => {
    if (bytes.length !== width * HASH_BYTES) return index;
    const start = index * TILE_WIDTH * HASH_BYTES;
    leaves.set(bytes.subarray(0, leaves.length - start), start);
    return null;
  });
  if (odd !== null) return null;
  const levels = buildLevels(leaves, sha256);
  return equalBytes(rootAt(levels, older.size, sha256), older.root) ? levels : null;
}
