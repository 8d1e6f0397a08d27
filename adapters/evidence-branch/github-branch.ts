import { fromUtf8, toBase64 } from '../../core/evidence/bytes.ts';
import { CHECKPOINT_PATH } from '../../core/evidence/layout.ts';
import { GateError } from '../../core/errors.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { GitHubClient, NarrowedClient } from '../github/client.ts';
import { statusOf } from '../github/forge-error.ts';
import { CREATE_COMMIT } from '../github/graphql-operations.ts';
import { parseWire } from '../github/wire/parse-wire.ts';
import { refSchema } from '../github/wire/repository.ts';
import type { Branch, BranchOf, Changes, Replacement } from './branch.ts';
import { comparedSchema, createdCommitSchema, gitCommitSchema, gitObjectSchema, plainFileSchema } from './wire.ts';

const FILE_MODE = '100644';

/**
 * The evidence branch of any repository that the client can reach. Every token is narrowed to one repository.
 * @param branch name without `refs/heads/`, from the operator's configuration
 */
export function createGitHubBranches(client: Pick<GitHubClient, 'clientFor'>, branch: string): BranchOf {
  // oxlint-disable-next-line typescript/require-await -- a host that is not ours must be a rejection
  return async (ref) => githubBranch(client.clientFor(ref), ref, branch);
}

/**
 * One branch over GitHub's API. The usual commit is one call, `createCommitOnBranch`, which compares and sets. What that
 * cannot do (a first commit, a tree that drops everything else) is built from git objects; there `force: false` does the
 * comparing: a commit on any other parent than the newest is no fast-forward.
 */
function githubBranch(client: NarrowedClient, repository: RepositoryRef, name: string): Branch {
  const writes = writesOf(client, name);

  const treeOf = async (commit: string): Promise<string> => {
    const route = 'GET /repos/{owner}/{repo}/git/commits/{commit_sha}';
    const { data } = await client.request(route, { commit_sha: commit });
    return parseWire(gitCommitSchema, data, route).tree.sha;
  };
  const makeTree = async (from: string | null, changes: Changes): Promise<string> =>
    writes.tree(from === null ? null : await treeOf(from), changes);

  return {
    head: async () => {
      const route = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
      const reply = await found(client.request(route, { ref: `heads/${name}` }));
      if (reply === null) {
        // A repository that the App lost answers 404 as well: that is not a deleted branch.
        await client.request('GET /repos/{owner}/{repo}');
        return null;
      }
      const answer = parseWire(refSchema, reply.data, route);
      if (answer.ref !== `refs/heads/${name}`)
        throw new GateError('ERR_FORGE_SHAPE', `${route} answered another branch`);
      return answer.object.sha;
    },

    commit: (expected, headline, { additions, deletions }) =>
      unlessRefused(async () => {
        const input = {
          branch: { repositoryNameWithOwner: `${repository.owner}/${repository.name}`, branchName: name },
          expectedHeadOid: expected,
          message: { headline },
          fileChanges: {
            additions: additions.map(({ path, bytes }) => ({ path, contents: toBase64(bytes) })),
            deletions: deletions.map((path) => ({ path })),
          },
        };
        const data = await client.graphql(CREATE_COMMIT, { input });
        return parseWire(createdCommitSchema, data, CREATE_COMMIT.name, 'unknown').createCommitOnBranch.commit.oid;
      }),

    replace: ({ parent, from, headline, changes }: Replacement) =>
      unlessRefused(async () => {
        const tree = await makeTree(from, changes);
        const commit = await writes.commit(headline, tree, parent);
        await writes.point(commit, parent !== null);
        return commit;
      }),

    restore: async (commit, current) =>
      (await unlessRefused(async () => {
        await writes.point(commit, current !== null);
        return commit;
      })) !== null,

    relation: async (base, head) => {
      const route = 'GET /repos/{owner}/{repo}/compare/{basehead}';
      const reply = await found(client.request(route, { basehead: `${base}...${head}`, per_page: 1 }));
      return reply === null ? 'unrelated' : parseWire(comparedSchema, reply.data, route).status;
    },

    exists: async (commit) => {
      const route = 'GET /repos/{owner}/{repo}/git/commits/{commit_sha}';
      return (await found(client.request(route, { commit_sha: commit }))) !== null;
    },

    checkpointAt: async (commit) => {
      const route = 'GET /repos/{owner}/{repo}/contents/{path}';
      const reply = await found(client.request(route, { path: CHECKPOINT_PATH, ref: commit }));
      // A folder or a link of that name is as good as none: somebody else made it.
      const file = plainFileSchema.safeParse(reply?.data);
      return file.success ? new Uint8Array(Buffer.from(file.data.content, 'base64')) : null;
    },

    hasTree: async (commit, from, changes) => (await makeTree(from, changes)) === (await treeOf(commit)),
  };
}

interface GitWrites {
  readonly tree: (base: string | null, changes: Changes) => Promise<string>;
  readonly commit: (headline: string, tree: string, parent: string | null) => Promise<string>;
  /** Moves the branch forward (`exists`) or makes it. */
  readonly point: (commit: string, exists: boolean) => Promise<void>;
}

function writesOf(client: NarrowedClient, name: string): GitWrites {
  /** Trees take text only; hash tiles are bytes. */
  const contentOf = async (bytes: Uint8Array): Promise<{ content: string } | { sha: string }> => {
    const content = fromUtf8(bytes);
    if (content !== null) return { content };
    const route = 'POST /repos/{owner}/{repo}/git/blobs';
    const { data } = await client.request(route, { content: toBase64(bytes), encoding: 'base64' });
    return { sha: parseWire(gitObjectSchema, data, route).sha };
  };

  return {
    tree: async (base, { additions, deletions }) => {
      const entries: object[] = deletions.map((path) => ({ path, mode: FILE_MODE, type: 'blob', sha: null }));
      for (const { path, bytes } of additions) {
        entries.push({ path, mode: FILE_MODE, type: 'blob', ...(await contentOf(bytes)) });
      }
      const route = 'POST /repos/{owner}/{repo}/git/trees';
      const { data } = await client.request(route, { tree: entries, ...(base === null ? {} : { base_tree: base }) });
      return parseWire(gitObjectSchema, data, route).sha;
    },
    commit: async (message, tree, parent) => {
      // No author and no committer: only then GitHub signs the commit for the App.
      const route = 'POST /repos/{owner}/{repo}/git/commits';
      const { data } = await client.request(route, { message, tree, parents: parent === null ? [] : [parent] });
      return parseWire(gitObjectSchema, data, route).sha;
    },
    point: async (sha, exists) => {
      if (exists) {
        const route = 'PATCH /repos/{owner}/{repo}/git/refs/{ref}';
        await client.request(route, { ref: `heads/${name}`, sha, force: false });
      } else {
        await client.request('POST /repos/{owner}/{repo}/git/refs', { ref: `refs/heads/${name}`, sha });
      }
    },
  };
}

/** null where GitHub says that there is no such thing: 404, or 409 while the repository has no commit at all. */
async function found<T>(reply: Promise<T>): Promise<T | null> {
  try {
    return await reply;
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    if (error.code === 'ERR_FORGE_NOT_FOUND' || statusOf(error) === 409) return null;
    throw error;
  }
}

/**
 * null where GitHub understood and said no: STALE_DATA, 409, 422, a missing branch. Which of them it was only reading again
 * can tell, so the words of the answer are not asked.
 * @throws {GateError} ERR_LOG_REFUSED for a missing permission
 */
async function unlessRefused(write: () => Promise<string>): Promise<string | null> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    if (error.code === 'ERR_FORGE_REFUSED' || error.code === 'ERR_FORGE_NOT_FOUND') return null;
    if (error.code === 'ERR_FORGE_FORBIDDEN') {
      throw new GateError('ERR_LOG_REFUSED', `the evidence branch may not be written: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}
