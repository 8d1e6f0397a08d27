import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { startApp } from '../../demo/start-app.ts';
import { startStandIn } from '../contract/app/stand-in.ts';
import type { Measured, Measurement } from './measurement.ts';
import { quantile } from './quantile.ts';

const STARTS = 5;
/** After this the start's own rubbish is as collected as it gets without work. */
const IDLE_MS = 5_000;

export const startup: Measurement = {
  name: 'startup',
  title: 'The App process: start to ready, idle memory',
  run: measureStartup,
};

interface Start {
  readonly readyMs: number;
  readonly rssMegabytes: number | null;
}

async function measureStartup(): Promise<Measured> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  // It knows the App and no installation: the first sweep finds nothing to do.
  const github = await startStandIn({
    'GET /api/v3/app': { id: 7, slug: 'countersign' },
    'GET /api/v3/app/installations': [],
  });
  const settings = {
    appId: 7,
    privateKeyPem,
    webhookSecret: 'the secret of the startup bench',
    githubHost: github.host,
  };
  const starts: Start[] = [];
  const bare: Start[] = [];
  try {
    // The first start also makes keys and tables; it is not counted.
    for (let n = 0; n <= STARTS; n += 1) {
      const idleMs = n === STARTS ? IDLE_MS : 0;
      const begin = performance.now();
      const app = await startApp({ ...settings, dataDirectory });
      const readyMs = performance.now() - begin;
      await pause(idleMs);
      if (n > 0) starts.push({ readyMs, rssMegabytes: rssOf(app.pid) });
      await app.stop();
      bare.push(await startBareNode(idleMs));
    }
  } finally {
    await github.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
  return {
    rows: [
      {
        what: `start to ready, median of ${STARTS}`,
        value: ready(starts),
        limit: '<= 1 s',
        beside: `${ready(bare)} Node with node:http alone`,
      },
      {
        what: `memory after ${IDLE_MS / 1000} s idle`,
        value: idle(starts),
        limit: '<= 150 MB',
        beside: `${idle(bare)} Node with node:http alone`,
      },
    ],
    notes: ['Start to ready: from the spawn to the answer 200 of /readyz. Memory: VmRSS of the process (Linux).'],
  };
}

/** What any server on Node costs. */
async function startBareNode(idleMs: number): Promise<Start> {
  const script = `require('node:http').createServer((q, r) => r.end()).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const begin = performance.now();
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(createInterface({ input: child.stdout }), 'line');
  await (await fetch(`http://127.0.0.1:${String(port)}/`)).text();
  const readyMs = performance.now() - begin;
  await pause(idleMs);
  const rssMegabytes = rssOf(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { readyMs, rssMegabytes };
}

function rssOf(pid: number): number | null {
  const path = `/proc/${pid}/status`;
  const kilobytes = existsSync(path) ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
  return kilobytes === undefined ? null : Number(kilobytes) / 1024;
}

function ready(starts: readonly Start[]): string {
  const median = quantile(
    starts.map(({ readyMs }) => readyMs),
    0.5,
  );
  return `${Math.round(median)} ms`;
}

function idle(starts: readonly Start[]): string {
  const megabytes = starts.at(-1)?.rssMegabytes ?? null;
  return megabytes === null ? 'not known on this system' : `${Math.round(megabytes)} MB`;
}
