import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from './fetch-branch.ts';

/** A log of a million records takes a minute and a half on two cores. */
const MOST_MS = 30 * 60_000;
const KEPT_LINES = 200;

/** The verifier that is shipped beside the bundle; started from its sources where the Action itself is. */
const VERIFIER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../cli/main.ts' : '../cli/countersign.js', import.meta.url),
);

export interface CheckOptions {
  /** Repository with the branch. */
  readonly folder: string;
  readonly branch: string;
  /** vkey line. */
  readonly key: string;
  /** Path of a file with an older checkpoint. */
  readonly since: string | null;
  readonly env: NodeJS.ProcessEnv;
  /** Each line of the report as it comes. */
  readonly print: (line: string) => void;
}

export interface LogCheck {
  /** True only when the verifier itself said so by exit code 0. */
  readonly verified: boolean;
  /** The first thing that is wrong, where the verifier named one; `path` and `message` come from the log. */
  readonly problem: { readonly path: string; readonly code: string; readonly message: string } | null;
  /** How the verifier ended. */
  readonly ended: string;
  /** The report, as far as it is not far too long. */
  readonly report: readonly string[];
}

/**
 * Runs `countersign verify` over a fetched branch, as an auditor does: by the same file, in a process of its own that is given
 * no token, on the Node that runs the Action.
 */
export async function checkLog({ folder, branch, key, since, env, print }: CheckOptions): Promise<LogCheck> {
  const args = ['verify', folder, '--branch', branch, '--key', key, ...(since === null ? [] : ['--since', since])];
  const child = spawn(process.execPath, [VERIFIER, ...args], {
    env: plainEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: MOST_MS,
    killSignal: 'SIGKILL',
  });
  const report: string[] = [];
  const show = (line: string): void => {
    print(line);
    if (report.length < KEPT_LINES) report.push(line);
  };
  createInterface({ input: child.stdout }).on('line', show);
  createInterface({ input: child.stderr }).on('line', show);
  const ended = await ending(once(child, 'close'));
  return { verified: ended === 'exit code 0', problem: problemIn(report), ended, report };
}

async function ending(closed: Promise<unknown[]>): Promise<string> {
  try {
    const [code, signal] = await closed;
    return typeof code === 'number' ? `exit code ${code}` : `signal ${String(signal)}`;
  } catch {
    return 'it could not be started';
  }
}

/** Names in the report are escaped by the verifier, so none of them can be taken for a line of its own. */
function problemIn(report: readonly string[]): LogCheck['problem'] {
  const at = report.findIndex((line) => line.startsWith(REFUSED));
  const [first = '', second = ''] = at < 0 ? [] : report.slice(at);
  const [, code, message] = /^ {2}([a-z]+(?:-[a-z]+)*): (.*)$/.exec(second) ?? [];
  return code === undefined || message === undefined ? null : { path: first.slice(REFUSED.length), code, message };
}

const REFUSED = 'DOES NOT VERIFY: ';
