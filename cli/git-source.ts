import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { promisify } from 'node:util';
import type { ListedFile } from '../core/evidence/log-listing.ts';
import type { LogSource } from '../core/evidence/verify-log.ts';
import { ObjectStream } from './object-stream.ts';
import { UnreadableError } from './usage-error.ts';

const run = promisify(execFile);

/** 1,000,000 records list in some 200 MB. */
const MAX_LISTING_BYTES = 512 * 1024 * 1024;

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
  const commit =
    (await resolveCommit(git, `refs/remotes/origin/${branch}`)) ?? (await resolveCommit(git, `refs/heads/${branch}`));
  if (commit === null) throw new UnreadableError(`there is no branch ${branch} in ${gitDir}`);
  const objects = new Map<string, string>();
  let reader: ObjectStream | null = null;
  return {
    commit,
    list: async () => {
      const listing = await listTree(git, commit);
      for (const { path, object } of listing) objects.set(path, object);
      return listing;
    },
    read: async (path) => {
      const object = objects.get(path);
      if (object === undefined) throw new UnreadableError(`${path} was not listed`);
      reader ??= new ObjectStream(startReader(git));
      return reader.read(object);
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

async function listTree(git: readonly string[], commit: string): Promise<(ListedFile & { readonly object: string })[]> {
  const { stdout } = await run('git', [...git, 'ls-tree', '-r', '-z', '--full-tree', commit], {
    env: gitEnvironment(),
    maxBuffer: MAX_LISTING_BYTES,
    encoding: 'utf8',
  }).catch((error: unknown) => {
    throw new UnreadableError('git cannot list the branch', { cause: error });
  });
  return stdout
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [, mode = '', object = '', path = ''] = /^(\d{6}) \w+ ([0-9a-f]+)\t([^]*)$/.exec(line) ?? [];
      return { mode, object, path };
    });
}

function startReader(git: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn('git', [...git, 'cat-file', '--batch'], { env: gitEnvironment() });
}
