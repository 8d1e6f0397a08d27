import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { visible } from '../core/gate/reason.ts';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';
import { plainEnvironment } from './fetch-branch.ts';

/** What git says of the files of the job. */
export interface Checkout {
  readonly headSha: string;
  /** Paths of tracked files that are not as the commit has them, at most `MOST_FILES`, each safe to print. */
  readonly changed: readonly string[];
  readonly changedCount: number;
}

const MOST_FILES = 5;
/** Half a million files with long paths. */
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
const MOST_COMPLAINT = 10_000;
const PATIENCE_MS = 120_000;

/** What a step before can write into the checkout's configuration, so that git looks elsewhere or less closely. */
const SETTINGS = [
  // In a container another user owns the files. Whose they are says nothing of what is in them.
  'safe.directory=*',
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.trustctime=true',
  'core.checkStat=default',
  'submodule.recurse=false',
].flatMap((setting) => ['-c', setting]);

/**
 * What is checked out where the job works, or null where nothing is. Three git processes: without hooks, monitors, replaced
 * objects and variables that could lead them elsewhere. Files that git was told not to look at count as changed, and those of
 * submodules as its own. A step before that replaces git itself, or writes its index by hand, is only kept out by being the
 * first step after the checkout.
 *
 * @param directory input `working-directory`
 * @param patienceMs of each process
 * @throws {ActionFailure} `checkout-unreadable`, `checkout-filtered`
 */
export async function readCheckout(
  workspace: string,
  directory: string,
  env: NodeJS.ProcessEnv,
  patienceMs = PATIENCE_MS,
): Promise<Checkout | null> {
  const place = findRepository(workspace, directory);
  if (place === null) return null;
  const git = (...args: readonly string[]): Promise<readonly string[]> =>
    runGit(
      [...SETTINGS, '--git-dir', join(place, '.git'), '--work-tree', place, '-C', place, ...args],
      env,
      patienceMs,
    ).then((output) => output.split('\0').filter((line) => line !== ''));
  const tracked = ['--no-renames', '--untracked-files=no', '--ignore-submodules=untracked'];
  const [status, listed, filters] = await Promise.all([
    git('status', '--porcelain=v2', '-z', '--branch', ...tracked),
    git('ls-files', '-z', '-v'),
    git('config', '-z', '--list'),
  ]);
  const filter = filters.find((line) => hidesChanges(line));
  if (filter !== undefined) throw new ActionFailure(because('checkout-filtered', { filter: nameOfFilter(filter) }));
  const head = status.find((entry) => entry.startsWith('# branch.oid '))?.slice('# branch.oid '.length) ?? '';
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(head)) throw unreadable('there is no commit');
  const changed = [
    ...status
      .filter((entry) => !entry.startsWith('# '))
      .map((entry) => entry.split(' ').slice(pathAt(entry)).join(' ')),
    ...listed.filter((entry) => isHidden(entry, place)).map((entry) => entry.slice(TAG_LENGTH)),
  ];
  return { headSha: head, changed: changed.slice(0, MOST_FILES).map(visible), changedCount: changed.length };
}

/**
 * A program that git asks what a file holds can say what the commit says. That of Git LFS compares what is there.
 * @param line of `config --list -z`: name, line break, value
 */
function hidesChanges(line: string): boolean {
  const [name = '', ...value] = line.split('\n');
  return /^filter\..*\.(?:clean|process)$/s.test(name) && !GIT_LFS.test(value.join('\n'));
}

const GIT_LFS = /^git-lfs (?:clean -- %f|filter-process(?: --skip)?)$/;

function nameOfFilter(line: string): string {
  return line.split('.').slice(1, -1).join('.');
}

/** `H path`: a letter and a blank. */
const TAG_LENGTH = 2;

/**
 * A small letter: git assumes that the file is unchanged, whatever it is. `S`: it is left out of a sparse checkout, so that
 * one that is there came from elsewhere.
 */
function isHidden(entry: string, place: string): boolean {
  const tag = entry.charAt(0);
  return tag === 'S' ? existsSync(join(place, entry.slice(TAG_LENGTH))) : tag !== tag.toUpperCase();
}

/** Fields before the path in a line of porcelain v2: changed, unmerged, anything else. */
function pathAt(entry: string): number {
  return entry.startsWith('1 ') ? 8 : entry.startsWith('u ') ? 10 : 1;
}

/**
 * The folder with `.git` that holds the working directory, not above the workspace. A submodule has a file of that name, and
 * the repository around it says at which commit it has to be.
 */
function findRepository(workspace: string, directory: string): string | null {
  const root = resolve(workspace);
  let found: string | null = null;
  for (let place = resolve(join(root, directory)); isWithin(root, place); place = dirname(place)) {
    const kind = statSync(join(place, '.git'), { throwIfNoEntry: false });
    if (kind !== undefined) found = place;
    if (kind?.isFile() === false || place === root) break;
  }
  return found;
}

function isWithin(root: string, place: string): boolean {
  const way = relative(root, place);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

const OURS = { GIT_NO_REPLACE_OBJECTS: '1', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' } as const;

async function runGit(args: readonly string[], env: NodeJS.ProcessEnv, patienceMs: number): Promise<string> {
  return new Promise((settle, refuse) => {
    const child = spawn('git', args, {
      // A step before could lead git to another repository or configuration by others.
      env: { ...plainEnvironment(env), ...OURS },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stopped: string | null = null;
    const stop = (why: string): void => {
      stopped = why;
      child.kill('SIGKILL');
      // A program that it started, such as a filter, may hold the pipes open after it is gone.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const tooLate = setTimeout(() => stop(`git did not end within ${patienceMs / 1_000} seconds`), patienceMs);
    const chunks: Buffer[] = [];
    let size = 0;
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      if (complaint.length < MOST_COMPLAINT) complaint += chunk.toString('utf8');
    });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT_BYTES) stop('git names too many files');
      else chunks.push(chunk);
    });
    child.once('error', () => {
      clearTimeout(tooLate);
      refuse(unreadable('there is no git, or it cannot be started'));
    });
    child.once('close', (code) => {
      clearTimeout(tooLate);
      const ended = `git ended with ${code === null ? 'a signal' : `exit code ${code}`}`;
      if (code === 0 && stopped === null) settle(Buffer.concat(chunks).toString('utf8'));
      else refuse(unreadable(stopped ?? said(complaint) ?? ended));
    });
  });
}

/** Git's own words, in English: no command here is given a token or an address. */
function said(complaint: string): string | null {
  const [, words] = /^fatal: (.+)$/m.exec(complaint) ?? [];
  return words === undefined ? null : `git says "${words}"`;
}

function unreadable(what: string): ActionFailure {
  return new ActionFailure(because('checkout-unreadable', { what }));
}
