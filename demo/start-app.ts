import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What the App needs to know of the GitHub (sandbox or stand-in) that it talks to. */
export interface AppSettings {
  readonly appId: number;
  readonly privateKeyPem: string;
  readonly webhookSecret: string;
  /** `host:port` of the GitHub on this machine, spoken to by plain HTTP. */
  readonly githubHost: string;
  /** Kept between two starts; a new temporary one when left out, removed by `stop`. */
  readonly dataDirectory?: string;
  /** The same one again after a restart; any free one when left out. */
  readonly port?: number;
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** What to run, from the project's root; default: the App as an operator starts it. */
  readonly main?: string;
}

export interface AppProcess {
  readonly url: string;
  readonly webhookUrl: string;
  readonly pid: number;
  readonly dataDirectory: string;
  /** Lines of standard output (JSON) and standard error, as they come. */
  readonly logs: readonly string[];
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. The data directory stays. */
  kill(): Promise<void>;
}

export interface AppExit {
  readonly code: number | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

const root = join(import.meta.dirname, '..');

/** Runs the real process and resolves when it says that it is ready. @throws {Error} when it ends before, with its output */
export async function startApp(settings: AppSettings): Promise<AppProcess> {
  const own = settings.dataDirectory === undefined;
  const dataDirectory = settings.dataDirectory ?? mkdtempSync(join(tmpdir(), 'countersign-app-'));
  const child = run(
    {
      APP_ID: String(settings.appId),
      PRIVATE_KEY: settings.privateKeyPem,
      WEBHOOK_SECRET: settings.webhookSecret,
      GHE_HOST: settings.githubHost,
      GHE_PROTOCOL: 'http',
      PORT: String(settings.port ?? 0),
      COUNTERSIGN_DATA_DIR: dataDirectory,
      ...settings.env,
    },
    settings.main,
  );
  const url = await child.url;
  const ready = await fetch(`${url}/readyz`);
  if (!ready.ok) throw new Error(`the App is not ready: ${await ready.text()}`);
  return {
    url,
    webhookUrl: `${url}/api/github/webhooks`,
    pid: child.pid,
    dataDirectory,
    logs: child.logs,
    async stop() {
      child.signal('SIGTERM');
      const { code } = await child.exit;
      if (own) rmSync(dataDirectory, { recursive: true, force: true });
      return code;
    },
    async kill() {
      child.signal('SIGKILL');
      await child.exit;
    },
  };
}

/** Runs the process to its end: for starts that must fail. */
export function runToExit(env: Readonly<Record<string, string>>): Promise<AppExit> {
  const child = run(env);
  child.url.catch(() => {});
  return child.exit;
}

interface Running {
  readonly pid: number;
  readonly logs: readonly string[];
  /** Where it listens; rejects when it ends before it says so. */
  readonly url: Promise<string>;
  readonly exit: Promise<AppExit>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

function run(env: Readonly<Record<string, string>>, main = 'app/main.ts'): Running {
  // Only PATH is inherited, and where Node keeps compiled code: a variable of the developer's machine must not change what is tested.
  const child = spawn(process.execPath, [main], {
    cwd: root,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logs: string[] = [];
  const stdout: string[] = [];
  const stderr: string[] = [];
  const listening = Promise.withResolvers<string>();
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    logs.push(line);
    stdout.push(line);
    const url = listeningUrl(line);
    if (url !== null) listening.resolve(url);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    logs.push(line);
    stderr.push(line);
  });
  const exit = once(child, 'close').then((): AppExit => {
    listening.reject(new Error(`the App ended before it listened:\n${logs.join('\n')}`));
    return { code: child.exitCode, stdout, stderr };
  });
  return { pid: child.pid ?? 0, logs, url: listening.promise, exit, signal: (name) => void child.kill(name) };
}

function listeningUrl(line: string): string | null {
  if (!line.startsWith('{')) return null;
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== 'object' || parsed === null || !('msg' in parsed) || parsed.msg !== 'listening') return null;
  return 'url' in parsed && typeof parsed.url === 'string' ? parsed.url : null;
}
