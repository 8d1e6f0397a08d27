import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { visible } from '../core/gate/reason.ts';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';

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
const PATIENCE_MS = 120_000;

/**
 * What is checked out where the job works, or null where nothing is. Two git processes: without hooks, monitors and variables
 * that could lead them elsewhere. Files that git was told not to look at count as changed. A step before that replaces git
 * itself is only kept out by being the first step after the checkout.
 *
 * @param directory input `working-directory`
 * @throws {ActionFailure} `checkout-unreadable`
 */
export async function readCheckout(
  workspace: string,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<Checkout | null> {
  const place = findRepository(workspace, directory);
  if (place === null) return null;
  const settings = [
    `safe.directory=${place}`,
    'core.fsmonitor=false',
    'core.hooksPath=/dev/null',
    'submodule.recurse=false',
  ].flatMap((setting) => ['-c', setting]);
  const git = (...args: readonly string[]): Promise<readonly string[]> =>
    runGit([...settings, '-C', place, ...args], env).then((output) => output.split('\0').filter((line) => line !== ''));
  const [status, listed] = await Promise.all([
    git('status', '--porcelain=v2', '-z', '--branch', '--no-renames', '--untracked-files=no'),
    git('ls-files', '-z', '-v'),
  ]);
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

/** The folder with `.git` that holds the working directory, not above the workspace. */
function findRepository(workspace: string, directory: string): string | null {
  const root = resolve(workspace);
  for (let place = resolve(join(root, directory)); isWithin(root, place); place = dirname(place)) {
    if (existsSync(join(place, '.git'))) return place;
    if (place === root) break;
  }
  return null;
}

function isWithin(root: string, place: string): boolean {
  const way = relative(root, place);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/** Variables by which a step before could lead git to another repository or configuration. */
function withoutGitVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('GIT_') && !name.startsWith('INPUT_'));
  return { ...Object.fromEntries(kept), GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
}

async function runGit(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((settle, refuse) => {
    const child = spawn('git', args, {
      env: withoutGitVariables(env),
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PATIENCE_MS,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT_BYTES) child.kill();
      else chunks.push(chunk);
    });
    child.once('error', () => {
      refuse(unreadable('there is no git, or it cannot be started'));
    });
    child.once('close', (code) => {
      if (code === 0 && size <= MOST_OUTPUT_BYTES) settle(Buffer.concat(chunks).toString('utf8'));
      else refuse(unreadable(`git ended with ${code ?? 'a signal'}`));
    });
  });
}

function unreadable(what: string): ActionFailure {
  return new ActionFailure(because('checkout-unreadable', { what }));
}
