import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckPool } from '../../cli/check-pool.ts';
import { startCheckWorker } from '../../cli/check-worker.ts';
import { folderSource } from '../../cli/folder-source.ts';
import type { ChunkChecker } from '../../core/evidence/verify/check-records.ts';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../../core/evidence/verify/verify-log.ts';
import type { VerifyResult } from '../../core/evidence/verify/verify-log.ts';
import { memorySource, sampleLog, sha256, sha512, verifyOnPool, writeFiles } from '../support/evidence-log.ts';
import type { LogBuilder } from '../support/evidence-log.ts';

const root = join(import.meta.dirname, '../..');

/** More than are checked in one thread, and a last tile that is not full. */
const SIZE = 2_300;

let folder = '';
let log: LogBuilder;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-pool-'));
  log = await sampleLog(SIZE, 40);
  await writeFiles(join(folder, 'log'), log.files);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verifyFolder(pool?: ChunkChecker): Promise<VerifyResult> {
  const options = { checkpointKey: log.pin, pool, sha256, sha512, verify: verifyOnPool };
  return verifyLog(folderSource(join(folder, 'log')), options);
}

async function verifyInThreads(threads: number): Promise<VerifyResult> {
  const pool = openCheckPool({ kind: 'folder', root: join(folder, 'log') }, startCheckWorker, threads);
  try {
    return await verifyFolder(pool);
  } finally {
    await pool.close();
  }
}

function pathOf(part: string): string {
  return [...log.files.keys()].find((path) => path.includes(part)) ?? '';
}

/** Changes files of the log in its folder for as long as `work` takes. */
async function whileChanged(
  parts: readonly string[],
  change: (bytes: Buffer) => Buffer | null,
  work: () => Promise<void>,
): Promise<void> {
  const paths = parts.map(pathOf);
  const put = (path: string, bytes: Uint8Array | null): void =>
    bytes === null ? rmSync(join(folder, 'log', path)) : writeFileSync(join(folder, 'log', path), bytes);
  for (const path of paths) put(path, change(Buffer.from(log.files.get(path) ?? [])));
  try {
    await work();
  } finally {
    for (const path of paths) put(path, log.files.get(path) ?? null);
  }
}

describe('a log that is checked in threads', () => {
  test.each([1, 3])('gives the same result in %i of them as in one place', async (threads) => {
    const alone = await verifyFolder();
    expect(alone).toMatchObject({ ok: true, size: SIZE });
    expect(await verifyInThreads(threads)).toEqual(alone);
  });

  test.each<[string, readonly string[], (bytes: Buffer) => Buffer]>([
    ['two bad records in different tiles', ['000002000-', '000000900-'], () => Buffer.from('{}\n')],
    [
      'a record of another kind than its name',
      ['000001500-'],
      (bytes) => Buffer.from(String(bytes).replace(/"kind": "[a-z]+"/, '"kind": "drift"')),
    ],
    [
      'a signatures file and a record after it',
      ['signatures/2026/11/22/000001', '000002200-'],
      (bytes) => bytes.subarray(1),
    ],
    ['a tile', ['tile/0/003'], (bytes) => Buffer.from(bytes.map((byte) => byte ^ 1))],
    ['the checkpoint', ['checkpoint'], (bytes) => Buffer.from(String(bytes).replace('2300', '2299'))],
  ])('names the same problem of %s however the work is split', async (_, parts, change) => {
    await whileChanged(parts, change, async () => {
      const alone = await verifyFolder();
      expect(alone.ok).toBe(false);
      expect(await verifyInThreads(3)).toEqual(alone);
    });
  });

  test('is refused when a file cannot be read', async () => {
    const source = folderSource(join(folder, 'log'));
    const files = await source.list();
    const pool = openCheckPool({ kind: 'folder', root: join(folder, 'log') }, startCheckWorker, 2);
    const options = { pool, sha256, sha512, verify: verifyOnPool };
    const gone = (): null => null;
    await whileChanged(['000001700-'], gone, () =>
      expect(verifyLog({ ...source, list: () => Promise.resolve(files) }, options)).rejects.toThrow(/ENOENT/),
    );
    await pool.close();
  });
});

/** Threads that go wrong in each way that a thread can. */
describe('a log passes only when every chunk was checked: it is refused', () => {
  test.each([
    ['ends at once', 'process.exit(0)'],
    ['throws at once', 'throw new Error("broken")'],
    ['ends after its first answer', 'let n = 0; port.on("message", (m) => (n++ ? process.exit(0) : answer(m)))'],
    [
      'throws after its first answer',
      'let n = 0; port.on("message", (m) => { if (n++) throw new Error("x"); answer(m) })',
    ],
    [
      'answers that it failed',
      'port.on("message", ({ number }) => port.postMessage({ number, failure: "no", isUnreadable: true }))',
    ],
  ])('when a thread %s', async (_, code) => {
    const script = `
      const { parentPort: port } = require('node:worker_threads');
      const answer = ({ number, task }) => port.postMessage({ number, report: {
        problem: null, leaves: new Uint8Array(task.records.length * 32).map((_, at) => at + number * 7),
        doubt: null, isWholeTile: true, notes: [] } });
      ${code}`;
    const pool = openCheckPool({ kind: 'folder', root: '/' }, () => new Worker(script, { eval: true }), 2);
    const options = { pool, sha256, sha512, verify: verifyOnPool };
    // Refused by what the thread did, or already by the hashes that its made-up answer holds.
    const outcome = await verifyLog(memorySource(log.files), options).catch(() => ({ ok: false }));
    expect(outcome.ok).toBe(false);
    await pool.close();
  });

  test('when the pool was closed', async () => {
    const pool = openCheckPool({ kind: 'folder', root: '/' });
    await pool.close();
    await expect(verifyLog(memorySource(log.files), { pool, sha256, sha512, verify: verifyOnPool })).rejects.toThrow(
      'the check was ended',
    );
  });
});

describe('the CLI as one file', () => {
  test('checks in threads, which are that same file', async () => {
    const bundle = await rolldown({
      input: join(root, 'cli/main.ts'),
      platform: 'node',
      external: [/^node:/, './who/who.ts'],
    });
    const program = join(folder, 'countersign.mjs');
    await bundle.write({ file: program, format: 'esm', minify: true });
    await bundle.close();
    const args = [program, 'verify', join(folder, 'log'), '--key', formatVerifierKey(log.pin)];
    const good = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(good).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining(`verified: ${SIZE} records`) });
    await whileChanged(
      ['000002100-'],
      () => Buffer.from('{}\n'),
      async () => {
        const bad = spawnSync(process.execPath, [program, 'verify', join(folder, 'log')], { encoding: 'utf8' });
        expect(bad).toMatchObject({ status: 1, stdout: expect.stringContaining('(record 2100)') });
        await Promise.resolve();
      },
    );
  });
});
