import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordKinds } from '../../core/evidence/kinds.ts';
import { ATTRIBUTES_TEXT } from '../../core/evidence/layout.ts';
import { formatVerifierKey } from '../../core/evidence/signed-note.ts';
import { createLog, sampleLog, writeFiles } from '../support/evidence-log.ts';
import type { LogBuilder } from '../support/evidence-log.ts';
import { commitFiles, evidenceBranch, git } from '../support/evidence-repository.ts';

const root = new URL('../../', import.meta.url);
const doc = readFileSync(new URL('docs/evidence-format.md', root), 'utf8');
const script = /## Check one record without our code[^]*?```bash\n([^]*?)```/.exec(doc)?.[1] ?? 'exit 99';

let folder = '';
let log: LogBuilder;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-doc-'));
  log = await sampleLog(30);
  const repository = join(folder, 'bare');
  git(folder, ['init', '--quiet', '--bare', 'bare']);
  commitFiles(repository, log.files);
  git(folder, ['clone', '--quiet', '--branch', evidenceBranch, repository, 'checkout']);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runBlock(cwd: string, variables: Readonly<Record<string, string>>) {
  const result = spawnSync('bash', ['-c', script], {
    cwd,
    env: { PATH: process.env['PATH'], ...variables },
    encoding: 'utf8',
  });
  return { status: result.status, output: result.stdout, errors: result.stderr };
}

async function changedCheckout(name: string, change: (files: Map<string, Uint8Array>) => void): Promise<string> {
  const files = new Map(log.files);
  change(files);
  await writeFiles(join(folder, name), files);
  return join(folder, name);
}

function flip(files: Map<string, Uint8Array>, part: string): void {
  const path = [...files.keys()].find((name) => name.includes(part));
  if (path === undefined) throw new TypeError(`no file ${part}`);
  const bytes = Uint8Array.from(files.get(path) ?? []);
  bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
  files.set(path, bytes);
}

describe('the check by hand in docs/evidence-format.md', () => {
  const key = (): string => formatVerifierKey(log.pin);

  test.each(['0', '1', '13', '29'])('accepts record %s of a checkout', (number) => {
    const result = runBlock(join(folder, 'checkout'), { KEY: key(), N: number });
    expect(result).toMatchObject({ status: 0, output: expect.stringContaining(`record ${number} of 30 verifies`) });
  });

  test('accepts a record of a log with full tiles', async () => {
    const long = await sampleLog(260, 40);
    await writeFiles(join(folder, 'long'), long.files);
    const result = runBlock(join(folder, 'long'), { KEY: key(), N: '258' });
    expect(result).toMatchObject({ status: 0, output: expect.stringContaining('record 258 of 260 verifies') });
  });

  test.each(['000000013-', 'checkpoint', 'tile/0/', '000000000-log-opened', 'signatures/2026/11/21/000000010-'])(
    'refuses the record after one bit of %s was changed',
    async (part) => {
      const checkout = await changedCheckout(`changed-${part.replaceAll('/', '-')}`, (files) => flip(files, part));
      expect(runBlock(checkout, { KEY: key(), N: '13' }).status).not.toBe(0);
    },
  );

  test('refuses another key than the pinned one', () => {
    const other = createLog(log.origin, [5, 6]);
    expect(runBlock(join(folder, 'checkout'), { KEY: formatVerifierKey(other.pin), N: '13' }).status).not.toBe(0);
  });

  test('needs a key and an index', () => {
    expect(runBlock(join(folder, 'checkout'), { N: '1' }).status).not.toBe(0);
    expect(runBlock(join(folder, 'checkout'), { KEY: key() }).status).not.toBe(0);
  });
});

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
