import { equalBytes, fromHex } from '../core/evidence/bytes.ts';
import { leafHash } from '../core/evidence/tree/merkle.ts';
import type { OpenedLog } from '../core/evidence/proofs/open-log.ts';
import type { Problem } from '../core/evidence/problem.ts';
import { TILE_WIDTH } from '../core/evidence/tree/tiles.ts';
import { sha256 } from '../adapters/signing/node-crypto.ts';
import { readFileOf } from './option-values.ts';

const HASH_BYTES = 32;

/**
 * Index of the record that a person names: by its index, by the SHA-256 of its bytes (as `authorisedDigest` and others name
 * it), or by a file with its bytes.
 * @throws {UsageError} when it is a file and there is none
 */
export async function findRecord(named: string, log: OpenedLog): Promise<number | Problem> {
  const digest = named.length === 2 * HASH_BYTES ? fromHex(named) : null;
  if (digest !== null) return findDigest(digest, log);
  if (!/^\d+$/.test(named)) return findLeaf(leafHash(await readFileOf('<record>', named), sha256), named, log);
  const index = Number(named);
  return index < log.checkpoint.size ? index : notInLog(named, `the log has only ${log.checkpoint.size} records`);
}

/** A file's leaf hash is looked up in the tiles; newest first, because people ask about what just happened. */
async function findLeaf(leaf: Uint8Array, named: string, { tree }: OpenedLog): Promise<number | Problem> {
  for (let tile = Math.ceil(tree.size / TILE_WIDTH) - 1; tile >= 0; tile -= 1) {
    const start = tile * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, tree.size - start);
    const hashes = await tree.tile({ level: 0, index: tile, width });
    if ('code' in hashes) return hashes;
    for (let at = 0; at < width; at += 1) {
      if (equalBytes(hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES), leaf)) return start + at;
    }
  }
  return notInLog(named, 'no record of this log has exactly these bytes');
}

/** The digest of a record is not in the tree, which hashes records in another way: all of them are read. */
async function findDigest(digest: Uint8Array, { source, listing, tree }: OpenedLog): Promise<number | Problem> {
  for (let start = tree.size - 1 - ((tree.size - 1) % TILE_WIDTH); start >= 0; start -= TILE_WIDTH) {
    const indices = Array.from({ length: Math.min(TILE_WIDTH, tree.size - start) }, (_, at) => start + at);
    const matches = await Promise.all(
      indices.map(async (index) => {
        const listed = listing.records.get(index);
        return listed !== undefined && equalBytes(sha256(await source.read(listed.path, listed.id)), digest);
      }),
    );
    const at = matches.indexOf(true);
    if (at >= 0) return start + at;
  }
  return notInLog('', 'no record of this log has this SHA-256');
}

function notInLog(path: string, message: string): Problem {
  return { code: 'not-in-log', path, message };
}
