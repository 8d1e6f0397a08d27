import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { parseCommandFile } from './command-files.ts';
import { WorkflowLog, type Annotation } from './workflow-log.ts';

const MOST_SUMMARY_BYTES = 1024 * 1024;
const PATIENCE_MS = 60_000;
/** From the polite signal of a cancelled run to the last one. */
const GRACE_MS = 7500;

export interface StepRun {
  readonly exitCode: number;
  /** As the log shows it: masked from where it was asked for. */
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  /** Variables for the steps that follow. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders for the PATH of the steps that follow, the last one first. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly masks: readonly string[];
  readonly annotations: readonly Annotation[];
  /** Lines, outputs, state or summary that the step wrote with a secret in them, with the secret hidden. */
  readonly leaks: readonly string[];
}

export interface StepOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Hidden in the log; masks of the step are added. */
  readonly secrets: Set<string>;
  /** Wins over the command files. */
  readonly over?: Readonly<Record<string, string>>;
  /** Sends SIGINT, as a cancelled run does. */
  readonly cancel?: AbortSignal;
}

/** Starts one process as the runner starts a step, with its command files, and reads what it left in them. */
export async function runStep(options: StepOptions): Promise<StepRun> {
  const folder = mkdtempSync(join(tmpdir(), 'runner-files-'));
  const log = new WorkflowLog(options.secrets);
  try {
    const file = (name: string): string => {
      const path = join(folder, name);
      writeFileSync(path, '');
      return path;
    };
    const files = {
      GITHUB_OUTPUT: file('output'),
      GITHUB_STATE: file('state'),
      GITHUB_ENV: file('env'),
      GITHUB_PATH: file('path'),
      GITHUB_STEP_SUMMARY: file('summary'),
    };
    const ended = await run(options, { ...options.env, ...files, ...options.over }, log);
    let { exitCode } = ended;
    const read = (path: string): Readonly<Record<string, string>> => {
      try {
        return Object.fromEntries(parseCommandFile(readFileSync(path, 'utf8')));
      } catch (error) {
        log.annotations.push({ level: 'error', message: error instanceof Error ? error.message : String(error) });
        exitCode = exitCode === 0 ? 1 : exitCode;
        return {};
      }
    };
    const outputs = read(files.GITHUB_OUTPUT);
    const state = read(files.GITHUB_STATE);
    const { NODE_OPTIONS: _blocked, ...env } = read(files.GITHUB_ENV);
    return {
      ...ended,
      exitCode,
      outputs,
      state,
      env,
      path: readFileSync(files.GITHUB_PATH, 'utf8').split(/\r?\n/).filter(Boolean).toReversed(),
      summary: readSummary(files.GITHUB_STEP_SUMMARY, log),
      masks: log.masks,
      annotations: log.annotations,
      leaks: log.leaks(
        [files.GITHUB_OUTPUT, files.GITHUB_STATE, files.GITHUB_STEP_SUMMARY].map((path) => readFileSync(path, 'utf8')),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A summary that is too large is not shown, and the step does not fail for it. */
function readSummary(path: string, log: WorkflowLog): string {
  const body = readFileSync(path);
  if (body.length <= MOST_SUMMARY_BYTES) return log.hide(body.toString('utf8'));
  const size = Math.ceil(body.length / 1024);
  const message = `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${size}k.`;
  log.annotations.push({ level: 'error', message });
  return '';
}

async function run(
  options: StepOptions,
  env: Readonly<Record<string, string>>,
  log: WorkflowLog,
): Promise<Pick<StepRun, 'exitCode' | 'stdout' | 'stderr'>> {
  mkdirSync(options.cwd, { recursive: true });
  const child = spawn(options.program, options.args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => {
    child.kill('SIGKILL');
    // What it started may live on and hold the pipes.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  let tooLong = setTimeout(kill, PATIENCE_MS);
  const interrupt = (): void => {
    child.kill('SIGINT');
    clearTimeout(tooLong);
    tooLong = setTimeout(kill, GRACE_MS);
  };
  options.cancel?.addEventListener('abort', interrupt, { once: true });
  const collect = async (stream: NodeJS.ReadableStream): Promise<string> => {
    const lines: string[] = [];
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) lines.push(`${log.take(line)}\n`);
    return lines.join('');
  };
  const exit = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
  try {
    const [stdout, stderr, exitCode] = await Promise.all([collect(child.stdout), collect(child.stderr), exit]);
    return { stdout, stderr, exitCode };
  } finally {
    clearTimeout(tooLong);
    options.cancel?.removeEventListener('abort', interrupt);
  }
}
