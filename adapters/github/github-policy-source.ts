import { createHash } from 'node:crypto';
import { GateError } from '../../core/errors.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { PolicyRead, PolicySource } from '../../core/ports.ts';
import type { RepositoryClients } from './client.ts';
import { blobSchema, directorySchema, entrySchema } from './wire/content.ts';
import { parseWire } from './wire/parse-wire.ts';
import { refSchema } from './wire/repository.ts';

const FOLDER = '.github';
const FILE = 'countersign.yml';

/** Each a policy at most; together they stay far below what a process may use. */
const EARLIER_KEPT = 50;

const MAX_BYTES = 1024 * 1024;

/** GitHub lists no more files of a folder, and does not say so. */
const MAX_ENTRIES = 1_000;

/**
 * The policy file at the commit that the default branch names now (invariant 5). The folder is listed first, because asking
 * for the file itself follows a symbolic link without a word: the link's target would be policy, and no rule about the
 * policy's path would guard it.
 */
export function createGitHubPolicySource(client: RepositoryClients): PolicySource {
  /** Newest policy text of each repository by its git object id: content-addressed, so it cannot be stale. */
  const texts = new Map<number, { readonly sha: string; readonly text: string }>();

  /** By repository and commit: what a commit holds never changes. */
  const earlier = new Map<string, PolicyRead>();

  const textOf = async (ref: RepositoryRef, blobSha: string): Promise<string> => {
    const known = texts.get(ref.id);
    return known?.sha === blobSha ? known.text : blobText(client, ref, blobSha);
  };

  return {
    read: ({ ref, defaultBranch }) =>
      orUnreadable(async () => {
        const commitSha = await branchHead(client, ref, defaultBranch);
        const blobSha = await policyBlob(client, ref, commitSha);
        if (blobSha === null) return { kind: 'absent', commitSha };
        const text = await textOf(ref, blobSha);
        texts.set(ref.id, { sha: blobSha, text });
        return { kind: 'found', commitSha, text };
      }),

    readAt: ({ ref }, commitSha) =>
      orUnreadable(async () => {
        const key = `${ref.id}/${commitSha}`;
        const known = earlier.get(key);
        if (known !== undefined) return known;
        const blobSha = await policyBlob(client, ref, commitSha);
        if (blobSha === null) return { kind: 'absent', commitSha };
        const read: PolicyRead = { kind: 'found', commitSha, text: await textOf(ref, blobSha) };
        if (earlier.size >= EARLIER_KEPT) earlier.clear();
        earlier.set(key, read);
        return read;
      }),
  };
}

/** What the commit holds is no policy, and never will be one. */
class NeverReadable extends GateError {}

async function orUnreadable(read: () => Promise<PolicyRead>): Promise<PolicyRead> {
  try {
    return await read();
  } catch (error) {
    const detail = error instanceof GateError ? error.message : 'reading the policy failed';
    return { kind: 'unreadable', detail, ...(error instanceof NeverReadable ? { isForGood: true } : {}) };
  }
}

async function branchHead(client: RepositoryClients, ref: RepositoryRef, branch: string): Promise<string> {
  const route = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
  const { data } = await client.clientFor(ref).request(route, { ref: `heads/${branch}` });
  const answer = parseWire(refSchema, data, route);
  if (answer.ref !== `refs/heads/${branch}`) throw new GateError('ERR_FORGE_SHAPE', `${route} answered another branch`);
  return answer.object.sha;
}

/** Object id of the policy file, or null when this commit proves that there is none. */
async function policyBlob(client: RepositoryClients, ref: RepositoryRef, commitSha: string): Promise<string | null> {
  const route = 'GET /repos/{owner}/{repo}/contents/{path}';
  let data: unknown;
  try {
    ({ data } = await client.clientFor(ref).request(route, { path: FOLDER, ref: commitSha }));
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return null;
    throw error;
  }
  // A folder is a list; a file, link or submodule in its place is one object that says so.
  if (entrySchema.safeParse(data).success) throw new NeverReadable('ERR_FORGE_SHAPE', `${FOLDER} is no folder`);
  const entries = parseWire(directorySchema, data, route);
  const entry = entries.find(({ name }) => name === FILE);
  if (entry === undefined) {
    if (entries.length < MAX_ENTRIES) return null;
    throw new NeverReadable('ERR_FORGE_TRUNCATED', `${FOLDER} has too many files to find the policy`);
  }
  // Lists show a submodule as a file of size 0 with an address of its own.
  const isSubmodule =
    entry.submodule_git_url !== undefined || (entry.git_url !== null && entry.git_url.includes('/git/trees/'));
  if (entry.type !== 'file' || isSubmodule) {
    throw new NeverReadable('ERR_FORGE_SHAPE', `${FOLDER}/${FILE} is no plain file`);
  }
  if (entry.size > MAX_BYTES) throw new NeverReadable('ERR_FORGE_TRUNCATED', `${FOLDER}/${FILE} is larger than 1 MB`);
  return entry.sha;
}

async function blobText(client: RepositoryClients, ref: RepositoryRef, sha: string): Promise<string> {
  const route = 'GET /repos/{owner}/{repo}/git/blobs/{file_sha}';
  const { data } = await client.clientFor(ref).request(route, { file_sha: sha });
  const bytes = Buffer.from(parseWire(blobSchema, data, route).content, 'base64');
  const digest = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  // A cut or wrongly decoded text is not the policy.
  if (digest !== sha) throw new GateError('ERR_FORGE_TRUNCATED', `${route} answered other bytes than asked for`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NeverReadable('ERR_FORGE_SHAPE', `${FOLDER}/${FILE} is not UTF-8`);
  }
}
