import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  readdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../core/evidence/bytes.ts';
import { parseEvidencePath } from '../../core/evidence/layout.ts';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { ObjectStore } from '../../sandbox/git/object-store.ts';
import { createLog, sampleLog, writeFiles } from '../support/evidence-log.ts';
import type { LogBuilder } from '../support/evidence-log.ts';
import { commitFiles, evidenceBranch, git, initRepository } from '../support/evidence-repository.ts';
import type { Modes } from '../support/evidence-repository.ts';

const root = new URL('../../', import.meta.url);
const source = fileURLToPath(new URL('cli/main.ts', root));
const bundle = fileURLToPath(new URL('dist/cli/countersign.js', root));

/** Long enough for a full tile, two days and both kinds of attachment. */
const SIZE = 260;

const changedModes = new Map([
  ['link', '120000'],
  ['submodule', '160000'],
  ['execute', '100755'],
]);

let folder = '';
let bare = '';
/** Commit of the log as it is. */
let original = '';
/** The log with changes, one set after the other. */
let shared = '';
let log: LogBuilder;
let key = '';
let evidence: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
  bare = join(folder, 'log.git');
  mkdirSync(bare);
  initRepository(bare);
  log = await sampleLog(SIZE, 40);
  key = formatVerifierKey(log.pin);
  evidence = [...log.files.keys()].filter((path) => parseEvidencePath(path).kind !== 'not-evidence').sort();
  original = commitFiles(bare, log.files);
  shared = join(folder, 'changed.git');
  mkdirSync(shared);
  initRepository(shared);
  // Objects that are there already need not be written again.
  writeFileSync(join(shared, 'objects/info/alternates'), `${join(bare, 'objects')}\n`);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], program = source, cwd = folder) {
  const { TMPDIR: _, ...env } = process.env;
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const result = spawnSync(process.execPath, [program, ...args], {
    cwd,
    env: { ...env, TMPDIR: temporary },
    encoding: 'utf8',
  });
  return { status: result.status, output: result.stdout, errors: result.stderr };
}

/** Verifies the branch with these files in it. */
function verifyCommitted(files: ReadonlyMap<string, Uint8Array>, modes?: Modes) {
  writeChanged(shared, files, modes);
  return run(['verify', shared, '--key', key]);
}

/** Only what differs from the log is handed to git. */
function writeChanged(repository: string, files: ReadonlyMap<string, Uint8Array>, modes: Modes = new Map()): void {
  const objects = new ObjectStore(repository);
  git(repository, ['read-tree', original]);
  const lines: string[] = [];
  for (const path of log.files.keys()) if (!files.has(path)) lines.push(`0 ${'0'.repeat(40)}\t${path}\0`);
  for (const [path, bytes] of files) {
    const mode = modes.get(path) ?? '100644';
    if (log.files.get(path) === bytes && mode === '100644') continue;
    const isModule = mode === '160000';
    const object = isModule ? original : objects.write('blob', Buffer.from(bytes));
    lines.push(`${mode} ${object}\t${path}\0`);
  }
  git(repository, ['update-index', '-z', '--index-info'], lines.join(''));
  const commit = git(repository, ['commit-tree', git(repository, ['write-tree']), '-p', original, '-m', 'changed']);
  git(repository, ['update-ref', `refs/heads/${evidenceBranch}`, commit]);
}

function bytesOf(path: string): Uint8Array {
  return log.files.get(path) ?? new Uint8Array(0);
}

function changedLog(...changes: readonly (readonly [string, Uint8Array | null])[]): Map<string, Uint8Array> {
  const files = new Map(log.files);
  for (const [path, bytes] of changes) {
    if (bytes === null) files.delete(path);
    else files.set(path, bytes);
  }
  return files;
}

describe('countersign verify accepts', () => {
  test('a bare clone, and names what is not evidence', () => {
    const { status, output } = run(['verify', bare, '--key', key]);
    expect({ status, output }).toMatchObject({
      status: 0,
      output: expect.stringContaining(`verified: ${SIZE} records`),
    });
    expect(output).toContain('not evidence, not checked: README.md, keys/checkpoint.vkey, keys/record.vkey');
    expect(output).toContain('(pinned)');
    expect(output).toMatch(/older consistent state of this log cannot be told from the newest/);
    expect(output).toContain(git(bare, ['rev-parse', evidenceBranch]));
  });

  test('a clone with another branch checked out, by its remote branch, whatever lies in the work tree', () => {
    git(folder, ['clone', '--quiet', '--branch', evidenceBranch, bare, 'work']);
    writeFileSync(join(folder, 'work', 'checkpoint'), 'garbage');
    expect(run(['verify', join(folder, 'work'), '--key', key]).status).toBe(0);
  });

  test('a URL, and leaves nothing behind', () => {
    const { status, output } = run(['verify', `file://${bare}`, '--key', key]);
    expect({ status, output }).toMatchObject({ status: 0, output: expect.stringContaining(`file://${bare}`) });
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  test('a folder of plain files, also inside another repository', async () => {
    const repository = join(folder, 'other');
    mkdirSync(repository);
    git(repository, ['init', '--quiet', '.']);
    await writeFiles(join(repository, 'evidence'), log.files);
    expect(run(['verify', join(repository, 'evidence'), '--key', key]).status).toBe(0);
  });

  test('a key in a file, another branch, and JSON', () => {
    writeFileSync(join(folder, 'pin.vkey'), `${key}\n`);
    git(bare, ['update-ref', 'refs/heads/elsewhere', evidenceBranch]);
    const { status, output } = run(['verify', bare, '--key', 'pin.vkey', '--branch', 'elsewhere', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ ok: true, size: SIZE, checkpointKey: key, origin: log.origin });
  });

  test('a log without a key, saying plainly that only its consistency was shown', () => {
    const { status, output } = run(['verify', bare]);
    expect({ status, output }).toMatchObject({ status: 0, output: expect.stringContaining('NOT pinned') });
    expect(output).toContain('No key was given');
  });

  test('a log that extends the checkpoint that was kept', async () => {
    const older = await sampleLog(20, 40);
    writeFileSync(join(folder, 'older'), older.files.get('checkpoint') ?? '');
    expect(run(['verify', bare, '--key', key, '--since', 'older'])).toMatchObject({ status: 0 });
    const newer = await sampleLog(SIZE + 3, 40);
    writeFileSync(join(folder, 'newer'), newer.files.get('checkpoint') ?? '');
    expect(run(['verify', bare, '--key', key, '--since', 'newer'])).toMatchObject({
      status: 1,
      output: expect.stringContaining('since-is-newer'),
    });
  });

  test('the same from the bundle in dist', () => {
    expect(run(['verify', bare, '--key', key], bundle)).toEqual(run(['verify', bare, '--key', key]));
  });

  test('other README and keys: they are not evidence', () => {
    expect(verifyCommitted(changedLog(['README.md', utf8('x')], ['keys/record.vkey', null])).status).toBe(0);
  });
});

describe('countersign verify exits 1 and names the file', () => {
  test('when any single byte of any evidence file in the repository is changed, removed or added', () => {
    const change = fc.record({
      path: fc.constantFrom(...evidence),
      at: fc.nat(),
      how: fc.constantFrom('change', 'remove', 'add'),
      bit: fc.nat(7),
    });
    fc.assert(
      fc.property(change, ({ path, at, how, bit }) => {
        const original = Buffer.from(bytesOf(path));
        const place = at % original.length;
        const middle =
          how === 'remove' ? [] : how === 'add' ? [0x20, original[place] ?? 0] : [(original[place] ?? 0) ^ (1 << bit)];
        const bytes = Buffer.concat([original.subarray(0, place), Buffer.from(middle), original.subarray(place + 1)]);
        const { status, output } = verifyCommitted(changedLog([path, Uint8Array.from(bytes)]));
        expect({ status, output }).toMatchObject({
          status: 1,
          output: expect.stringContaining(`DOES NOT VERIFY: ${path}`),
        });
      }),
      { numRuns: 12 },
    );
  }, 180_000);

  test('when two lines or bytes of a file, or two files, are put in another order', () => {
    const change = fc.record({
      path: fc.constantFrom(...evidence),
      other: fc.constantFrom(...evidence),
      inside: fc.boolean(),
      at: fc.nat(),
    });
    fc.assert(
      fc.property(change, ({ path, other, inside, at }) => {
        const original = Buffer.from(bytesOf(path));
        const place = at % Math.max(1, original.length - 1);
        const pair = [original[place + 1] ?? 0, original[place] ?? 0];
        const swapped = Buffer.concat([original.subarray(0, place), Buffer.from(pair), original.subarray(place + 2)]);
        const files = inside
          ? changedLog([path, Uint8Array.from(swapped)])
          : changedLog([path, bytesOf(other)], [other, bytesOf(path)]);
        fc.pre(inside ? !swapped.equals(original) : !original.equals(bytesOf(other)));
        const { status, output } = verifyCommitted(files);
        const named = /^DOES NOT VERIFY: (\S+)/.exec(output)?.[1];
        expect({ status, isNamed: named === path || (!inside && named === other) }).toEqual({
          status: 1,
          isNamed: true,
        });
      }),
      { numRuns: 8 },
    );
  }, 180_000);

  test('when any file is removed, renamed, added, made a link, a submodule or executable', () => {
    const how = fc.constantFrom('remove', 'rename', 'copy', 'link', 'submodule', 'execute');
    fc.assert(
      fc.property(fc.constantFrom(...evidence), how, (path, what) => {
        const renamed = `${path.slice(0, -1)}x`;
        const modes: Modes = new Map([[path, changedModes.get(what) ?? '100644']]);
        const changes = new Map([
          ['remove', changedLog([path, null])],
          ['rename', changedLog([path, null], [renamed, bytesOf(path)])],
          ['copy', changedLog([renamed, bytesOf(path)])],
        ]);
        const { status, output } = verifyCommitted(changes.get(what) ?? log.files, modes);
        const name = parseEvidencePath(path);
        // A missing record or signatures file has lost its name: its number is named instead.
        const number = name.kind === 'record' ? name.index : name.kind === 'signatures' ? name.first : null;
        const expected =
          what === 'rename' || what === 'copy' ? renamed : what !== 'remove' || number === null ? path : String(number);
        expect({ status, output }).toMatchObject({ status: 1, output: expect.stringContaining(expected) });
      }),
      { numRuns: 12 },
    );
  }, 180_000);

  test.each([
    'x',
    'docs/README.md',
    'checkpoint.other',
    'records/2026/11/21/000000260-heartbeat.json',
    'tile/1/001.p/1',
  ])('when a file %s is added', (path) => {
    const { status, output } = verifyCommitted(changedLog([path, bytesOf('checkpoint')]));
    expect({ status, output }).toMatchObject({
      status: 1,
      output: expect.stringContaining(`DOES NOT VERIFY: ${path}`),
    });
  });

  test('in JSON too, with index and code', () => {
    const path = evidence.find((name) => name.includes('000000005-')) ?? '';
    const repository = mkdtempSync(join(folder, 'json-'));
    initRepository(repository);
    writeFileSync(join(repository, 'objects/info/alternates'), `${join(bare, 'objects')}\n`);
    writeChanged(repository, changedLog([path, utf8('{}\n')]));
    const { status, output } = run(['verify', repository, '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ ok: false, problem: { code: 'record-malformed', path, index: 5 } });
  });

  test('and does not let a file name repaint the terminal', () => {
    const { status, output } = verifyCommitted(changedLog(['a\u001B[2J\nverified: b', utf8('x')]));
    expect({ status, output }).toMatchObject({ status: 1, output: expect.not.stringContaining('\u001B') });
    expect(output).not.toContain('\nverified');
  });
});

describe('countersign verify of a folder', () => {
  async function copyOf(name: string): Promise<string> {
    const copy = join(folder, name);
    await writeFiles(copy, log.files);
    return copy;
  }

  test('exits 1 when a file is a link to the very same bytes', async () => {
    const copy = await copyOf('linked');
    renameSync(join(copy, 'checkpoint'), join(folder, 'outside'));
    symlinkSync(join(folder, 'outside'), join(copy, 'checkpoint'));
    const { status, output } = run(['verify', copy, '--key', key]);
    expect({ status, output }).toMatchObject({
      status: 1,
      output: expect.stringContaining('DOES NOT VERIFY: checkpoint'),
    });
  });

  test('exits 1 when a folder is a link', async () => {
    const copy = await copyOf('linked-folder');
    renameSync(join(copy, 'records'), join(folder, 'outside-records'));
    symlinkSync(join(folder, 'outside-records'), join(copy, 'records'));
    const { status, output } = run(['verify', copy, '--key', key]);
    expect({ status, output }).toMatchObject({
      status: 1,
      output: expect.stringContaining('DOES NOT VERIFY: records'),
    });
  });

  test('exits 1 when a file is executable', async () => {
    const copy = await copyOf('executable');
    chmodSync(join(copy, 'checkpoint'), 0o755);
    expect(run(['verify', copy, '--key', key])).toMatchObject({
      status: 1,
      output: expect.stringContaining('not-a-plain-file'),
    });
  });

  test('exits 1 when the checkpoint is gone, or everything', async () => {
    const copy = await copyOf('gone');
    rmSync(join(copy, 'checkpoint'));
    expect(run(['verify', copy])).toMatchObject({
      status: 1,
      output: expect.stringContaining('DOES NOT VERIFY: checkpoint'),
    });
    mkdirSync(join(folder, 'empty'));
    expect(run(['verify', join(folder, 'empty')]).status).toBe(1);
  });
});

describe('countersign verify exits 1', () => {
  test('when the branch is gone', () => {
    expect(run(['verify', bare, '--branch', 'no-such'])).toMatchObject({
      status: 1,
      output: expect.stringContaining('there is no branch no-such'),
    });
  });

  test('when a URL cannot be cloned, and leaves nothing behind', () => {
    expect(run(['verify', `file://${folder}/no-such.git`]).status).toBe(1);
    expect(run(['verify', `file://${bare}`, '--branch', 'no-such']).status).toBe(1);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  test('when the key is not the pinned one', () => {
    const other = formatVerifierKey(createLog(log.origin, [5, 6]).pin);
    expect(run(['verify', bare, '--key', other])).toMatchObject({
      status: 1,
      output: expect.stringContaining('checkpoint'),
    });
  });

  test('when git replaces an object with another', async () => {
    const path = evidence.find((name) => name.includes('000000005-')) ?? '';
    const repository = mkdtempSync(join(folder, 'replaced-'));
    initRepository(repository);
    writeFileSync(join(repository, 'objects/info/alternates'), `${join(bare, 'objects')}\n`);
    writeChanged(repository, changedLog([path, utf8('{}\n')]));
    const good = git(repository, ['hash-object', '-w', '--stdin'], Buffer.from(bytesOf(path)));
    git(repository, ['replace', git(repository, ['rev-parse', `${evidenceBranch}:${path}`]), good]);
    expect(run(['verify', repository, '--key', key]).status).toBe(1);
  });
});

describe('wrong usage exits 2 and checks nothing', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['check', '.']],
    ['no target', ['verify']],
    ['two targets', ['verify', '.', '.']],
    ['an unknown option', ['verify', '.', '--kye', 'x']],
    ['an option without its value', ['verify', '.', '--key']],
    ['a target that does not exist', ['verify', 'no-such-folder']],
    ['a target that is a file', ['verify', source]],
    ['a transport that runs commands', ['verify', 'ext::sh -c touch% pwned']],
    ['the git protocol', ['verify', 'git://127.0.0.1/x']],
    ['a target that looks like an option of git', ['verify', '--', '--upload-pack=touch pwned']],
    ['a branch that looks like an option of git', ['verify', '.', '--branch=--upload-pack=x']],
    ['a key that is none', ['verify', '.', '--key', 'github.com/1/2/1+00000000+AAAA']],
    ['a key file that does not exist', ['verify', '.', '--key', 'no-such-file']],
    ['an older checkpoint that does not exist', ['verify', '.', '--since', 'no-such-file']],
    ['help beside a log, where 0 would read like a verdict', ['verify', '.', '--help']],
    ['help in place of a log', ['verify', '--help', '--key', 'no-such-file']],
    ['keygen with an unknown option', ['keygen', '--force']],
  ])('%s', (_, args) => {
    const { status, output, errors } = run(args);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toMatch(/^countersign: /);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  test('while --help is no error', () => {
    for (const args of [['--help'], ['verify', '--help'], ['keygen', '--help']]) {
      expect(run(args)).toMatchObject({ status: 0, output: expect.stringContaining('countersign'), errors: '' });
    }
  });
});

describe('countersign keygen', () => {
  test('writes two Ed25519 keys that only the owner may read, and prints their public halves', () => {
    const { status, output } = run(['keygen', '--out', 'keys.pem']);
    expect(status).toBe(0);
    const file = join(folder, 'keys.pem');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const pem = readFileSync(file, 'utf8');
    const blocks = pem.match(/-----BEGIN PRIVATE KEY-----\n[^-]+\n-----END PRIVATE KEY-----\n/g) ?? [];
    expect(blocks.join('')).toBe(pem);
    expect(blocks).toHaveLength(2);
    expect(new Set(blocks).size).toBe(2);
    const printed = [...output.matchAll(/public: ([A-Za-z0-9+/]{43}=)$/gm)].map(([, text]) => text);
    const derived = blocks.map((block) => {
      const openssl = spawnSync('openssl', ['pkey', '-pubout', '-outform', 'DER'], { input: block });
      return openssl.stdout.subarray(-32).toString('base64');
    });
    expect(printed).toEqual(derived);
    expect(output).toContain('COUNTERSIGN_SIGNING_KEY_PATH');
    expect(output).not.toContain('PRIVATE');
  });

  test('never overwrites a file', () => {
    writeFileSync(join(folder, 'precious.pem'), 'precious');
    expect(run(['keygen', '--out', 'precious.pem'])).toMatchObject({
      status: 2,
      errors: expect.stringContaining('exists'),
    });
    expect(readFileSync(join(folder, 'precious.pem'), 'utf8')).toBe('precious');
  });
});
