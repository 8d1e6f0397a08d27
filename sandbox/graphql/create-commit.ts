import { GITHUB_SIGNER } from '../git/commit.ts';
import { editTree, entryAt, type FileEntry } from '../git/tree.ts';
import { Body } from '../http/body.ts';
import { parseNodeId } from '../present/schemas.ts';
import type { RepoRecord } from '../state.ts';
import { moveRef } from '../world/push.ts';
import { commitObject } from './commit.ts';
import type { Args } from './connection.ts';
import { GraphqlRefusal } from './refusal.ts';
import { refObject } from './repository.ts';
import { demand, sees, viewerAccount, type Viewer } from './viewer.ts';

/** A true compare-and-swap: nothing happens unless the branch points where the caller believes. Signed by GitHub. */
export function createCommitOnBranch(viewer: Viewer, args: Args): object {
  const { world } = viewer;
  const input = new Body(args['input']);
  const { repo, branch } = branchOf(viewer, input.body('branch') ?? new Body({}));
  demand(viewer, repo, 'contents:write');
  const head = repo.git.head(branch);
  const commit = head === undefined ? undefined : repo.git.commit(head);
  if (commit === undefined) throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a branch named "${branch}".`);
  const expected = input.text('expectedHeadOid');
  if (expected !== commit.sha) {
    throw new GraphqlRefusal(
      'STALE_DATA',
      `Expected branch to point to "${expected}" but it did not. Pull and try again.`,
    );
  }
  const actor = viewerAccount(viewer);
  const message = input.body('message') ?? new Body({});
  const body = message.optionalText('body');
  const seconds = Math.floor(world.now() / 1000);
  const sha = repo.git.writeCommit(
    {
      tree: editTree(repo.git.objects, commit.tree, changesOf(repo, commit.tree, input)),
      parents: [commit.sha],
      author: { name: actor.login, email: `${actor.id}+${actor.login}@users.noreply.github.com`, seconds },
      committer: { name: 'GitHub', email: 'noreply@github.com', seconds },
      message: `${message.filled('headline')}${body === undefined ? '' : `\n\n${body}`}`,
    },
    GITHUB_SIGNER,
  );
  moveRef(world, repo, { ref: `refs/heads/${branch}`, to: sha, actor });
  const made = repo.git.commit(sha);
  return {
    clientMutationId: input.optionalText('clientMutationId') ?? null,
    commit: made === undefined ? null : commitObject(viewer, repo, made),
    ref: () => refObject(viewer, repo, `refs/heads/${branch}`),
  };
}

function branchOf(viewer: Viewer, input: Body): { readonly repo: RepoRecord; readonly branch: string } {
  const { world } = viewer;
  const id = input.optionalText('id');
  if (id !== undefined) {
    const [repoId = '', ...name] = (parseNodeId(id)?.id ?? '').split(':');
    const repo = [...world.repos.values()].find((candidate) => String(candidate.id) === repoId);
    const ref = name.join(':');
    if (repo === undefined || !sees(viewer, repo))
      throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
    return { repo, branch: ref.replace(/^refs\/heads\//, '') };
  }
  const name = input.text('repositoryNameWithOwner');
  const repo = world.repos.get(name.toLowerCase());
  if (repo === undefined || !sees(viewer, repo)) {
    throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a Repository with the name '${name}'.`);
  }
  return { repo, branch: input.text('branchName').replace(/^refs\/heads\//, '') };
}

function changesOf(repo: RepoRecord, tree: string, input: Body): ReadonlyMap<string, FileEntry | null> {
  const changes = new Map<string, FileEntry | null>();
  const files = input.body('fileChanges');
  for (const deletion of files?.bodies('deletions') ?? []) {
    const path = deletion.filled('path');
    if (entryAt(repo.git.objects, tree, path) === undefined) {
      throw new GraphqlRefusal('UNPROCESSABLE', `A path was requested for deletion which does not exist: ${path}`);
    }
    changes.set(path, null);
  }
  for (const addition of files?.bodies('additions') ?? []) {
    const path = addition.filled('path');
    const contents = addition.text('contents', 40_000_000);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(contents) || contents.length % 4 !== 0) {
      throw new GraphqlRefusal('UNPROCESSABLE', `contents of ${path} is not base64`);
    }
    changes.set(path, { mode: '100644', sha: repo.git.writeBlob(Buffer.from(contents, 'base64')) });
  }
  return changes;
}
