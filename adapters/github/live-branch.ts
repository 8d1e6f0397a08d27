import { createHash } from 'node:crypto';
import { GateError } from '../../core/errors.ts';
import { utf8 } from '../../core/evidence/bytes.ts';
import type { NarrowedClient } from './client.ts';
import { blobsOperation, liveBranchOperation } from './graphql-operations.ts';
import { parseWire } from './wire/parse-wire.ts';
import {
  blobsSchema,
  contentSchema,
  folderSchema,
  liveBranchSchema,
  namedBlobSchema,
  tagRefSchema,
  tagSchema,
} from './wire/live-branch.ts';
import type { WireBlob, WireFile, WireTarget } from './wire/live-branch.ts';

/** The default branch's policy and a branch with evidence, both at the commit that they name now. Untrusted as all that is read. */
export interface LiveBranch {
  /** What GitHub says of the repository whose name was asked for. */
  readonly repositoryId: number;
  /** null: the repository has no commit yet. */
  readonly policy: { readonly commitSha: string; readonly file: PolicyFile } | null;
  /** null: there is no such branch. */
  readonly branch: BranchState | null;
}

export type PolicyFile =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'absent' }
  /** A link or a folder, binary, cut, or other bytes than its object id says. */
  | { readonly kind: 'unreadable' };

export interface BranchState {
  readonly commitSha: string;
  /** null: no plain file of that name, or not text. */
  readonly checkpoint: Uint8Array | null;
  /** Plain files of the folders asked for: path → object id. */
  readonly files: ReadonlyMap<string, string>;
}

export interface LiveAsk {
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** Paths of folders on that branch whose files are listed; one that is not there has none. At most 10. */
  readonly folders: readonly string[];
}

export interface LiveReader {
  /** One call. */
  read(ask: LiveAsk): Promise<LiveBranch>;
  /** Contents by object id, each held against it; one that GitHub has not, or gives cut or as binary, is missing. */
  blobs(oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** A plain file of at most a megabyte at a commit; null: there is none. */
  file(commitSha: string, path: string): Promise<Uint8Array | null>;
  /** The commit that a tag leads to now, through annotated tags; null: there is no such tag, or it names no commit. */
  tag(name: string): Promise<string | null>;
}

const PLAIN_FILE = 0o100644;
const EXECUTABLE = 0o100755;
/** Records have at most 64 KiB. */
const BLOBS_A_CALL = 50;
/** A tag of a tag of a tag is nobody's release. */
const MOST_TAGS = 5;

/** @throws {GateError} ERR_FORGE_* by every method */
export function createLiveReader(
  client: NarrowedClient,
  repository: { readonly owner: string; readonly name: string },
): LiveReader {
  const { owner, name: repo } = repository;
  return {
    read: async ({ branch, folders }) => {
      const operation = liveBranchOperation(folders.length);
      const named = Object.fromEntries(folders.map((path, at) => [`f${at}`, path]));
      const variables = { owner, repo, branch: `refs/heads/${branch}`, ...named };
      const data = await client.graphql(operation, variables);
      const { databaseId, defaultBranchRef, ref } = parseWire(liveBranchSchema, data, operation.name).repository;
      const main = defaultBranchRef?.target ?? null;
      return {
        repositoryId: databaseId,
        policy: main === null ? null : { commitSha: main.oid, file: policyFile(main.policy) },
        branch: ref === null ? null : branchState(ref.target, folders, operation.name),
      };
    },

    blobs: async (oids) => {
      const groups: string[][] = [];
      for (let start = 0; start < oids.length; start += BLOBS_A_CALL)
        groups.push(oids.slice(start, start + BLOBS_A_CALL));
      const found = await Promise.all(
        groups.map(async (group) => {
          const operation = blobsOperation(group.length);
          const named = Object.fromEntries(group.map((oid, at) => [`b${at}`, oid]));
          const data = await client.graphql(operation, { owner, repo, ...named });
          const answers = parseWire(blobsSchema, data, operation.name).repository;
          return group.flatMap((oid, at) => {
            const blob = parseWire(namedBlobSchema, answers[`b${at}`], operation.name);
            const bytes = blob?.oid === oid ? wholeText(blob) : null;
            return bytes === null ? [] : [[oid, bytes] as const];
          });
        }),
      );
      return new Map(found.flat());
    },

    file: async (commitSha, path) => {
      const route = 'GET /repos/{owner}/{repo}/contents/{path}';
      try {
        const { data } = await client.request(route, { path, ref: commitSha });
        return new Uint8Array(Buffer.from(parseWire(contentSchema, data, route).content, 'base64'));
      } catch (error) {
        if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return null;
        throw error;
      }
    },

    tag: (name) => peelTag(client, name),
  };
}

function policyFile(entry: WireFile): PolicyFile {
  if (entry === null) return { kind: 'absent' };
  const { mode, object } = entry;
  // A link would make another file the policy, which no rule about the policy's path guards.
  const bytes = mode === PLAIN_FILE || mode === EXECUTABLE ? wholeText(object) : null;
  if (bytes === null) return { kind: 'unreadable' };
  return { kind: 'found', text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
}

function branchState(target: WireTarget, folders: readonly string[], what: string): BranchState {
  const { oid, checkpoint } = target;
  const files = new Map<string, string>();
  for (const [at, folder] of folders.entries()) {
    const listed = parseWire(folderSchema, target[`f${at}`], what);
    for (const entry of listed?.object?.entries ?? []) {
      if (entry.mode === PLAIN_FILE) files.set(`${folder}/${entry.name}`, entry.oid);
    }
  }
  const note = checkpoint?.mode === PLAIN_FILE ? wholeText(checkpoint.object) : null;
  return { commitSha: oid, checkpoint: note, files };
}

/** Bytes of a text, where they are all of it: git's object id is over them. */
function wholeText(blob: WireBlob | null): Uint8Array | null {
  if (blob === null || blob.text === null || blob.isBinary === true || blob.isTruncated) return null;
  const bytes = utf8(blob.text);
  const digest = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  return digest === blob.oid ? bytes : null;
}

async function peelTag(client: NarrowedClient, name: string): Promise<string | null> {
  const route = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
  const { data } = await client.request(route, { ref: `tags/${name}` });
  const found = parseWire(tagRefSchema, data, route);
  if (found.ref !== `refs/tags/${name}`) throw new GateError('ERR_FORGE_SHAPE', `${route} answered another tag`);
  let { object } = found;
  for (let at = 0; object.type === 'tag' && at < MOST_TAGS; at += 1) {
    const next = 'GET /repos/{owner}/{repo}/git/tags/{tag_sha}';
    const tag = parseWire(tagSchema, (await client.request(next, { tag_sha: object.sha })).data, next);
    object = tag.object;
  }
  return object.type === 'commit' ? object.sha : null;
}
