import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ActionFailure } from '../../../action/failure.ts';
import { readCheckout } from '../../../action/checkout.ts';

/** What a step before the gate can do to a checkout so that git says it is unchanged, and set-ups that are honest. */

const root = mkdtempSync(join(tmpdir(), 'read-checkout-'));
const original = join(root, 'original');
const place = join(root, 'place');
const WRITTEN = new Date('2026-01-01T00:00:00Z');
let head = '';

function git(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'protocol.file.allow=always'];
  return execFileSync('git', [...who, '-C', folder, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
}

function begin(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  git(folder, 'init', '--quiet');
  for (const [name, text] of Object.entries(files)) write(folder, name, text);
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message=first');
}

function write(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), text);
  utimesSync(join(folder, name), WRITTEN, WRITTEN);
}

/** Another file of the same length and time as the approved one. */
const harm = (): void => {
  write(place, 'other', 'echo harm\n');
  renameSync(join(place, 'other'), join(place, 'deploy.sh'));
};

const said = async (workspace = place, directory = '.'): Promise<unknown> => {
  try {
    const found = await readCheckout(workspace, directory, process.env);
    if (found === null) return 'nothing';
    expect(found.headSha).toBe(head);
    return found.changedCount === 0 ? 'unchanged' : found.changed;
  } catch (error) {
    if (error instanceof ActionFailure) return error.because.code;
    throw error;
  }
};

beforeAll(() => {
  const part = join(root, 'part');
  begin(part, { 'part.txt': 'a part\n' });
  begin(original, { 'deploy.sh': 'echo good\n', 'windows.txt': 'one\r\ntwo\r\n', 'big.bin': 'pointer\n' });
  git(original, 'submodule', '--quiet', 'add', part, 'part');
  git(original, 'config', '--file=.gitmodules', 'submodule.part.ignore', 'all');
  git(original, 'commit', '--quiet', '--all', '--message=second');
  head = git(original, 'rev-parse', 'HEAD');
});

beforeEach(() => {
  rmSync(place, { recursive: true, force: true });
  cpSync(original, place, { recursive: true, preserveTimestamps: true });
  git(place, 'status');
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('a changed file is seen although a step before', () => {
  test.each<[string, () => void]>([
    ['did nothing else', harm],
    [
      'leads git to another folder',
      () => {
        git(place, 'config', 'core.worktree', original);
        harm();
      },
    ],
    [
      'tells git to compare sizes and whole seconds only',
      () => {
        for (const [name, value] of [
          ['core.trustctime', 'false'],
          ['core.checkStat', 'minimal'],
        ] as const) {
          git(place, 'config', name, value);
        }
        git(place, 'update-index', '--refresh');
        harm();
      },
    ],
    [
      'puts another tree in the place of that of the commit',
      () => {
        harm();
        git(place, 'add', 'deploy.sh');
        const tree = git(place, 'write-tree');
        git(place, 'replace', `${head}^{tree}`, tree);
      },
    ],
    [
      'puts another commit in the place of the commit',
      () => {
        harm();
        git(place, 'add', 'deploy.sh');
        const other = git(place, 'commit-tree', '-m', 'other', git(place, 'write-tree'));
        git(place, 'replace', head, other);
      },
    ],
    [
      'has a program that listens for changes',
      () => {
        git(place, 'config', 'core.fsmonitor', 'true');
        git(place, 'update-index', '--fsmonitor');
        harm();
      },
    ],
    [
      'tells git to take files as they are',
      () => {
        git(place, 'config', 'core.ignoreStat', 'true');
        git(place, 'update-index', '--really-refresh');
        harm();
      },
    ],
  ])('%s', async (_, tamper) => {
    tamper();
    expect(await said()).toContain('deploy.sh');
  });

  test('has a filter that never ends, and holds on to what git leaves behind', async () => {
    writeFileSync(join(place, '.git/info/attributes'), 'deploy.sh filter=slow\n');
    git(place, 'config', 'filter.slow.clean', 'sleep 5');
    harm();
    const began = performance.now();
    await expect(readCheckout(place, '.', process.env, 200)).rejects.toThrow('git did not end within 0.2 seconds');
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test('has a filter that shows git the approved text', async () => {
    writeFileSync(join(place, '.git/info/attributes'), 'deploy.sh filter=hide\n');
    git(place, 'config', 'filter.hide.clean', 'echo echo good');
    harm();
    expect(await said()).toBe('checkout-filtered');
  });
});

describe('a submodule', () => {
  test('at another commit is seen, whatever .gitmodules says', async () => {
    git(join(place, 'part'), 'commit', '--quiet', '--allow-empty', '--message=other');
    expect(await said()).toEqual(['part']);
  });

  test('with a changed file is seen, whatever .gitmodules says', async () => {
    writeFileSync(join(place, 'part/part.txt'), 'another\n');
    expect(await said()).toEqual(['part']);
  });

  test('may have files of its own that nobody tracks', async () => {
    writeFileSync(join(place, 'part/built.txt'), 'built\n');
    expect(await said()).toBe('unchanged');
  });

  test('may be the working directory', async () => {
    expect(await said(place, 'part')).toBe('unchanged');
  });
});

describe('an honest set-up passes', () => {
  test('where the checkout is in a folder of the workspace', async () => {
    expect(await said(root, 'place')).toBe('unchanged');
    expect(await said(root)).toBe('nothing');
  });

  test('where the workspace is reached by a link', async () => {
    const link = join(root, 'link');
    symlinkSync(place, link);
    expect(await said(link)).toBe('unchanged');
  });

  test('where line ends are converted and large files are filtered', async () => {
    git(place, 'config', 'core.autocrlf', 'true');
    git(place, 'config', 'filter.lfs.clean', 'git-lfs clean -- %f');
    git(place, 'config', 'filter.lfs.process', 'git-lfs filter-process');
    git(place, 'config', 'filter.lfs.smudge', 'git-lfs smudge -- %f');
    git(place, 'config', 'filter.lfs.required', 'true');
    expect(await said()).toBe('unchanged');
  });
});
