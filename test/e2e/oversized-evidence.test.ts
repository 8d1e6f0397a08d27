import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGitSource } from '../../cli/git-source.ts';
import { runVerify } from '../../cli/verify.ts';
import { sampleLog, writeFiles } from '../support/evidence-log.ts';
import { runCli } from '../support/run-cli.ts';
import { commitFiles, evidenceBranch, git, initRepository } from '../support/evidence-repository.ts';

/** Files that are far too long, and far too many: a stranger's branch must not fill the memory of who verifies it. */

const log = await sampleLog(30, 10);
const kinds = ['checkpoint', '000000003-', 'signatures/', 'tile/', 'facts/', '.gitattributes'] as const;
const pathOf = (part: string): string => [...log.files.keys()].find((path) => path.includes(part)) ?? '';
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-oversized-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verify(target: string): Promise<{ readonly code: number; readonly output: string }> {
  const printed: string[] = [];
  const code = await runVerify([target], (text) => printed.push(text));
  return { code, output: printed.join('') };
}

describe('a file that is far too long is not read', () => {
  test.each(kinds)('of a folder, two gigabytes: %s', async (part) => {
    const target = join(folder, `folder-${kinds.indexOf(part)}`);
    await writeFiles(target, log.files);
    // Nothing of it is on the disk: a file with a hole.
    truncateSync(join(target, pathOf(part)), 2 ** 31);
    const { code, output } = await verify(target);
    expect(code).toBe(1);
    expect(output).toContain(`DOES NOT VERIFY: ${pathOf(part)} has 2147483648 bytes`);
  });

  test.each(kinds)('of a branch: %s', async (part) => {
    const bare = join(folder, `bare-${kinds.indexOf(part)}`);
    mkdirSync(bare);
    initRepository(bare);
    commitFiles(bare, new Map([...log.files, [pathOf(part), new Uint8Array(8_000_000)]]));
    const before = process.memoryUsage().arrayBuffers;
    const { code, output } = await verify(bare);
    expect(code).toBe(1);
    expect(output).toContain(`DOES NOT VERIFY: ${pathOf(part)} has 8000000 bytes`);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
  });

  test('and nothing is read after it', async () => {
    const source = await openGitSource(join(folder, 'bare-0'), evidenceBranch);
    await expect(source.read('checkpoint')).rejects.toThrow('has 8000000 bytes');
    await expect(source.read('README.md')).rejects.toThrow('has 8000000 bytes');
  });
});

test('a folder of a day with more files than a call can have arguments is listed', () => {
  const day = join(folder, 'many/records/2026/11/21');
  mkdirSync(day, { recursive: true });
  const count = 20_000;
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(day, `${String(index).padStart(9, '0')}-heartbeat.json`), '');
  }
  // With the usual stack it would take six times as many.
  const { status, errors } = runCli(folder, ['verify', 'many'], ['--stack-size=160']);
  expect(errors).toBe('');
  expect(status).toBe(1);
}, 120_000);

test('a branch of ten million files, which a hundred kilobytes of git can hold, is refused', () => {
  const bare = join(folder, 'bomb.git');
  mkdirSync(bare);
  initRepository(bare);
  const blob = git(bare, ['hash-object', '-w', '--stdin']);
  const treeOf = (count: number, entry: string): string =>
    git(bare, ['mktree'], Array.from({ length: count }, (_, at) => `${entry}\t${at}\n`).join(''));
  const files = treeOf(1_000, `100644 blob ${blob}`);
  const tree = treeOf(100, `040000 tree ${treeOf(100, `040000 tree ${files}`)}`);
  git(bare, ['update-ref', `refs/heads/${evidenceBranch}`, git(bare, ['commit-tree', tree, '-m', 'bomb'])]);
  const { status, output, errors } = runCli(folder, ['verify', bare]);
  expect({ status, errors }).toEqual({ status: 1, errors: '' });
  expect(output).toContain('far too many files');
}, 120_000);
