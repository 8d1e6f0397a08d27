import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256, verify } from '../../adapters/signing/node-crypto.ts';
import { fromBase64, toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { parseEnvelope, verifyEnvelope } from '../../core/evidence/dsse.ts';
import { entryBundlePath, parseEntryBundle } from '../../core/evidence/tree/entry-bundle.ts';
import { leafHash, rootOfLeaves } from '../../core/evidence/tree/merkle.ts';
import { recordKeyHint } from '../../core/evidence/records/signature-file.ts';
import { formatVerifierKey, openNote } from '../../core/evidence/notes/signed-note.ts';
import { verifyTlogProof } from '../../core/evidence/proofs/tlog-proof.ts';
import { createLog, sampleLog, writeFiles } from '../support/evidence-log.ts';
import type { LogBuilder } from '../support/evidence-log.ts';
import { commitFiles, initRepository } from '../support/evidence-repository.ts';
import { fullLog } from '../support/full-log.ts';
import { runCli } from '../support/run-cli.ts';
import type { CliAnswer } from '../support/run-cli.ts';

const SIZE = 600;

let folder = '';
let log: LogBuilder;
let key = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-export-'));
  log = await sampleLog(SIZE, 40);
  key = formatVerifierKey(log.pin);
  mkdirSync(at('log.git'));
  initRepository(at('log.git'));
  commitFiles(at('log.git'), log.files);
  await writeFiles(at('log'), log.files);
  writeFileSync(at('pin.vkey'), `${key}\n`);
  const { status, output } = run('export', 'log.git', '--out', 'export', '--key', key);
  if (status !== 0) throw new Error(output);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function at(name: string): string {
  return join(folder, name);
}

function run(...args: string[]): CliAnswer {
  return runCli(folder, args);
}

function bytesOf(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(at(path)));
}

/** Paths below a folder. */
function filesIn(name: string): string[] {
  const all = readdirSync(at(name), { recursive: true, encoding: 'utf8' });
  return all.filter((path) => statSync(join(at(name), path)).isFile()).sort();
}

describe('an exported log', () => {
  test('holds every record as a DSSE envelope on a line of its own, which our parser reads back', async () => {
    const text = readFileSync(at('export/envelopes.intoto.jsonl'), 'utf8');
    const lines = text.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(SIZE);
    const keyid = recordKeyHint(log.keys.record.key, sha256);
    for (const [index, line] of lines.entries()) {
      const record = log.records[index];
      expect(parseEnvelope(utf8(line))).toMatchObject({ ok: true, value: { payload: record } });
      expect(await verifyEnvelope(utf8(line), log.keys.record.key, verify)).toEqual({ ok: true, value: record });
      const { payloadType, signatures } = JSON.parse(line);
      expect({ payloadType, signatures }).toEqual({
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ keyid, sig: expect.any(String) }],
      });
    }
  });

  test('is a static tree from whose entries alone the signed root is computed again, with its tiles and nothing else', async () => {
    const opened = await openNote(bytesOf('export/tlog/checkpoint'), [log.pin], verify);
    const [origin, size, root = ''] = opened.ok ? opened.value.text.split('\n') : [];
    expect([origin, size]).toEqual([log.origin, String(SIZE)]);
    const entries: Uint8Array[] = [];
    const bundles: string[] = [];
    for (let start = 0; start < SIZE; start += 256) {
      const path = entryBundlePath(start, Math.min(256, SIZE - start));
      bundles.push(path);
      const bundle = parseEntryBundle(bytesOf(`export/tlog/${path}`));
      if (!bundle.ok) throw new Error(bundle.issue);
      entries.push(...bundle.value);
    }
    expect(entries).toEqual(log.records);
    expect(
      rootOfLeaves(
        entries.map((entry) => leafHash(entry, sha256)),
        sha256,
      ),
    ).toEqual(fromBase64(root));
    const tiles = [...log.files.keys()].filter((path) => path.startsWith('tile/'));
    expect(filesIn('export/tlog')).toEqual(['checkpoint', ...tiles, ...bundles].sort());
    for (const path of tiles) expect(bytesOf(`export/tlog/${path}`)).toEqual(log.files.get(path));
  });

  test('has a proof for each record, and each verifies', async () => {
    const names = log.records.map((_, index) => `${String(index).padStart(9, '0')}.tlog-proof`);
    expect(filesIn('export/proofs')).toEqual(names);
    for (const [index, name] of names.entries()) {
      const record = log.records[index] ?? new Uint8Array(0);
      const proof = bytesOf(`export/proofs/${name}`);
      expect(await verifyTlogProof(proof, record, { keys: [log.pin], sha256, verify })).toMatchObject({ index });
    }
  });

  test('is checked by countersign check, an envelope with its proof', () => {
    const [, line = ''] = readFileSync(at('export/envelopes.intoto.jsonl'), 'utf8').split('\n');
    writeFileSync(at('envelope.json'), line);
    const recordKey = formatVerifierKey(log.keys.record);
    const proof = 'export/proofs/000000001.tlog-proof';
    const { status, output } = run('check', 'envelope.json', '--proof', proof, '--key', key, '--record-key', recordKey);
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('signature of the record: good') });
  });

  test('stands alone in its folder: nothing half written beside it, and readable by whom the umask says', () => {
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    mkdirSync(at('plain'));
    expect(statSync(at('export')).mode).toBe(statSync(at('plain')).mode);
  });
});

test('a log whose keys changed is exported with each signature by the key then in force', async () => {
  const full = await fullLog();
  await writeFiles(at('full'), full.files);
  const pin = formatVerifierKey(full.pin);
  expect(run('export', 'full', '--out', 'full-export', '--key', pin)).toMatchObject({ status: 0 });
  const lines = readFileSync(at('full-export/envelopes.intoto.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(full.recordCount);
  const keyids = new Set(lines.map((line): string => JSON.parse(line).signatures[0].keyid));
  expect(keyids.size).toBe(2);
});

test.each([
  ['envelopes', ['envelopes.intoto.jsonl']],
  ['tiles', ['tlog']],
  ['proofs', ['proofs']],
])('--format %s exports that part alone', (format, names) => {
  expect(run('export', 'log', '--out', `only-${format}`, '--key', key, '--format', format).status).toBe(0);
  expect(readdirSync(at(`only-${format}`))).toEqual(names);
  for (const name of filesIn(`only-${format}`)) {
    expect(bytesOf(`only-${format}/${name}`)).toEqual(bytesOf(`export/${name}`));
  }
});

test('what was exported is told as JSON too', () => {
  const { output } = run('export', 'log', '--out', 'told', '--key', key, '--format', 'tiles', '--json');
  const told = JSON.parse(output);
  const root = toBase64(
    rootOfLeaves(
      log.records.map((record) => leafHash(record, sha256)),
      sha256,
    ),
  );
  expect(told).toMatchObject({ ok: true, out: at('told'), files: ['tlog'], origin: log.origin, size: SIZE, root });
});

describe('nothing is exported', () => {
  test.each<[string, (files: Map<string, Uint8Array>) => void, string]>([
    ['whose record was changed', (files) => replaceFirst(files, 'records/', utf8('{}\n')), 'record-'],
    ['that lacks a tile', (files) => files.delete('tile/0/000'), 'file-missing'],
    ['that has a file too many', (files) => files.set('notes.txt', utf8('x')), 'unknown-path'],
    ['whose checkpoint is garbage', (files) => files.set('checkpoint', utf8('x')), 'checkpoint-malformed'],
    [
      'whose signatures are another batch’s',
      (files) => replaceFirst(files, 'signatures/', utf8('{}\n')),
      'signatures-',
    ],
  ])('of a log %s: exit code 1, the reason, and no folder', async (name, change, code) => {
    const files = new Map(log.files);
    change(files);
    const target = `bad ${name}`;
    await writeFiles(at(target), files);
    const before = readdirSync(folder);
    const { status, output } = run('export', target, '--out', 'refused', '--key', key);
    expect({ status, output }).toEqual({ status: 1, output: expect.stringContaining(code) });
    expect(output).toMatch(/^NOTHING EXPORTED/);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('by the key of another log', () => {
    const other = formatVerifierKey(createLog(log.origin, [5, 6]).pin);
    const { status, output } = run('export', 'log', '--out', 'refused', '--key', other, '--json');
    expect(status).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ ok: false, problem: { code: 'checkpoint-signature' } });
    expect(existsSync(at('refused'))).toBe(false);
  });

  test('into a folder or a file that exists, or below one: exit code 2, and it stays as it was', () => {
    mkdirSync(at('empty'));
    writeFileSync(at('file'), 'kept');
    for (const out of ['export', 'empty', 'file', 'file/below', 'nowhere/below', '.', '/']) {
      const { status, output, errors } = run('export', 'log', '--out', out, '--key', key);
      expect({ out, status, output }).toEqual({ out, status: 2, output: '' });
      expect(errors).toMatch(/--out: /);
    }
    expect(readdirSync(at('empty'))).toEqual([]);
    expect(readFileSync(at('file'), 'utf8')).toBe('kept');
  });

  test.each([
    [[]],
    [['log']],
    [['log', '--out', 'x']],
    [['log', '--key', 'pin.vkey']],
    [['log', '--out', 'x', '--key', 'log/checkpoint']],
    [['log', 'log', '--out', 'x', '--key', 'pin.vkey']],
    [['log', '--out', 'x', '--key', 'pin.vkey', '--format', 'csv']],
    [['nowhere', '--out', 'x', '--key', 'pin.vkey']],
  ])('for %j: wrong usage, exit code 2', (args) => {
    const { status, output, errors } = run('export', ...args);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toContain('countersign export <folder');
    expect(existsSync(at('x'))).toBe(false);
  });

  test('in part: whoever interrupts it finds the whole folder or none', async () => {
    const cli = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');
    const args = [cli, 'export', 'log', '--out', 'interrupted', '--key', key];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const halves = (): string[] => readdirSync(folder).filter((name) => name.startsWith('.interrupted.'));
    while (halves().length === 0 && child.exitCode === null) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGINT');
    const [, signal] = await ended;
    expect(halves()).toEqual([]);
    expect(existsSync(at('interrupted'))).toBe(signal === null);
    if (signal === null) expect(filesIn('interrupted')).toEqual(filesIn('export'));
  });
});

function replaceFirst(files: Map<string, Uint8Array>, below: string, bytes: Uint8Array): void {
  const path = [...files.keys()].filter((name) => name.startsWith(below)).sort()[1];
  if (path !== undefined) files.set(path, bytes);
}
