import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openGateStage } from '../support/gate-stage.ts';
import { ownAction } from '../support/runner/action-definition.ts';
import { runAction } from '../support/runner/run-action.ts';
import type { Measured, Measurement } from './measurement.ts';
import { quantile } from './quantile.ts';

const ROUNDS = 15;
const WARM_UP = 2;

const root = join(import.meta.dirname, '..', '..');
const entry = join(root, 'dist', 'action', 'main.js');

export const action: Measurement = {
  name: 'action',
  title: 'The Action: start to verdict of a gate, and its size',
  run: measureAction,
};

async function measureAction(): Promise<Measured> {
  if (!existsSync(entry)) throw new Error('there is no dist/action/main.js: npm run build');
  const { stage, workspace, ...world } = await openGateStage();
  const { sandbox, repo } = stage;
  const { runId } = await world.released();
  const definition = { ...ownAction(), main: entry, post: entry };
  // Node's compiled code is kept by nobody on a new runner.
  const env = { NODE_COMPILE_CACHE: '' };
  const runGate = async (): Promise<void> => {
    const inputs = { environment: 'production' };
    const permissions = { contents: 'read' } as const;
    const run = await runAction({
      sandbox,
      repo,
      runId,
      job: 'deploy',
      inputs,
      workspace,
      permissions,
      definition,
      env,
    });
    if (run.exitCode !== 0) throw new Error(`the gate did not pass: ${run.stdout}${run.stderr}`);
  };
  const gate: number[] = [];
  const bare: number[] = [];
  const calls: number[] = [];
  try {
    for (let n = 0; n < WARM_UP + ROUNDS; n += 1) {
      const before = sandbox.requests.length;
      const begin = performance.now();
      await runGate();
      const ms = performance.now() - begin;
      const bareMs = await timeBareNode();
      if (n < WARM_UP) continue;
      gate.push(ms);
      bare.push(bareMs);
      calls.push(sandbox.requests.length - before);
    }
  } finally {
    await world.close();
  }
  const files = bundleFiles();
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const loaded = files.find(({ name }) => name === 'main.js')?.bytes ?? 0;
  return {
    rows: [
      {
        what: `start to verdict of gate, median of ${ROUNDS}`,
        value: `${Math.round(quantile(gate, 0.5))} ms`,
        limit: '<= 600 ms',
        beside: `${Math.round(quantile(bare, 0.5))} ms node -e 0`,
      },
      {
        what: 'the slowest of them',
        value: `${Math.round(quantile(gate, 1))} ms`,
        limit: '-',
        beside: `${Math.round(quantile(bare, 1))} ms node -e 0`,
      },
      { what: 'calls to GitHub for it', value: String(quantile(calls, 0.5)), limit: '-', beside: '-' },
      {
        what: `dist/action, ${files.length} files`,
        value: kilobytes(total),
        limit: '<= 1,024 KB',
        beside: `${kilobytes(loaded)} main.js, which every mode loads`,
      },
    ],
    notes: [
      'Start to verdict: from the spawn of Node to its end, outputs and job summary written, with a log of two released deployments and a GitHub on this machine that answers at once.',
      'Node compiles the bundle each time, as on a new runner.',
    ],
  };
}

async function timeBareNode(): Promise<number> {
  const begin = performance.now();
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  await once(child, 'exit');
  return performance.now() - begin;
}

function bundleFiles(): readonly { readonly name: string; readonly bytes: number }[] {
  const folder = join(root, 'dist', 'action');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => ({ name, bytes: statSync(join(folder, name)).size }));
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024).toLocaleString('en')} KB`;
}
