import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { promisify } from 'node:util';
import type { ListedFile } from '../core/evidence/verify/log-listing.ts';
import type { LogSource } from '../core/evidence/verify/log-source.ts';
import { ObjectStream } from './object-stream.ts';
import { UnreadableError } from './usage-error.ts';

const run = promisify(execFile);

/** 1,000,000 records list in some 110 MB. No string of Node can be 512 MiB long. */
const MAX_LISTING_BYTES = 500 * 1024 * 1024;

/** A log on a branch of a repository, read object by object: no work tree, no attributes, no filters. */
export interface GitSource extends LogSource {
  /** Commit that is read. */
  readonly commit: string;
  /** Ends the git process behind `read`. */
  close(): void;
}

/**
 * Environment for git on a repository that nobody vouches for: no prompt, no replaced objects, and only the transports
 * named here (none for a local one: a partial clone could name a command to fetch what it lacks). How the caller reaches
 * servers (GIT_SSH…, GIT_CONFIG_…) is kept; where a surrounding git works (GIT_DIR …) is not.
 * @param protocols as GIT_ALLOW_PROTOCOL wants them, e.g. `https:ssh`
 */
export function gitEnvironment(protocols = 'none'): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^GIT_(?!SSH|SSL_|CONFIG_|ASKPASS)/.test(name));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: protocols,
  };
}

/**
 * Opens the branch's newest commit, as fetched (`origin/<branch>`) where there is one, else the local branch.
 * @param gitDir the repository itself (`.git` of a work tree)
 * @throws {UnreadableError} when there is no such branch
 */
export async function openGitSource(gitDir: string, branch: string): Promise<GitSource> {
  const git = ['--git-dir', gitDir];
  const [fetched, local] = await Promise.all([
    resolveCommit(git, `refs/remotes/origin/${branch}`),
    resolveCommit(git, `refs/heads/${branch}`),
  ]);
  const commit = fetched ?? local;
  if (commit === null) throw new UnreadableError(`there is no branch ${branch} in ${gitDir}`);
  return openGitCommit(gitDir, commit);
}

/** The same for a commit that is known, by its full id. */
export function openGitCommit(gitDir: string, commit: string): GitSource {
  const git = ['--git-dir', gitDir];
  let reader: ObjectStream | null = null;
  return {
    commit,
    list: () => listTree(git, commit),
    read: (path, id) => {
      reader ??= new ObjectStream(startReader(git));
      return reader.read(id ?? `${commit}:${path}`, path);
    },
    close: () => reader?.close(),
  };
}

async function resolveCommit(git: readonly string[], reference: string): Promise<string | null> {
  const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${reference}^{commit}`];
  try {
    const { stdout } = await run('git', [...git, ...asked], { env: gitEnvironment() });
    return stdout.trim();
  } catch {
    return null;
  }
}

async function listTree(git: readonly string[], commit: string): Promise<Iterable<ListedFile>> {
  const { stdout } = await run('git', [...git, 'ls-tree', '-r', '-z', '--full-tree', commit], {
    env: gitEnvironment(),
    maxBuffer: MAX_LISTING_BYTES,
    encoding: 'utf8',
  }).catch((error: unknown) => {
    throw new UnreadableError('git cannot list the branch, or it holds far too many files', { cause: error });
  });
  return parseTree(stdout);
}

/** `<mode> <type> <object>\t<path>\0` for each file. One at a time: as objects, 100,000 of them would take 20 MB. */
function* parseTree(listing: string): Generator<ListedFile> {
  for (let start = 0; start < listing.length;) {
    const end = listing.indexOf('\0', start);
    const tab = listing.indexOf('\t', start);
    const object = listing.lastIndexOf(' ', tab) + 1;
    if (end < 0 || tab < 0 || tab > end || object <= start) throw new UnreadableError('git lists what is no file');
    const mode = listing.slice(start, listing.indexOf(' ', start));
    yield { path: listing.slice(tab + 1, end), mode, id: listing.slice(object, tab) };
    start = end + 1;
  }
}

function startReader(git: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn('git', [...git, 'cat-file', '--batch'], { env: gitEnvironment() });
}
