import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LogSource } from '../core/evidence/verify/log-source.ts';
import type { SourcePlace } from './check-worker.ts';
import { folderSource } from './folder-source.ts';
import { gitEnvironment, openGitSource } from './git-source.ts';
import { UnreadableError, UsageError } from './usage-error.ts';

export interface OpenedSource {
  readonly source: LogSource;
  /** The same for another thread to open. */
  readonly place: SourcePlace;
  /** For a person: what was read. */
  readonly description: string;
  close(): Promise<void>;
}

const run = promisify(execFile);

/** What `countersign verify` may clone; `ext::` and friends would run commands. */
const PROTOCOLS = 'http:https:ssh:file';

/**
 * Opens whatever the argument names: a repository URL (cloned into a temporary folder), a clone with or without a work
 * tree (its branch is read, never its work tree), or a folder of plain files.
 * @throws {UsageError} when it names nothing; {UnreadableError} when it cannot be read
 */
export async function openSource(target: string, branch: string): Promise<OpenedSource> {
  if (!existsSync(target) && isRepositoryUrl(target)) return cloneUrl(target, branch);
  if (!existsSync(target) || !statSync(target).isDirectory()) {
    throw new UsageError(`${target} is no folder, no clone and no http, https, ssh or file URL`);
  }
  const gitDir = gitDirOf(target);
  if (gitDir !== null) return openRepository(gitDir, branch, target);
  return {
    source: folderSource(target),
    place: { kind: 'folder', root: target },
    description: `the files in ${target}`,
    close: () => Promise.resolve(),
  };
}

function isRepositoryUrl(target: string): boolean {
  return /^(?:https?|ssh|file):\/\//.test(target) || /^[\w.-]+@[\w.-]+:[^:]/.test(target);
}

/** Looks only here and not in the folders above: an exported log may well stand inside some other repository. */
function gitDirOf(folder: string): string | null {
  const inside = join(folder, '.git');
  if (existsSync(inside)) return inside;
  return ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(folder, name))) ? folder : null;
}

async function openRepository(gitDir: string, branch: string, name: string): Promise<OpenedSource> {
  const source = await openGitSource(gitDir, branch);
  return {
    source,
    place: { kind: 'git', gitDir, commit: source.commit },
    description: `branch ${branch} of ${name} at commit ${source.commit}`,
    close: () => {
      source.close();
      return Promise.resolve();
    },
  };
}

async function cloneUrl(url: string, branch: string): Promise<OpenedSource> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-verify-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const options = ['--quiet', '--bare', '--single-branch', '--no-tags', '--template=', `--branch=${branch}`];
    await run('git', ['clone', ...options, '--', url, folder], { env: gitEnvironment(PROTOCOLS) });
    const opened = await openRepository(folder, branch, url);
    return {
      ...opened,
      close: async () => {
        await opened.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    if (error instanceof UnreadableError) throw error;
    throw new UnreadableError(`${url} cannot be cloned: ${lastLine(error)}`, { cause: error });
  }
}

/** What git said last; the whole command line helps nobody. */
function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
