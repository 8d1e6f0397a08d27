import { entryAt } from '../git/tree.ts';
import { nodeId } from '../present/schemas.ts';
import type { RepoRecord } from '../state.ts';
import { commitObject } from './commit.ts';
import { connection, type Args } from './connection.ts';
import { fileOrFolder } from './git-object.ts';
import { actorObject } from './people.ts';
import { pullObject } from './pull.ts';
import { GraphqlRefusal } from './refusal.ts';
import { demand, type Viewer } from './viewer.ts';

export function repositoryObject(viewer: Viewer, repo: RepoRecord): object {
  return {
    __typename: 'Repository',
    id: repo.nodeId,
    databaseId: repo.id,
    name: repo.name,
    nameWithOwner: repo.fullName,
    isPrivate: repo.isPrivate,
    isFork: repo.parent !== null,
    url: `${viewer.world.url}/${repo.fullName}`,
    owner: actorObject(viewer.world, repo.owner),
    object: (args: Args) => gitObject(viewer, repo, args),
    ref: (args: Args) => {
      demand(viewer, repo, 'contents:read');
      const name = String(args['qualifiedName']);
      return refObject(viewer, repo, name.startsWith('refs/') ? name : `refs/heads/${name}`);
    },
    defaultBranchRef: () => refObject(viewer, repo, `refs/heads/${repo.defaultBranch}`),
    pullRequest: (args: Args) => {
      demand(viewer, repo, 'pull_requests:read');
      const pull = repo.pulls.get(Number(args['number']));
      if (pull === undefined) {
        const number = String(args['number']);
        throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`);
      }
      return pullObject(viewer, pull);
    },
    pullRequests: (args: Args) => {
      demand(viewer, repo, 'pull_requests:read');
      return connection('pullRequests', [...repo.pulls.values()], args, (pull) => pullObject(viewer, pull));
    },
  };
}

export function refObject(viewer: Viewer, repo: RepoRecord, name: string): object | null {
  const commit = repo.git.commit(repo.git.ref(name) ?? '');
  if (commit === undefined) return null;
  const prefix = name.startsWith('refs/tags/') ? 'refs/tags/' : 'refs/heads/';
  return {
    __typename: 'Ref',
    id: nodeId('REF', `${repo.id}:${name}`),
    name: name.slice(prefix.length),
    prefix,
    target: () => commitObject(viewer, repo, commit),
  };
}

/** By `oid`, or by an expression: a commit, or `commit:path` for a file or folder. */
function gitObject(viewer: Viewer, repo: RepoRecord, args: Args): object | null {
  demand(viewer, repo, 'contents:read');
  const named = args['oid'] ?? args['expression'];
  const expression = typeof named === 'string' ? named : 'HEAD';
  const [name = '', path] = expression.split(':');
  const commit = repo.git.resolve(name);
  if (commit !== undefined && path === undefined) return commitObject(viewer, repo, commit);
  const entry = commit === undefined || path === undefined ? undefined : entryAt(repo.git.objects, commit.tree, path);
  const sha = entry?.sha ?? name;
  return fileOrFolder(repo, sha, path ?? '');
}
