import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { createLog, recordBytes } from '../support/evidence-log.ts';
import type { LogBuilder } from '../support/evidence-log.ts';
import { commitFiles, evidenceBranch, git } from '../support/evidence-repository.ts';
import { expectRefused } from '../support/runner/bad-input.ts';
import { runAction } from '../support/runner/run-action.ts';
import type { ActionOptions, ActionRun } from '../support/runner/run-action.ts';

const repo = 'acme/shop';

let sandbox: Sandbox;
let folder = '';
let temp = '';
let runId = 0;
let log: LogBuilder;
let files: ReadonlyMap<string, Uint8Array>;
/** Signed when the log had two records. */
let older = '';

/** A program on the PATH before git's own: writes down how git is called, and calls it. */
function watchGit(): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const path = join(bin, 'git');
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$*" >> '${folder}/git-calls'\nPATH="\${PATH#*:}" exec git "$@"\n`);
  chmodSync(path, 0o755);
  return bin;
}

beforeAll(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'action-verify-'));
  sandbox.org('acme', { owners: ['alice'] });
  sandbox.user('alice');
  const { id } = sandbox.repo(repo, { by: 'alice', private: true });
  const { host } = new URL(sandbox.url);
  log = createLog(`${host}/7/${id}/1`);
  await log.append([log.opening(), heartbeat(1)]);
  older = Buffer.from(log.files.get('checkpoint') ?? '').toString();
  await log.append([heartbeat(2), heartbeat(3)]);
  files = new Map(log.files);
  await policy(formatVerifierKey(log.pin));
  const run = await sandbox.as('alice').dispatch(repo, { name: 'verify', jobs: [{ name: 'verify', manual: true }] });
  runId = run.id;
  watchGit();

  function heartbeat(second: number): Uint8Array {
    return recordBytes('heartbeat', {}, second, { host, installationId: 7, id });
  }
});

afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  temp = mkdtempSync(join(folder, 'runner-'));
  setBranch(files);
});

async function policy(key: string): Promise<void> {
  const text = `version: 1\nscope: { deployments: all, pull-requests: agent-or-infra }\ntrust: { keys: ['${key}'] }\n`;
  await sandbox.as('alice').commit(repo, 'main', { files: { '.github/countersign.yml': text }, message: 'Trust' });
}

/** The evidence branch holds just these files, in one commit. */
function setBranch(content: ReadonlyMap<string, Uint8Array>): void {
  const gitDir = sandbox.gitDir(repo);
  const reference = `refs/heads/${evidenceBranch}`;
  if (git(gitDir, ['for-each-ref', reference]) !== '') git(gitDir, ['update-ref', '-d', reference]);
  commitFiles(gitDir, content);
}

function verify(inputs: Readonly<Record<string, string>> = {}, more: Partial<ActionOptions> = {}): Promise<ActionRun> {
  return runAction({
    sandbox,
    repo,
    runId,
    job: 'verify',
    inputs: { mode: 'verify', ...inputs },
    workspace: join(temp, 'workspace'),
    permissions: { contents: 'read' },
    temp,
    env: { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` },
    ...more,
  });
}

function sinceFile(content: string): string {
  const path = join(temp, 'older-checkpoint');
  writeFileSync(path, content);
  return path;
}

const newest = (): string => Buffer.from(files.get('checkpoint') ?? '').toString();

describe('mode verify', () => {
  test('passes for a log that verifies, hands its checkpoint on, and shows its token to nobody', async () => {
    const token = sandbox.jobToken(runId, 'verify', { contents: 'read' });
    const run = await verify({}, { token });
    expect(run).toMatchObject({ exitCode: 0, outputs: { decision: 'verified', reason: 'log-verified' } });
    expect(run.outputs['checkpoint']).toBe(newest());
    expect(readFileSync(join(temp, 'countersign-checkpoint'), 'utf8')).toBe(newest());
    expect(run.stdout).toContain(`verified: 4 records of ${log.origin}`);
    expect(run.summary).toContain('The evidence verifies');
    const calls = readFileSync(join(folder, 'git-calls'), 'utf8');
    expect(calls).toContain('fetch');
    const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
    for (const secret of [token, basic])
      expect(`${calls}${run.stdout}${run.stderr}${run.summary}`).not.toContain(secret);
  });

  test('with an older checkpoint says that the log only grew', async () => {
    const run = await verify({ since: sinceFile(older) });
    expect(run).toMatchObject({ exitCode: 0, outputs: { decision: 'verified' } });
    expect(run.stdout).toContain('of the 2 records since 2');
  });

  test('finds a log that was rolled back', async () => {
    const short = createLog(log.origin);
    await short.append([short.opening()]);
    setBranch(short.files);
    const run = await verify({ since: sinceFile(newest()) });
    expect(run).toMatchObject({ exitCode: 1, outputs: { decision: 'not-verified', reason: 'since-not-a-prefix' } });
    expect(run.outputs['checkpoint']).toBe('');
  });

  test('names the first bad record', async () => {
    const path = [...files.keys()].find((name) => name.includes('000000002-')) ?? '';
    const changed = Buffer.from(
      Buffer.from(files.get(path) ?? '')
        .toString()
        .replace('heartbeat', 'heartbeas'),
    );
    setBranch(new Map([...files, [path, changed]]));
    const run = await verify();
    expect(run).toMatchObject({ exitCode: 1, outputs: { decision: 'not-verified', reason: 'log-does-not-verify' } });
    expect(run.annotations[0]?.message).toContain(path);
    expect(existsSync(join(temp, 'countersign-checkpoint'))).toBe(false);
  });

  test('does not do without an older checkpoint that got lost', async () => {
    expectRefused(await verify({ since: 'lost/checkpoint' }), 'since-unusable');
  });

  test('trusts no log of another key, and no key that the workflow brings along (C116)', async () => {
    const stranger = createLog(log.origin, [3, 4]);
    await stranger.append([stranger.opening()]);
    setBranch(stranger.files);
    const [run, brought] = await Promise.all([verify(), verify({ key: formatVerifierKey(stranger.pin) })]);
    expect(run.outputs).toMatchObject({ decision: 'not-verified', reason: 'key-does-not-match' });
    expect(brought.outputs).toMatchObject({ decision: 'not-verified', reason: 'trust-key-differs' });
  });

  test('does not take the log of another repository for this one’s, whatever the policy trusts', async () => {
    const other = createLog(`${new URL(sandbox.url).host}/7/1/1`);
    await other.append([other.opening()]);
    setBranch(other.files);
    await policy(formatVerifierKey(other.pin));
    expect((await verify()).outputs).toMatchObject({ reason: 'evidence-of-another-repository' });
  });
});
