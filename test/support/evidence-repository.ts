import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ObjectStore } from '../../sandbox/git/object-store.ts';

export const evidenceBranch = 'countersign-evidence';

/** Git's view of one file: where a test wants another mode than 100644. */
export type Modes = ReadonlyMap<string, string>;

const environment = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
};

/** Runs git in a repository and gives what it prints; `input` goes to its standard input. */
export function git(repository: string, args: readonly string[], input: string | Uint8Array = ''): string {
  return execFileSync('git', [...args], {
    cwd: repository,
    input,
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
  }).trim();
}

/** A bare repository in an empty folder. */
export function initRepository(folder: string): void {
  git(folder, ['init', '--quiet', '--bare', '.']);
}

/**
 * Commits exactly these files to the evidence branch of a bare repository, on top of what is there: by plumbing, so that
 * any path and mode can be written, also those that git would not add from a work tree.
 */
export function commitFiles(
  repository: string,
  files: ReadonlyMap<string, Uint8Array>,
  modes: Modes = new Map(),
): string {
  // Blobs without a process for each; git itself makes the tree and reads all of it.
  const objects = new ObjectStore(repository);
  const entries = [...files].map(([path, bytes]) => {
    const mode = modes.get(path) ?? '100644';
    // A submodule names a commit that need not exist here.
    const object = mode === '160000' ? '1'.repeat(40) : objects.write('blob', Buffer.from(bytes));
    return `${mode} ${object}\t${path}\0`;
  });
  rmSync(join(repository, 'index'), { force: true });
  git(repository, ['update-index', '-z', '--index-info'], entries.join(''));
  const tree = git(repository, ['write-tree']);
  const before = git(repository, ['for-each-ref', '--format=%(objectname)', `refs/heads/${evidenceBranch}`]);
  const parents = before === '' ? [] : ['-p', before];
  const commit = git(repository, ['commit-tree', tree, ...parents, '-m', 'evidence [skip ci]']);
  git(repository, ['update-ref', `refs/heads/${evidenceBranch}`, commit]);
  return commit;
}
