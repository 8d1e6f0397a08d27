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
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;
const PATIENCE_MS = 120_000;

/**
 * What is checked out where the job works, or null where nothing is. One git process: without hooks, monitors and
 * variables that could lead it elsewhere. It sees what git sees: a step before it that hides changes from git, or replaces
 * git, is only kept out by being the first step after the checkout.
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
    'status.showUntrackedFiles=no',
    'submodule.recurse=false',
  ].flatMap((setting) => ['-c', setting]);
  const status = ['status', '--porcelain=v2', '-z', '--branch', '--no-renames', '--untracked-files=no'];
  const output = await runGit([...settings, '-C', place, ...status], env);
  const entries = output.split('\0').filter((entry) => entry !== '');
  const head = entries.find((entry) => entry.startsWith('# branch.oid '))?.slice('# branch.oid '.length) ?? '';
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(head)) throw unreadable('there is no commit');
  const changed = entries.filter((entry) => !entry.startsWith('# '));
  return {
    headSha: head,
    changed: changed.slice(0, MOST_FILES).map((entry) => visible(entry.split(' ').slice(pathAt(entry)).join(' '))),
    changedCount: changed.length,
  };
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
