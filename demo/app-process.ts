import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The App as an operator starts it: a process of its own, told everything by environment variables. */
export interface AppProcess {
  readonly url: string;
  /** Lines that the process wrote so far. */
  readonly lines: readonly string[];
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL: what a power cut looks like. */
  kill(): Promise<void>;
}

const MAIN = join(import.meta.dirname, '..', 'app', 'main.ts');

/** Starts `node app/main.ts` and answers when it says that it is ready. @throws {Error} with its output when it ends before */
export async function startAppProcess(env: Readonly<Record<string, string>>): Promise<AppProcess> {
  const port = Number(env['PORT'] ?? (await freePort()));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: { PATH: process.env['PATH'] ?? '', ...env, HOST: '127.0.0.1', PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const collect = (chunk: Buffer): void => {
    lines.push(
      ...chunk
        .toString()
        .split('\n')
        .filter((line) => line !== ''),
    );
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  await ready(`${url}/readyz`, () => child.exitCode !== null, lines);
  return {
    url,
    lines,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const READY_MS = 20_000;
const ASK_AGAIN_MS = 50;

async function ready(url: string, hasEnded: () => boolean, lines: readonly string[]): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until && !hasEnded()) {
    const answer = await fetch(url).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  throw new Error(`the App did not get ready:\n${lines.join('\n')}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
