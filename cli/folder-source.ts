import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { maxBytesOf } from '../core/evidence/layout.ts';
import type { ListedFile } from '../core/evidence/verify/log-listing.ts';
import type { LogSource } from '../core/evidence/verify/log-source.ts';
import { tooLong } from './usage-error.ts';

/** A log as plain files. Symbolic links are listed as what they are and never followed. */
export function folderSource(root: string): LogSource {
  return {
    list: async () => {
      const files: ListedFile[] = [];
      await listFolder(root, '', files);
      return files;
    },
    read: (path) => readBounded(join(root, path), path),
  };
}

/** Into one list: a folder of a day may hold more files than a call can have arguments. */
async function listFolder(root: string, below: string, files: ListedFile[]): Promise<void> {
  for (const name of await readdir(join(root, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    const status = await lstat(join(root, path));
    if (status.isDirectory()) await listFolder(root, path, files);
    else files.push({ path, mode: modeOf(status) });
  }
}

async function readBounded(file: string, path: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size > maxBytesOf(path)) throw tooLong(path, size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The mode that git would record; a pipe or device, which git cannot hold, has none. */
function modeOf(status: { isFile(): boolean; isSymbolicLink(): boolean; readonly mode: number }): string {
  if (status.isSymbolicLink()) return '120000';
  if (!status.isFile()) return '000000';
  return (status.mode & 0o111) === 0 ? '100644' : '100755';
}
