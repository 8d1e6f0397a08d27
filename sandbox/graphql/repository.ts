import { nodeId } from '../present/schemas.ts';
import type { RepoRecord } from '../state.ts';
import { connection, type Args } from './connection.ts';
import { findObject, objectOf } from './git-object.ts';
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
    defaultBranchRef: () => {
      demand(viewer, repo, 'contents:read');
      return refObject(viewer, repo, `refs/heads/${repo.defaultBranch}`);
    },
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
  const sha = repo.git.ref(name);
  if (sha === undefined) return null;
  const prefix = /^refs\/[^/]+\//.exec(name)?.[0] ?? 'refs/';
  return {
    __typename: 'Ref',
    id: nodeId('REF', `${repo.id}:${name}`),
    name: name.slice(prefix.length),
    prefix,
    target: () => objectOf(viewer, repo, sha),
  };
}

/** By `oid`, or by an expression; without either the head of the default branch. */
function gitObject(viewer: Viewer, repo: RepoRecord, args: Args): object | null {
  demand(viewer, repo, 'contents:read');
  if (typeof args['oid'] === 'string') return objectOf(viewer, repo, args['oid']);
  return findObject(viewer, repo, typeof args['expression'] === 'string' ? args['expression'] : 'HEAD');
}
