import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { recordKinds } from '../../core/evidence/kinds.ts';
import { ATTRIBUTES_TEXT, parseEvidencePath } from '../../core/evidence/layout.ts';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { createLog, sampleLog, sampleOrigin, writeFiles } from '../support/evidence-log.ts';
import { commitFiles, evidenceBranch, git } from '../support/evidence-repository.ts';
import { fullLog } from '../support/full-log.ts';
import { goOracle } from '../support/oracles.ts';
import type { OracleAnswer } from '../support/oracles.ts';

const root = new URL('../../', import.meta.url);
const doc = readFileSync(new URL('docs/evidence-format.md', root), 'utf8');
const program = /## Check one record without our code[^]*?```go\n([^]*?)```/.exec(doc)?.[1] ?? '';

const folder = mkdtempSync(join(tmpdir(), 'countersign-doc-'));
writeFileSync(join(folder, 'read.go'), program);
const go = goOracle(join(folder, 'read.go'), join(folder, 'read'), folder);

const log = await sampleLog(30);
const key = formatVerifierKey(log.pin);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function checkoutOf(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const place = mkdtempSync(join(folder, 'checkout-'));
  await writeFiles(place, files);
  return place;
}

/** What the program of the page says of one record of these files. */
async function read(files: ReadonlyMap<string, Uint8Array>, index: number, pinned = key): Promise<OracleAnswer | null> {
  return go === null ? null : go([pinned, String(index)], { cwd: await checkoutOf(files) });
}

function changed(part: string, change: (bytes: Buffer) => Uint8Array | null): Map<string, Uint8Array> {
  const files = new Map(log.files);
  const path = [...files.keys()].find((name) => name.includes(part)) ?? '';
  const bytes = change(Buffer.from(files.get(path) ?? []));
  expect(path).not.toBe('');
  files.delete(path);
  if (bytes !== null) files.set(path, bytes);
  return files;
}

function flip(bytes: Buffer, from = 10): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - from] = (copy[copy.length - from] ?? 0) ^ 1;
  return copy;
}

const refusal = { isAccepted: false, output: expect.stringMatching(/^DOES NOT VERIFY: /) };

describe('the second reader in docs/evidence-format.md', () => {
  test('is a short program of the standard library alone', () => {
    expect(program.split('\n').length).toBeLessThan(180);
    const imports = /import \(([^]*?)\)/.exec(program)?.[1] ?? '';
    const names = [...imports.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => name.includes('.'))).toEqual([]);
  });

  test('accepts every record of a checkout by git', () => {
    git(folder, ['init', '--quiet', '--bare', 'bare']);
    commitFiles(join(folder, 'bare'), log.files);
    git(folder, ['clone', '--quiet', '--branch', evidenceBranch, join(folder, 'bare'), 'clone']);
    if (go === null) return;
    for (const index of log.records.keys()) {
      expect(go([key, String(index)], { cwd: join(folder, 'clone') })).toEqual({
        isAccepted: true,
        output: expect.stringContaining(`record ${index} of 30 verifies: records/`),
      });
    }
  });

  test.each([
    ['one record', 1, 0],
    ['one full tile', 256, 255],
    ['several tiles', 700, 511],
  ])('accepts a record of a log of %s', async (_, size, index) => {
    const answer = await read((await sampleLog(size, 40)).files, index);
    if (go !== null) expect(answer).toMatchObject({ isAccepted: true });
  });

  test('accepts a record of a log that P-256 keys sign', async () => {
    const other = await sampleLog(9, 4, createLog(sampleOrigin, [1, 2], 'p256'));
    const answer = await read(other.files, 7, formatVerifierKey(other.pin));
    if (go !== null) expect(answer).toMatchObject({ isAccepted: true });
  });

  test('follows the keys of a log that changed both, from the newest checkpoint key', async () => {
    const { files, newestPin, pin, recordCount } = await fullLog();
    if (go === null) return;
    const cwd = await checkoutOf(files);
    for (let index = 0; index < recordCount; index += 1) {
      expect(go([formatVerifierKey(newestPin), String(index)], { cwd })).toMatchObject({ isAccepted: true });
    }
    expect(go([formatVerifierKey(pin), '3'], { cwd })).toEqual(refusal);
  });

  test('refuses a record whose key was revoked for it, and accepts the one before', async () => {
    const revoking = await fullLog({ recordKeyRevokedFrom: 5 });
    if (go === null) return;
    const cwd = await checkoutOf(revoking.files);
    const ask = (index: number) => go([formatVerifierKey(revoking.newestPin), String(index)], { cwd });
    expect([4, 5, 6, 7, 8].map((index) => ask(index).isAccepted)).toEqual([true, false, false, true, true]);
  });

  const tampered: readonly (readonly [string, () => ReadonlyMap<string, Uint8Array>])[] = [
    ['a bit of the record', () => changed('000000013-', flip)],
    ['a bit of another record', () => changed('000000020-', flip)],
    ['a bit of record 0', () => changed('000000000-', flip)],
    ['a bit of the checkpoint', () => changed('checkpoint', flip)],
    [
      'a bit of the size in the checkpoint',
      () => changed('checkpoint', (bytes) => flip(bytes, bytes.length - sampleOrigin.length - 2)),
    ],
    ['a bit of a tile', () => changed('tile/0/', flip)],
    ['a tile that is cut', () => changed('tile/0/', (bytes) => bytes.subarray(32))],
    ['a tile that is missing', () => changed('tile/0/', () => null)],
    ['a bit of its signatures', () => changed(signaturesOf13(), (bytes) => flip(bytes, 40))],
    ['its signatures missing', () => changed(signaturesOf13(), () => null)],
    ['the record missing', () => changed('000000013-', () => null)],
    ['another record missing', () => changed('000000020-', () => null)],
    ['no checkpoint', () => changed('checkpoint', () => null)],
  ];

  test.each(go === null ? [] : tampered)('refuses %s', async (_, files) => {
    expect(await read(files(), 13)).toEqual(refusal);
  });

  test.each(go === null ? [] : ['30', '-1', 'x', ''])('refuses the index %j', (index) => {
    expect(go?.([key, index], { cwd: join(folder, 'clone') })).toEqual(refusal);
  });

  test.each(
    go === null
      ? []
      : [formatVerifierKey(createLog(sampleOrigin, [5, 6]).pin), formatVerifierKey(log.keys.record), 'x'],
  )('refuses the key %s, which is not the pinned one', async (other) => {
    expect(await read(log.files, 13, other)).toEqual(refusal);
  });
});

function signaturesOf13(): string {
  const found = [...log.files.keys()].find((path) => {
    const name = parseEvidencePath(path);
    return name.kind === 'signatures' && name.first <= 13 && name.last >= 13;
  });
  return found ?? '';
}

describe('docs/evidence-format.md names', () => {
  test('every kind of record', () => {
    for (const kind of recordKinds) expect(doc).toContain(`\`${kind}\``);
  });

  test('every code that the verifier answers, and no other', () => {
    const source = readFileSync(fileURLToPath(new URL('core/evidence/problem.ts', root)), 'utf8');
    const codes = [...source.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, code]) => code ?? '');
    expect(codes.length).toBeGreaterThan(30);
    const table = doc.slice(doc.search(/^\| code +\| meaning +\|/m), doc.indexOf('## Check one record'));
    const cells = [...table.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) => (cell ?? '').trim().split(', '));
    expect(cells.map((cell) => cell.replaceAll('`', '')).sort()).toEqual([...codes, 'unreadable'].sort());
  });

  test('the attributes as they are written', () => {
    expect(doc).toContain(`\`${ATTRIBUTES_TEXT.trim()}\``);
  });
});
