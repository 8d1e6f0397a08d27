import { GITHUB_SIGNER, signerOf, type Commit, type Person } from '../git/commit.ts';
import type { FileChange } from '../git/diff.ts';
import type { Account } from '../sandbox.ts';
import type { RepoRecord, World } from '../state.ts';
import { accountByEmail } from '../world/accounts.ts';
import { presentAccount } from './account.ts';
import { repoUrl } from './repository.ts';
import { isoTime, nodeId, type Schemas } from './schemas.ts';

export interface Signature {
  readonly valid: boolean;
  /** GitHub's word for the state, lower case as in REST. */
  readonly reason: string;
  readonly byGitHub: boolean;
  readonly signer: Account | null;
}

/** A person's signature counts only where the committer's address is theirs, GitHub's only on its own address. */
export function signatureOf(world: World, commit: Commit): Signature {
  const none = { valid: false, byGitHub: false, signer: null };
  if (commit.signature === null) return { ...none, reason: 'unsigned' };
  const name = signerOf(commit);
  // No key of this kind is registered with anybody here; GitHub says so, and shows the signature all the same.
  if (name === null) return { ...none, reason: isSsh(commit.signature) ? 'unknown_key' : 'invalid' };
  const signer = world.accounts.get(name) ?? null;
  if (name === GITHUB_SIGNER) return { valid: true, reason: 'valid', byGitHub: true, signer };
  const owner = accountByEmail(world, commit.committer.email);
  if (signer === null || owner?.id !== signer.id) return { ...none, signer, reason: 'bad_email' };
  return { valid: true, reason: 'valid', byGitHub: false, signer };
}

export function isSsh(signature: string): boolean {
  return signature.startsWith('-----BEGIN SSH SIGNATURE-----');
}

export function presentVerification(world: World, commit: Commit): Schemas['verification'] {
  const signature = signatureOf(world, commit);
  return {
    verified: signature.valid,
    reason: signature.reason,
    signature: commit.signature,
    payload: commit.signature === null ? null : commit.payload,
    verified_at: signature.valid ? isoTime(commit.committer.seconds * 1000) : null,
  };
}

export function presentPerson(person: Person): { name: string; email: string; date: string } {
  return { name: person.name, email: person.email, date: isoTime(person.seconds * 1000) };
}

export function presentGitCommit(world: World, repo: RepoRecord, commit: Commit): Schemas['git-commit'] {
  const url = repoUrl(world, repo);
  const page = `${world.url}/${repo.fullName}/commit`;
  return {
    sha: commit.sha,
    node_id: nodeId('C', `${repo.id}:${commit.sha}`),
    url: `${url}/git/commits/${commit.sha}`,
    html_url: `${page}/${commit.sha}`,
    author: presentPerson(commit.author),
    committer: presentPerson(commit.committer),
    message: commit.message.trimEnd(),
    tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
    parents: commit.parents.map((sha) => ({ sha, url: `${url}/git/commits/${sha}`, html_url: `${page}/${sha}` })),
    verification: presentVerification(world, commit),
  };
}

/** The REST view of a commit; `author` and `committer` are null where the address is nobody's. */
export function presentCommit(world: World, repo: RepoRecord, commit: Commit) {
  const url = repoUrl(world, repo);
  const page = `${world.url}/${repo.fullName}/commit`;
  const git = presentGitCommit(world, repo, commit);
  const account = (person: Person): Schemas['simple-user'] | null => {
    const found = accountByEmail(world, person.email);
    return found === null ? null : presentAccount(world, found);
  };
  return {
    sha: commit.sha,
    node_id: git.node_id,
    url: `${url}/commits/${commit.sha}`,
    html_url: git.html_url,
    comments_url: `${url}/commits/${commit.sha}/comments`,
    commit: {
      url: git.url,
      author: git.author,
      committer: git.committer,
      message: git.message,
      comment_count: 0,
      tree: git.tree,
      verification: git.verification,
    },
    author: account(commit.author),
    committer: account(commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: `${url}/commits/${sha}`, html_url: `${page}/${sha}` })),
  };
}

export function presentFile(world: World, repo: RepoRecord, file: FileChange, ref: string): Schemas['diff-entry'] {
  const page = `${world.url}/${repo.fullName}`;
  const path = encodeURI(file.path);
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${ref}/${path}`,
    raw_url: `${page}/raw/${ref}/${path}`,
    contents_url: `${repoUrl(world, repo)}/contents/${path}?ref=${ref}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previousPath === undefined ? {} : { previous_filename: file.previousPath }),
  };
}
