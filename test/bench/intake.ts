import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { openStore } from '../../adapters/store/open-store.ts';
import { startApp } from '../../demo/start-app.ts';
import { startStandIn } from '../contract/app/stand-in.ts';
import { deliveryTemplate } from './deliveries.ts';
import type { BenchOptions, Measured, Measurement } from './measurement.ts';
import { quantile } from './quantile.ts';

const SECRET = 'the secret of the intake bench';
const CONNECTIONS = 32;
/** Sent before the clock runs: Node compiles what is hot only after a while, and an App runs for days. */
const WARM_UP = 1_000;

export const intake: Measurement = {
  name: 'intake',
  title: 'Webhook intake: the real process on loopback, durable before the answer',
  run: measureIntake,
};

const loadSchema = z.strictObject({
  seconds: z.number(),
  latencies: z.array(z.number()),
  acknowledged: z.array(z.string()),
  refused: z.int(),
  cut: z.int(),
});

type Load = z.output<typeof loadSchema>;

async function measureIntake({ deliveries }: BenchOptions): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  try {
    const check = await measurePlain('check', directory, deliveries);
    const each = await measurePlain('each', directory, deliveries);
    const app = await measureApp(join(directory, 'app'), deliveries);
    const plain = (figure: (load: Load) => string): string =>
      `${figure(check)} signature check only; ${figure(each)} one transaction each`;
    const { source } = deliveryTemplate();
    return {
      rows: [
        { what: 'deliveries a second', value: rate(app.load), limit: '>= 2,500', beside: plain(rate) },
        { what: 'answer, p50', value: ms(app.load, 0.5), limit: '-', beside: plain((load) => ms(load, 0.5)) },
        { what: 'answer, p99', value: ms(app.load, 0.99), limit: '<= 50 ms', beside: plain((load) => ms(load, 0.99)) },
        {
          what: 'acknowledged and lost by kill -9',
          value: `${app.lost} of ${app.acknowledged}`,
          limit: '0',
          beside: `killed with ${app.cut} of ${CONNECTIONS} connections waiting for an answer`,
        },
      ],
      notes: [
        `${deliveries} signed deliveries over ${CONNECTIONS} kept connections, after ${WARM_UP} to warm up; body: ${source}.`,
        'Sender, receiver and this process share the cores. GitHub does not answer the App, so its worker tries and fails beside the intake.',
      ],
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measurePlain(mode: 'check' | 'each', directory: string, count: number): Promise<Load> {
  const script = join(import.meta.dirname, 'plain-receiver.ts');
  const receiver = spawn(process.execPath, [script, mode, SECRET, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(receiver, 'exit');
  const [line] = await once(createInterface({ input: receiver.stdout }), 'line');
  const port = Number(line);
  await send({ port, first: 0, count: WARM_UP });
  const load = await send({ port, first: WARM_UP, count });
  receiver.kill('SIGKILL');
  await ended;
  return load;
}

interface AppLoad {
  readonly load: Load;
  readonly acknowledged: number;
  readonly lost: number;
  readonly cut: number;
}

/** Measures, then sends as many again and kills the process in the middle of them; counts over everything ever sent. */
async function measureApp(dataDirectory: string, count: number): Promise<AppLoad> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const github = await startStandIn('fails');
  const app = await startApp({
    appId: 7,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    webhookSecret: SECRET,
    githubHost: github.host,
    dataDirectory,
  });
  const port = Number(new URL(app.url).port);
  const warm = await send({ port, first: 0, count: WARM_UP });
  const load = await send({ port, first: WARM_UP, count });
  const killed = await send({ port, first: WARM_UP + count, count }, () => app.kill());
  await github.close();
  const acknowledged = [...warm.acknowledged, ...load.acknowledged, ...killed.acknowledged];
  const store = openStore(join(dataDirectory, 'countersign.sqlite'));
  let lost = 0;
  for (const id of acknowledged) if ((await store.queue.delivery(id)) === null) lost += 1;
  await store.close();
  return { load, acknowledged: acknowledged.length, lost, cut: killed.cut };
}

/** Runs the sender in a process of its own. @throws {Error} when a delivery that nobody disturbed was refused */
async function send(
  what: { readonly port: number; readonly first: number; readonly count: number },
  atHalf?: () => Promise<void>,
): Promise<Load> {
  const script = join(import.meta.dirname, 'delivery-client.ts');
  const settings = JSON.stringify({ ...what, secret: SECRET, connections: CONNECTIONS });
  const client = spawn(process.execPath, [script, settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '{}';
  let disturbing: Promise<void> | undefined;
  for await (const line of createInterface({ input: client.stdout })) {
    if (line === 'half') disturbing = atHalf?.();
    else last = line;
  }
  await disturbing;
  const load = loadSchema.parse(JSON.parse(last));
  if (load.refused > 0 || (load.cut > 0 && atHalf === undefined)) {
    throw new Error(`${load.refused} deliveries were refused, ${load.cut} connections cut`);
  }
  return load;
}

function rate({ latencies, seconds }: Load): string {
  return Math.round(latencies.length / seconds).toLocaleString('en');
}

function ms({ latencies }: Load, share: number): string {
  return `${quantile(latencies, share).toFixed(1)} ms`;
}
