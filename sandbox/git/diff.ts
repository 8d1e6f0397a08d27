import type { ObjectStore } from './object-store.ts';
import { readTree, type FileEntry } from './tree.ts';

export interface FileChange {
  readonly path: string;
  readonly previousPath?: string;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
  readonly patch?: string;
}

/** Files that differ between two trees (null: the empty tree), by path; equal content at a new path is a rename. */
export function diffTrees(objects: ObjectStore, before: string | null, after: string): readonly FileChange[] {
  const removed = new Map<string, FileEntry>();
  const added = new Map<string, FileEntry>();
  collect(objects, before, after, '', removed, added);
  const changes: FileChange[] = [];
  for (const [path, entry] of added) {
    const old = removed.get(path);
    if (old !== undefined) {
      changes.push(describe(objects, { path, status: 'modified', old, entry }));
      removed.delete(path);
      continue;
    }
    const moved = [...removed].find(([from, candidate]) => candidate.sha === entry.sha && !added.has(from));
    if (moved === undefined) changes.push(describe(objects, { path, status: 'added', entry }));
    else {
      removed.delete(moved[0]);
      changes.push({ path, previousPath: moved[0], status: 'renamed', sha: entry.sha, additions: 0, deletions: 0 });
    }
  }
  for (const [path, old] of removed) changes.push(describe(objects, { path, status: 'removed', old }));
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function collect(
  objects: ObjectStore,
  before: string | null,
  after: string | null,
  prefix: string,
  removed: Map<string, FileEntry>,
  added: Map<string, FileEntry>,
): void {
  if (before === after) return;
  const entries = (sha: string | null): Map<string, FileEntry> =>
    new Map((sha === null ? [] : readTree(objects, sha)).map(({ name, mode, sha: id }) => [name, { mode, sha: id }]));
  const old = entries(before);
  const fresh = entries(after);
  for (const name of new Set([...old.keys(), ...fresh.keys()])) {
    const a = old.get(name);
    const b = fresh.get(name);
    if (a?.sha === b?.sha && a?.mode === b?.mode) continue;
    const aTree = a?.mode === '040000' ? a.sha : null;
    const bTree = b?.mode === '040000' ? b.sha : null;
    if (aTree !== null || bTree !== null) collect(objects, aTree, bTree, `${prefix}${name}/`, removed, added);
    if (a !== undefined && aTree === null) removed.set(prefix + name, a);
    if (b !== undefined && bTree === null) added.set(prefix + name, b);
  }
}

function describe(
  objects: ObjectStore,
  change: { path: string; status: FileChange['status']; old?: FileEntry; entry?: FileEntry },
): FileChange {
  const before = content(objects, change.old);
  const after = content(objects, change.entry);
  const sha = change.entry?.sha ?? change.old?.sha ?? '';
  if (before.includes(0) || after.includes(0)) {
    return { path: change.path, status: change.status, sha, additions: 0, deletions: 0 };
  }
  return { path: change.path, status: change.status, sha, ...hunk(lines(before), lines(after)) };
}

/** One hunk from the first to the last differing line: a valid patch, though not always the shortest. */
function hunk(
  before: readonly string[],
  after: readonly string[],
): { additions: number; deletions: number; patch?: string } {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let tail = 0;
  while (
    tail < before.length - start &&
    tail < after.length - start &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1;
  }
  const deleted = before.slice(start, before.length - tail);
  const inserted = after.slice(start, after.length - tail);
  if (deleted.length + inserted.length === 0) return { additions: 0, deletions: 0 };
  const lead = before.slice(Math.max(0, start - 3), start);
  const trail = before.slice(before.length - tail, Math.min(before.length, before.length - tail + 3));
  const range = (count: number): string => `${count === 0 ? 0 : start - lead.length + 1},${count}`;
  const context = lead.length + trail.length;
  const patch = [
    `@@ -${range(deleted.length + context)} +${range(inserted.length + context)} @@`,
    ...lead.map((line) => ` ${line}`),
    ...deleted.map((line) => `-${line}`),
    ...inserted.map((line) => `+${line}`),
    ...trail.map((line) => ` ${line}`),
  ].join('\n');
  return { additions: inserted.length, deletions: deleted.length, patch };
}

function content(objects: ObjectStore, entry: FileEntry | undefined): Buffer {
  return entry === undefined ? Buffer.alloc(0) : (objects.read(entry.sha)?.body ?? Buffer.alloc(0));
}

function lines(body: Buffer): readonly string[] {
  const text = body.toString('utf8');
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
