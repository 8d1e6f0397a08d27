import { concatBytes } from '../bytes.ts';
import type { Parsed } from '../bytes.ts';
import { MAX_RECORD_BYTES } from '../kinds.ts';
import { TILE_WIDTH, tilePath } from './tiles.ts';

/*
 * C2SP tlog-tiles, section "Log entries": the entries of one level-0 tile, in order, each as
 *
 *   length[2, big endian] ‖ entry
 */
const LENGTH_BYTES = 2;

/** Path of the bundle of the records from `start` (a multiple of 256). */
export function entryBundlePath(start: number, count: number): string {
  return tilePath({ level: 0, index: start / TILE_WIDTH, width: count }).replace('tile/0/', 'tile/entries/');
}

/** @throws {TypeError} when an entry is longer than its length could say */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    ...entries.flatMap((entry) => {
      if (entry.length > MAX_RECORD_BYTES) throw new TypeError(`an entry is longer than ${MAX_RECORD_BYTES} bytes`);
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** The entries of a bundle, which must end where the last one does. */
export function parseEntryBundle(bytes: Uint8Array): Parsed<readonly Uint8Array[]> {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES;
    const end = start + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (end > bytes.length) return { ok: false, issue: `entry ${entries.length} is cut short` };
    entries.push(bytes.slice(start, end));
    at = end;
  }
  return { ok: true, value: entries };
}
