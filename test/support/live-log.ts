import { createHash } from 'node:crypto';
import type { LiveReader } from '../../adapters/github/live-branch.ts';
import { openLiveLog } from '../../action/live-log.ts';
import type { LiveLog } from '../../action/live-log.ts';
import type { VerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { LogBuilder } from './evidence-log.ts';

/** Where a log is read from without GitHub. What a test changes in `files` is what the branch holds. */
export function readerOf(files: ReadonlyMap<string, Uint8Array>): LiveReader {
  return {
    read: () => Promise.reject(new TypeError('not asked here')),
    blobs: (oids) => {
      const found = [...files.values()].map((bytes) => [oidOf(bytes), bytes] as const);
      return Promise.resolve(new Map(found.filter(([oid]) => oids.includes(oid))));
    },
    file: (_, path) => Promise.resolve(files.get(path) ?? null),
    tag: () => Promise.resolve(null),
  };
}

/** Opens the log of `files` (the builder's own, where none are given) with the keys that are trusted. */
export async function liveLog(
  log: LogBuilder,
  given: {
    readonly files?: ReadonlyMap<string, Uint8Array>;
    readonly keys?: readonly VerifierKey[];
    readonly repositoryId?: number;
    readonly host?: string;
  } = {},
): Promise<LiveLog> {
  const files = given.files ?? log.files;
  const records = [...files].filter(([path]) => path.startsWith('records/'));
  return openLiveLog({
    reader: readerOf(files),
    branch: {
      commitSha: 'c'.repeat(40),
      checkpoint: files.get('checkpoint') ?? null,
      files: new Map(records.map(([path, bytes]) => [path, oidOf(bytes)])),
    },
    keys: given.keys ?? [log.pin],
    host: given.host ?? 'github.com',
    repositoryId: given.repositoryId ?? 67_890,
    cache: new Map(),
  });
}

function oidOf(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}
