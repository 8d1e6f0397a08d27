import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runVerify } from '../../cli/verify.ts';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { sampleLog, writeFiles } from '../support/evidence-log.ts';
import { commitFiles, evidenceBranch, git, initRepository } from '../support/evidence-repository.ts';

/** Git trees and folders that no honest git would write: `countersign verify` names what is wrong and exits 1. */

const log = await sampleLog(8);
const key = formatVerifierKey(log.pin);
let folder = '';
let bare = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-trees-'));
  bare = join(folder, 'log.git');
  mkdirSync(bare);
  initRepository(bare);
  commitFiles(bare, log.files);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verify(target: string) {
  const printed: string[] = [];
  const code = await runVerify([target, '--key', key, '--json'], (text) => printed.push(text));
  const answer: unknown = JSON.parse(printed.join(''));
  return { code, answer };
}

interface TreeEntry {
  readonly mode: string;
  readonly name: string | Uint8Array;
  /** Hex. */
  readonly object: string;
}

function entriesOf(tree: string): TreeEntry[] {
  const lines = git(bare, ['ls-tree', tree]).split('\n');
  return lines.map((line) => {
    const [, mode = '', object = '', name = ''] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/.exec(line) ?? [];
    return { mode: mode.replace(/^0/, ''), name, object };
  });
}

/** Writes a tree as it is given, without any of git's own checks, and makes it the branch of a repository. */
function repositoryOf(entries: readonly TreeEntry[]): string {
  const bytes = entries.map(({ mode, name, object }) =>
    Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.of(0), Buffer.from(object, 'hex')]),
  );
  const tree = execFileSync('git', ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], {
    cwd: bare,
    input: Buffer.concat(bytes),
    encoding: 'utf8',
  }).trim();
  const commit = git(bare, ['commit-tree', tree, '-m', 'crafted']);
  const repository = mkdtempSync(join(folder, 'crafted-'));
  initRepository(repository);
  writeFileSync(join(repository, 'objects/info/alternates'), `${join(bare, 'objects')}\n`);
  git(repository, ['update-ref', `refs/heads/${evidenceBranch}`, commit]);
  return repository;
}

const crafted: readonly (readonly [
  string,
  string,
  (entries: TreeEntry[], blob: string, tree: string) => TreeEntry[],
])[] = [
  [
    'a name that is not UTF-8',
    'unknown-path',
    (entries, object) => [...entries, file(Buffer.from('check\xffpoint', 'latin1'), object)],
  ],
  [
    'a name that is UTF-8 of too many bytes',
    'unknown-path',
    (entries, object) => [...entries, file(Buffer.from('check\xc1\xb0oint', 'latin1'), object)],
  ],
  ['an entry ..', 'unknown-path', (entries, object) => [file('..', object), ...entries]],
  ['an entry .', 'unknown-path', (entries, object) => [file('.', object), ...entries]],
  ['a folder ..', 'unknown-path', (entries, _, object) => [{ mode: '40000', name: '..', object }, ...entries]],
  ['an entry .git', 'unknown-path', (entries, object) => [file('.git', object), ...entries]],
  ['an entry .GIT', 'unknown-path', (entries, object) => [file('.GIT', object), ...entries]],
  ['a name with a backslash', 'unknown-path', (entries, object) => [...entries, file('records\\x', object)]],
  [
    'a folder in other case',
    'unknown-path',
    (entries, _, object) => [{ mode: '40000', name: 'Records', object }, ...entries],
  ],
  ['an absolute name', 'unknown-path', (entries, object) => [file('/checkpoint', object), ...entries]],
  [
    'the checkpoint twice',
    'path-twice',
    (entries) => entries.flatMap((entry) => (entry.name === 'checkpoint' ? [entry, entry] : [entry])),
  ],
  [
    'the records twice',
    'path-twice',
    (entries) => entries.flatMap((entry) => (entry.name === 'records' ? [entry, entry] : [entry])),
  ],
  [
    'a name with a slash beside the real one',
    'path-twice',
    (entries, object) => [...entries, file('tile/0/000.p/8', object)],
  ],
  ['the checkpoint as a link', 'not-a-plain-file', (entries) => withMode(entries, 'checkpoint', '120000')],
  ['the checkpoint as an executable', 'not-a-plain-file', (entries) => withMode(entries, 'checkpoint', '100755')],
  [
    'the records as a link',
    'unknown-path',
    (entries, object) =>
      entries.map((entry) => (entry.name === 'records' ? { ...entry, mode: '120000', object } : entry)),
  ],
  ['the records as a submodule', 'unknown-path', (entries) => withMode(entries, 'records', '160000')],
  ['no name at all', 'unreadable', (entries, object) => [file('', object), ...entries]],
  ['nothing', 'file-missing', () => []],
];

function file(name: string | Uint8Array, object: string): TreeEntry {
  return { mode: '100644', name, object };
}

function withMode(entries: readonly TreeEntry[], name: string, mode: string): TreeEntry[] {
  return entries.map((entry) => (entry.name === name ? { ...entry, mode } : entry));
}

describe('a tree of git with', () => {
  test.each(crafted)('%s is refused as %s', async (_, code, craft) => {
    const blob = git(bare, ['rev-parse', `${evidenceBranch}:checkpoint`]);
    const records = git(bare, ['rev-parse', `${evidenceBranch}:records`]);
    const repository = repositoryOf(craft(entriesOf(evidenceBranch), blob, records));
    expect(await verify(repository)).toMatchObject({ code: 1, answer: { ok: false, problem: { code } } });
  });

  test('honest: the same entries as they were verifies', async () => {
    expect(await verify(repositoryOf(entriesOf(evidenceBranch)))).toMatchObject({ code: 0, answer: { ok: true } });
  });
});

describe('a folder with', () => {
  async function copy(): Promise<string> {
    const place = mkdtempSync(join(folder, 'copy-'));
    await writeFiles(place, log.files);
    return place;
  }

  test.each<readonly [string, string, (place: string) => void]>([
    [
      'a name that is not UTF-8',
      'unreadable',
      (place) => writeFileSync(Buffer.from(`${place}/check\xff`, 'latin1'), 'x'),
    ],
    ['a pipe for a checkpoint', 'not-a-plain-file', (place) => pipe(place)],
    ['a link that leads back to itself', 'unknown-path', (place) => symlinkSync('.', join(place, 'records', 'loop'))],
    ['a link out of it', 'unknown-path', (place) => symlinkSync('/', join(place, 'facts', 'x'))],
    ['a folder for a checkpoint', 'file-missing', (place) => folderFor(place)],
    [
      'a name in other case',
      'unknown-path',
      (place) => renameSync(join(place, 'checkpoint'), join(place, 'Checkpoint')),
    ],
    ['a name with a trailing dot', 'unknown-path', (place) => writeFileSync(join(place, 'checkpoint.'), 'x')],
    ['a name with a backslash', 'unknown-path', (place) => writeFileSync(join(place, 'records\\x'), 'x')],
  ])('%s is refused as %s', async (_, code, change) => {
    const place = await copy();
    change(place);
    expect(await verify(place)).toMatchObject({ code: 1, answer: { ok: false, problem: { code } } });
  });

  test('honest: as it was written verifies', async () => {
    expect(await verify(await copy())).toMatchObject({ code: 0, answer: { ok: true } });
  });
});

function pipe(place: string): void {
  rmSync(join(place, 'checkpoint'));
  execFileSync('mkfifo', [join(place, 'checkpoint')]);
}

function folderFor(place: string): void {
  rmSync(join(place, 'checkpoint'));
  mkdirSync(join(place, 'checkpoint'));
}
