import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ActionFailure } from '../../../action/failure.ts';
import { digestSubjects } from '../../../action/subjects.ts';
import type { SubjectInputs } from '../../../action/subjects.ts';
import { proposalSchema } from '../../../core/proposal.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-subjects-'));
const workspace = join(folder, 'workspace');
mkdirSync(join(workspace, 'infra', 'out'), { recursive: true });
writeFileSync(join(folder, 'outside.txt'), 'outside');
writeFileSync(join(workspace, 'root.yaml'), 'kind: Pod\n');
writeFileSync(join(workspace, 'infra', 'plan.bin'), 'PK plan');
writeFileSync(join(workspace, 'infra', 'out', 'empty'), '');
writeFileSync(join(workspace, 'infra', 'huge'), 'x');
truncateSync(join(workspace, 'infra', 'huge'), 513 * 2 ** 20);
writeFileSync(join(workspace, '..two dots'), 'x');
symlinkSync(join(folder, 'outside.txt'), join(workspace, 'infra', 'leads-out'));
symlinkSync(folder, join(workspace, 'up'));
symlinkSync('plan.bin', join(workspace, 'infra', 'inside'));
symlinkSync('loop', join(workspace, 'infra', 'loop'));
execFileSync('mkfifo', [join(workspace, 'infra', 'pipe')]);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nothing: SubjectInputs = { 'working-directory': '.', plan: '', artifacts: '', manifests: '', command: '' };

function digest(inputs: Partial<SubjectInputs>, at = workspace) {
  return digestSubjects({ ...nothing, ...inputs }, { workspace: at });
}

async function codeOf(inputs: Partial<SubjectInputs>, at = workspace): Promise<string> {
  try {
    return JSON.stringify(await digest(inputs, at));
  } catch (error) {
    return error instanceof ActionFailure ? error.because.code : String(error);
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('subjects', () => {
  test('are files by their path from the root and the command by its words and directory', async () => {
    const subjects = await digest({
      'working-directory': './infra/',
      plan: 'plan.bin',
      manifests: '../root.yaml\n\n ../root.yaml',
      artifacts: './/out/../inside',
      command: "terraform apply 'plan.bin'",
    });
    const command = '{"argv":["terraform","apply","plan.bin"],"directory":"infra"}';
    expect(subjects).toEqual([
      { kind: 'plan', name: 'infra/plan.bin', sha256: sha256('PK plan') },
      { kind: 'artifact', name: 'infra/inside', sha256: sha256('PK plan') },
      { kind: 'manifest', name: 'root.yaml', sha256: sha256('kind: Pod\n') },
      { kind: 'command', name: command, sha256: sha256(command) },
    ]);
    const proposal = { environment: 'production', subjects, findings: [], moreFindings: 0, reason: '' };
    expect(proposalSchema.safeParse(proposal).success).toBe(true);
  });

  test('of another directory are others, whatever the files hold (C42)', async () => {
    const [here] = await digest({ command: 'apply' });
    const [there] = await digest({ command: 'apply', 'working-directory': 'infra' });
    expect(here?.sha256).not.toBe(there?.sha256);
  });

  test('of no inputs are none', async () => {
    expect(await digest({})).toEqual([]);
  });

  test('may begin with two dots as long as they lead nowhere', async () => {
    expect(await digest({ artifacts: '..two dots' })).toHaveLength(1);
  });
});

describe('what cannot be bound has a code of its own', () => {
  const rows: readonly (readonly [string, Partial<SubjectInputs>, string])[] = [
    ['a missing file', { plan: 'none.bin' }, 'subject-missing'],
    ['a pattern that nobody expands', { artifacts: 'infra/*.bin' }, 'subject-missing'],
    ['a file below a file', { plan: 'root.yaml/x' }, 'subject-missing'],
    ['a directory', { artifacts: 'infra' }, 'subject-is-directory'],
    ['an empty file', { artifacts: 'infra/out/empty' }, 'subject-empty'],
    ['a pipe, which would never end', { artifacts: 'infra/pipe' }, 'subject-not-a-file'],
    ['a link that leads to itself', { artifacts: 'infra/loop' }, 'subject-unreadable'],
    ['a file of more than 512 MB', { artifacts: 'infra/huge' }, 'subject-too-large'],
    ['an absolute path', { plan: join(workspace, 'root.yaml') }, 'subject-path-outside'],
    ['a path that leads out', { plan: '../outside.txt' }, 'subject-path-outside'],
    ['a link to a file outside', { artifacts: 'infra/leads-out' }, 'subject-path-outside'],
    ['a link to a folder outside', { artifacts: 'up/outside.txt' }, 'subject-path-outside'],
    ['a backslash', { plan: 'infra\\plan.bin' }, 'subject-path-odd'],
    ['a character that turns the text', { plan: 'infra/\u202enib.nalp' }, 'subject-path-odd'],
    ['an endless path', { plan: 'a/'.repeat(600) }, 'subject-path-odd'],
    ['a missing directory', { plan: 'x', 'working-directory': 'nowhere' }, 'working-directory-unusable'],
    ['a file as directory', { plan: 'x', 'working-directory': 'root.yaml' }, 'working-directory-unusable'],
    ['a directory outside', { command: 'x', 'working-directory': '..' }, 'working-directory-unusable'],
    ['an absolute directory', { command: 'x', 'working-directory': workspace }, 'working-directory-unusable'],
    ['a link as directory that leads out', { command: 'x', 'working-directory': 'up' }, 'working-directory-unusable'],
    ['more files than can be bound', { artifacts: 'root.yaml\n'.repeat(51) }, 'subjects-too-many'],
    ['a command beyond a name', { command: `echo ${'a'.repeat(2_000)}` }, 'command-too-long'],
  ];
  test.each(rows)('%s', async (_, inputs, code) => {
    expect(await codeOf(inputs)).toBe(code);
  });

  test('a checkout that is not there', async () => {
    expect(await codeOf({ plan: 'x' }, join(folder, 'nowhere'))).toBe('working-directory-unusable');
  });
});
