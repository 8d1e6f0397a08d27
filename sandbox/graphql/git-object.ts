import { isUtf8 } from 'node:buffer';

import { parseTag } from '../git/tag.ts';
import { entryAt, readTree, type TreeEntry } from '../git/tree.ts';
import { nodeId } from '../present/schemas.ts';
import type { RepoRecord } from '../state.ts';
import { commitObject } from './commit.ts';
import { gitActorObject } from './people.ts';
import type { Viewer } from './viewer.ts';

/** Longer text is cut, and says so. */
const MOST_TEXT_BYTES = 512_000;

/** What `object(expression:)` finds: a revision (`HEAD`, branch, tag, full ref or sha, also with `^{commit}`) or `revision:path`. */
export function findObject(viewer: Viewer, repo: RepoRecord, expression: string): object | null {
  const colon = expression.indexOf(':');
  if (colon === -1) {
    const sha = revision(repo, expression);
    return sha === undefined ? null : objectOf(viewer, repo, sha);
  }
  const { git } = repo;
  const sha = revision(repo, expression.slice(0, colon)) ?? '';
  // A tree can stand before the colon too.
  const root = git.objects.read(sha)?.type === 'tree' ? sha : git.peel(sha)?.tree;
  const entry = root === undefined ? undefined : entryAt(git.objects, root, expression.slice(colon + 1));
  if (entry === undefined) return null;
  const path = expression.slice(colon + 1).replace(/\/$/, '');
  return entry.mode === '040000' ? treeObject(viewer, repo, entry.sha, path) : objectOf(viewer, repo, entry.sha);
}

/** `Commit.file`: the entry at a path of that commit. */
export function fileOf(viewer: Viewer, repo: RepoRecord, tree: string, path: string): object | null {
  const entry = entryAt(repo.git.objects, tree, path);
  const folder = path.split('/').slice(0, -1).join('/');
  return entry === undefined ? null : entryObject(viewer, repo, folder, entry);
}

function revision(repo: RepoRecord, text: string): string | undefined {
  const [, name = '', wanted] = /^(.*?)(?:\^\{(commit|tree|)\})?$/.exec(text) ?? [];
  const { git } = repo;
  const full = name === 'HEAD' ? `refs/heads/${repo.defaultBranch}` : name;
  const found = [full, `refs/${full}`, `refs/tags/${full}`, `refs/heads/${full}`].map((ref) => git.ref(ref));
  const sha = found.find((each) => each !== undefined) ?? full;
  if (wanted === undefined) return git.objects.read(sha) === undefined ? undefined : sha;
  const commit = git.peel(sha);
  return wanted === 'tree' ? commit?.tree : commit?.sha;
}

/** Commit, tree, blob or annotated tag; null for what is not there. */
export function objectOf(viewer: Viewer, repo: RepoRecord, sha: string): object | null {
  const object = repo.git.objects.read(sha);
  const commit = repo.git.commit(sha);
  if (object === undefined) return null;
  if (commit !== undefined) return commitObject(viewer, repo, commit);
  const common = { oid: sha, abbreviatedOid: sha.slice(0, 7) };
  if (object.type === 'tree') return treeObject(viewer, repo, sha);
  if (object.type === 'tag') {
    const tag = parseTag(object.body);
    return {
      __typename: 'Tag',
      id: nodeId('TA', `${repo.id}:${sha}`),
      ...common,
      name: tag.name,
      message: tag.message.trimEnd(),
      tagger: gitActorObject(viewer.world, tag.tagger),
      target: () => objectOf(viewer, repo, tag.object),
    };
  }
  const isBinary = object.body.includes(0) || !isUtf8(object.body);
  return {
    __typename: 'Blob',
    id: nodeId('B', `${repo.id}:${sha}`),
    ...common,
    byteSize: object.body.length,
    isBinary,
    isTruncated: object.body.length > MOST_TEXT_BYTES,
    text: isBinary ? null : object.body.subarray(0, MOST_TEXT_BYTES).toString('utf8'),
  };
}

export function treeObject(viewer: Viewer, repo: RepoRecord, sha: string, path = ''): object {
  return {
    __typename: 'Tree',
    id: nodeId('T', `${repo.id}:${sha}`),
    oid: sha,
    abbreviatedOid: sha.slice(0, 7),
    entries: () => readTree(repo.git.objects, sha).map((entry) => entryObject(viewer, repo, path, entry)),
  };
}

function entryObject(viewer: Viewer, repo: RepoRecord, folder: string, entry: TreeEntry): object {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
  const isTree = entry.mode === '040000';
  const size = (): number => (isTree ? 0 : (repo.git.objects.read(entry.sha)?.body.length ?? 0));
  return {
    __typename: 'TreeEntry',
    name: entry.name,
    path,
    oid: entry.sha,
    type: isTree ? 'tree' : entry.mode === '160000' ? 'commit' : 'blob',
    mode: Number.parseInt(entry.mode, 8),
    size,
    object: () => (isTree ? treeObject(viewer, repo, entry.sha, path) : objectOf(viewer, repo, entry.sha)),
  };
}
