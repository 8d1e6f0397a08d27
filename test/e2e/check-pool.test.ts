import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckPool } from '../../cli/check-pool.ts';
import { startCheckWorker } from '../../cli/check-worker.ts';
import { folderSource } from '../../cli/folder-source.ts';
import { utf8 } from '../../core/evidence/bytes.ts';
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

async function verifyFolder(name: string, pool?: ChunkChecker): Promise<VerifyResult> {
  const options = { checkpointKey: log.pin, pool, sha256, sha512, verify: verifyOnPool };
  return verifyLog(folderSource(join(folder, name)), options);
}

async function verifyInThreads(name: string, threads: number): Promise<VerifyResult> {
  const pool = openCheckPool({ kind: 'folder', root: join(folder, name) }, startCheckWorker, threads);
  try {
    return await verifyFolder(name, pool);
  } finally {
    await pool.close();
  }
}

function pathOf(part: string): string {
  return [...log.files.keys()].find((path) => path.includes(part)) ?? '';
}

async function changed(name: string, parts: readonly string[], change: (bytes: Buffer) => Buffer): Promise<void> {
  const files = new Map(log.files);
  for (const path of parts.map(pathOf)) files.set(path, change(Buffer.from(files.get(path) ?? [])));
  await writeFiles(join(folder, name), files);
}

describe('a log that is checked in threads', () => {
  test.each([1, 2, 5])('gives the same result in %i of them as in one place', async (threads) => {
    const alone = await verifyFolder('log');
    expect(alone).toMatchObject({ ok: true, size: SIZE });
    expect(await verifyInThreads('log', threads)).toEqual(alone);
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
  ])('names the same problem of %s however the work is split', async (name, parts, change) => {
    await changed(name, parts, change);
    const alone = await verifyFolder(name);
    expect(alone.ok).toBe(false);
    for (const threads of [1, 2, 5]) expect(await verifyInThreads(name, threads)).toEqual(alone);
  });

  test('is refused when a file cannot be read', async () => {
    await writeFiles(join(folder, 'gone'), log.files);
    const source = folderSource(join(folder, 'gone'));
    const files = await source.list();
    rmSync(join(folder, 'gone', pathOf('000001700-')));
    const pool = openCheckPool({ kind: 'folder', root: join(folder, 'gone') }, startCheckWorker, 2);
    const options = { pool, sha256, sha512, verify: verifyOnPool };
    await expect(verifyLog({ ...source, list: () => Promise.resolve(files) }, options)).rejects.toThrow(/ENOENT/);
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
    const files = new Map([...log.files, [pathOf('000002100-'), utf8('{}\n')]]);
    await writeFiles(join(folder, 'bad'), files);
    const bad = spawnSync(process.execPath, [program, 'verify', join(folder, 'bad')], { encoding: 'utf8' });
    expect(bad).toMatchObject({ status: 1, stdout: expect.stringContaining('(record 2100)') });
  });
});
