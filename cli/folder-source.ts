import { readdir, readFile, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListedFile } from '../core/evidence/log-listing.ts';
import type { LogSource } from '../core/evidence/log-source.ts';

/** A log as plain files. Symbolic links are listed as what they are and never followed. */
export function folderSource(root: string): LogSource {
  return {
    list: () => listFolder(root, ''),
    read: (path) => readFile(join(root, path)),
  };
}

async function listFolder(root: string, below: string): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for (const name of await readdir(join(root, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    const status = await lstat(join(root, path));
    if (status.isDirectory()) files.push(...(await listFolder(root, path)));
    else files.push({ path, mode: modeOf(status) });
  }
  return files;
}

/** The mode that git would record; a pipe or device, which git cannot hold, has none. */
function modeOf(status: { isFile(): boolean; isSymbolicLink(): boolean; readonly mode: number }): string {
  if (status.isSymbolicLink()) return '120000';
  if (!status.isFile()) return '000000';
  return (status.mode & 0o111) === 0 ? '100644' : '100755';
}
