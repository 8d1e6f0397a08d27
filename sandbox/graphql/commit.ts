import type { Commit } from '../git/commit.ts';
import { commitsBetween } from '../git/history.ts';
import { isSsh, signatureOf } from '../present/commit.ts';
import { isoTime, nodeId } from '../present/schemas.ts';
import type { RepoRecord } from '../state.ts';
import { pullsOfCommit } from '../world/commit-pulls.ts';
import { connection, type Args } from './connection.ts';
import { fileOf, treeObject } from './git-object.ts';
import { gitActorObject, userObject } from './people.ts';
import { pullObject } from './pull.ts';
import { demand, type Viewer } from './viewer.ts';

export function commitObject(viewer: Viewer, repo: RepoRecord, commit: Commit): object {
  const { world } = viewer;
  const [headline = ''] = commit.message.split('\n');
  return {
    __typename: 'Commit',
    id: nodeId('C', `${repo.id}:${commit.sha}`),
    oid: commit.sha,
    abbreviatedOid: commit.sha.slice(0, 7),
    message: commit.message.trimEnd(),
    messageHeadline: headline,
    messageBody: commit.message.slice(headline.length).trim(),
    committedDate: isoTime(commit.committer.seconds * 1000),
    authoredDate: isoTime(commit.author.seconds * 1000),
    url: `${world.url}/${repo.fullName}/commit/${commit.sha}`,
    tree: () => treeObject(viewer, repo, commit.tree),
    file: (args: Args) => {
      demand(viewer, repo, 'contents:read');
      return fileOf(viewer, repo, commit.tree, String(args['path']));
    },
    author: () => gitActorObject(world, commit.author),
    committer: () => gitActorObject(world, commit.committer),
    authors: (args: Args) => connection('authors', authorsOf(commit), args, (person) => gitActorObject(world, person)),
    parents: (args: Args) =>
      connection('parents', parentsOf(repo, commit), args, (parent) => commitObject(viewer, repo, parent)),
    history: (args: Args) => {
      const all = commitsBetween(repo.git, null, commit.sha).toReversed();
      return connection('history', all, args, (item) => commitObject(viewer, repo, item));
    },
    signature: () => signatureObject(viewer, commit),
    associatedPullRequests: (args: Args) => {
      demand(viewer, repo, 'pull_requests:read');
      const pulls = pullsOfCommit(repo, commit.sha);
      return connection('associatedPullRequests', pulls, args, (pull) => pullObject(viewer, pull));
    },
  };
}

function parentsOf(repo: RepoRecord, commit: Commit): readonly Commit[] {
  return commit.parents.map((sha) => repo.git.commit(sha)).filter((parent) => parent !== undefined);
}

/** The git author first, then the co-authors of the trailers; an address counts once. */
function authorsOf(commit: Commit): readonly { readonly name: string; readonly email: string }[] {
  const found = new Map<string, { readonly name: string; readonly email: string }>();
  found.set(commit.author.email.toLowerCase(), commit.author);
  for (const [, name = '', email = ''] of commit.message.matchAll(
    /^co-authored-by:[ \t]*(.*?)[ \t]*<([^<>\n]+)>[ \t]*$/gim,
  )) {
    if (!found.has(email.toLowerCase())) found.set(email.toLowerCase(), { name, email });
  }
  return [...found.values()];
}

function signatureObject(viewer: Viewer, commit: Commit): object | null {
  if (commit.signature === null) return null;
  const signature = signatureOf(viewer.world, commit);
  return {
    __typename: isSsh(commit.signature) ? 'SshSignature' : 'GpgSignature',
    email: commit.committer.email,
    isValid: signature.valid,
    payload: commit.payload,
    signature: commit.signature,
    signer: signature.signer === null ? null : userObject(viewer.world, signature.signer),
    state: signature.valid ? 'VALID' : signature.reason.toUpperCase(),
    wasSignedByGitHub: signature.byGitHub,
    verifiedAt: signature.valid ? isoTime(commit.committer.seconds * 1000) : null,
  };
}
