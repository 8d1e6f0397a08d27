import { entryAt, readTree, type TreeEntry } from '../git/tree.ts';
import type { RepoRecord } from '../state.ts';
import type { Args } from './connection.ts';

/** GitHub cuts the text of longer files. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** A file or folder by its object id; null for anything else. */
export function fileOrFolder(repo: RepoRecord, sha: string, path: string): object | null {
  const object = repo.git.objects.read(sha);
  if (object?.type === 'tree') {
    return {
      __typename: 'Tree',
      oid: sha,
      entries: () => readTree(repo.git.objects, sha).map((entry) => entryObject(repo, entry, path)),
    };
  }
  if (object?.type !== 'blob') return null;
  const isBinary = object.body.includes(0);
  const isTruncated = object.body.length > MAX_TEXT_BYTES;
  const text = object.body.subarray(0, MAX_TEXT_BYTES).toString('utf8');
  return {
    __typename: 'Blob',
    oid: sha,
    byteSize: object.body.length,
    isBinary,
    isTruncated,
    text: isBinary ? null : text,
  };
}

/** `Commit.file`: the entry at a path of that commit. */
export function fileOf(repo: RepoRecord, tree: string, args: Args): object | null {
  const path = String(args['path']);
  const entry = entryAt(repo.git.objects, tree, path);
  return entry === undefined ? null : entryObject(repo, entry, path.slice(0, -entry.name.length).replace(/\/$/, ''));
}

function entryObject(repo: RepoRecord, entry: TreeEntry, folder: string): object {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
  return {
    __typename: 'TreeEntry',
    name: entry.name,
    path,
    mode: Number.parseInt(entry.mode, 8),
    type: TYPES[entry.mode] ?? 'blob',
    oid: entry.sha,
    object: () => fileOrFolder(repo, entry.sha, path),
  };
}

const TYPES: Readonly<Record<string, string>> = { '040000': 'tree', '160000': 'commit' };
