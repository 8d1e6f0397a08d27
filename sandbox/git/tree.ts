import type { ObjectStore } from './object-store.ts';

export interface TreeEntry {
  readonly mode: string;
  readonly name: string;
  readonly sha: string;
}

export interface FileEntry {
  readonly mode: string;
  readonly sha: string;
}

export function readTree(objects: ObjectStore, sha: string): readonly TreeEntry[] {
  const body = objects.read(sha)?.body ?? Buffer.alloc(0);
  const entries: TreeEntry[] = [];
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const end = body.indexOf(0, space);
    entries.push({
      mode: body.subarray(at, space).toString('latin1').padStart(6, '0'),
      name: body.subarray(space + 1, end).toString('utf8'),
      sha: body.subarray(end + 1, end + 21).toString('hex'),
    });
    at = end + 21;
  }
  return entries;
}

export function writeTree(objects: ObjectStore, entries: readonly TreeEntry[]): string {
  const sortKey = (entry: TreeEntry): Buffer => Buffer.from(entry.mode === '040000' ? `${entry.name}/` : entry.name);
  const parts = entries
    .map((entry) => ({ entry, key: sortKey(entry) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) =>
      Buffer.concat([Buffer.from(`${entry.mode.replace(/^0/, '')} ${entry.name}\0`), Buffer.from(entry.sha, 'hex')]),
    );
  return objects.write('tree', Buffer.concat(parts));
}

/** A change of a tree: path → new entry, or null to delete. Only touched folders are written again. */
export function editTree(
  objects: ObjectStore,
  root: string | null,
  changes: ReadonlyMap<string, FileEntry | null>,
): string {
  const entries = new Map((root === null ? [] : readTree(objects, root)).map((entry) => [entry.name, entry]));
  const folders = new Map<string, Map<string, FileEntry | null>>();
  for (const [path, change] of changes) {
    const slash = path.indexOf('/');
    if (slash === -1) {
      if (change === null) entries.delete(path);
      else entries.set(path, { ...change, name: path });
      continue;
    }
    const name = path.slice(0, slash);
    const inner = folders.get(name) ?? new Map<string, FileEntry | null>();
    inner.set(path.slice(slash + 1), change);
    folders.set(name, inner);
  }
  for (const [name, inner] of folders) {
    const before = entries.get(name);
    const sha = editTree(objects, before?.mode === '040000' ? before.sha : null, inner);
    if (readTree(objects, sha).length === 0) entries.delete(name);
    else entries.set(name, { mode: '040000', name, sha });
  }
  return writeTree(objects, [...entries.values()]);
}

/** The entry at a path (`''`: the root), or undefined. */
export function entryAt(objects: ObjectStore, root: string, path: string): TreeEntry | undefined {
  let entry: TreeEntry | undefined = { mode: '040000', name: '', sha: root };
  for (const name of path.split('/').filter((part) => part !== '')) {
    if (entry?.mode !== '040000') return undefined;
    entry = readTree(objects, entry.sha).find((candidate) => candidate.name === name);
  }
  return entry;
}

/** Every file below a tree; with `folders` the folders too, as GitHub lists a recursive tree. */
export function listTree(objects: ObjectStore, root: string, folders = false): ReadonlyMap<string, FileEntry> {
  const files = new Map<string, FileEntry>();
  const walk = (sha: string, prefix: string): void => {
    for (const entry of readTree(objects, sha)) {
      const path = prefix + entry.name;
      if (entry.mode !== '040000' || folders) files.set(path, { mode: entry.mode, sha: entry.sha });
      if (entry.mode === '040000') walk(entry.sha, `${path}/`);
    }
  };
  walk(root, '');
  return files;
}
