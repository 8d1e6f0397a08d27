import { spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

export interface PlanTool {
  readonly name: 'terraform' | 'tofu';
  /** Absolute. */
  readonly path: string;
}

export type ShownPlan =
  | { readonly kind: 'shown'; readonly json: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'too-slow'; readonly seconds: number }
  | { readonly kind: 'failed'; readonly what: string };

const TIMEOUT_SECONDS = 120;
const MOST_ERROR_BYTES = 64 * 1024;
const MOST_ERROR_LINES = 40;

/**
 * Terraform, then OpenTofu, as far as they are on the path. `terraform-bin` is what setup-terraform leaves beside its wrapper,
 * which would write lines of its own around the JSON. Relative entries of the path do not count: they would lead into the
 * checkout.
 */
export async function findTools(env: NodeJS.ProcessEnv): Promise<readonly PlanTool[]> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const found = await Promise.all(
    (['terraform', 'tofu'] as const).map(async (name) => {
      for (const folder of folders) {
        for (const file of [`${name}-bin`, name]) {
          const path = join(folder, `${file}${suffix}`);
          if (await isProgram(path)) return [{ name, path }];
        }
      }
      return [];
    }),
  );
  return found.flat();
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

export interface ShowOptions {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
  readonly mostBytes: number;
  readonly timeoutSeconds?: number;
}

/** Runs `show -json <plan>`; no shell, no input, bounded in time and size. What it says of errors goes to the job's log. */
export async function showPlan(tool: PlanTool, plan: string, options: ShowOptions): Promise<ShownPlan> {
  const { directory, env, print, mostBytes, timeoutSeconds = TIMEOUT_SECONDS } = options;
  const child = spawn(tool.path, ['show', '-json', '-no-color', plan], {
    cwd: directory,
    env: environmentOf(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  let [size, errorSize] = [0, 0];
  let stopped: 'too-large' | 'too-slow' | null = null;
  const stop = (why: 'too-large' | 'too-slow'): void => {
    stopped ??= why;
    child.kill('SIGKILL');
    // A provider that it started may hold the pipe open after it is gone.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const timer = setTimeout(() => stop('too-slow'), timeoutSeconds * 1_000);
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > mostBytes) stop('too-large');
    else chunks.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errorSize += chunk.length;
    if (errorSize <= MOST_ERROR_BYTES) errors.push(chunk);
  });
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code));
  });
  clearTimeout(timer);
  if (stopped === 'too-slow') return { kind: 'too-slow', seconds: timeoutSeconds };
  if (stopped === 'too-large') return { kind: 'too-large' };
  if (exitCode === 0) return { kind: 'shown', json: Buffer.concat(chunks) };
  const lines = Buffer.concat(errors).toString('utf8').split(/\r?\n/).map(withoutFrame);
  for (const line of lines.filter((each) => each !== '').slice(0, MOST_ERROR_LINES)) print(line);
  const headline = lines.find((line) => line.startsWith('Error: '))?.slice('Error: '.length);
  return { kind: 'failed', what: headline ?? (exitCode === null ? 'it did not start' : `exit code ${exitCode}`) };
}

/** The box that Terraform draws around its errors. */
function withoutFrame(line: string): string {
  return line.replace(/^[│╷╵\s]+/u, '').trimEnd();
}

/** Without what belongs to this Action, and without settings that would change what `show` does or prints. */
function environmentOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(withoutActionSecrets(env)).filter(([name]) => !/^TF_(?:CLI_ARGS|LOG)/.test(name));
  return { ...Object.fromEntries(kept), TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1' };
}

/**
 * The environment of the job without what only this step is meant to have: its inputs (a token among them), what it keeps for
 * its post step, and what would let a program act as this job towards GitHub and the App.
 */
export function withoutActionSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^(?:INPUT_.*|STATE_.*|ACTIONS_ID_TOKEN_REQUEST_.*|ACTIONS_RUNTIME_TOKEN|GITHUB_STATE|GITHUB_OUTPUT)$/i;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}
