import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { utf8 } from '../../core/evidence/bytes.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { createLog, sampleLog, writeFiles } from '../support/evidence-log.ts';
import { textOf, verdictOn } from '../support/evidence-verdict.ts';
import { approve } from '../support/reviewing.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The verifier believes the pinned key and nothing that the log, its branch or any server says about itself. */

const CLI = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

let stage: Stage;
let folder = '';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-c116-'));
  stage = await openStage();
  await approve(stage, 'bob', await agentPullRequest(stage));
});

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stage.close();
});

const log = () => evidenceFiles(stage.sandbox, stage.repo);
const originOf = (files: ReadonlyMap<string, Uint8Array>): string => textOf(files, 'checkpoint').split('\n')[0] ?? '';
/** A whole log of the same name that somebody else signed, with whatever they like in it. */
const forgedLog = async () => {
  const forged = createLog(originOf(log()), [66, 67]);
  await forged.append([forged.opening()]);
  return forged;
};
/** Not in this thread: the sandbox, which serves the clone, lives in it. */
const cli = async (...args: readonly string[]): Promise<{ readonly status: number; readonly stdout: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'verify', ...args], { encoding: 'utf8' }, (error, stdout) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout });
    });
  });

describe('C116 verifier trusts the server', () => {
  test('a log that is sound in itself but signed by another key does not verify with the pinned one', async () => {
    const { files } = await forgedLog();
    expect(await verdictOn(stage, files, { pinned: false })).toMatchObject({ ok: true });
    expect(await verdictOn(stage, files)).toMatchObject({ ok: false, problem: { code: 'checkpoint-signature' } });
  });

  test('without a pinned key the result says by itself that it proves no author', async () => {
    const { files } = await forgedLog();
    const verdict = await verdictOn(stage, files, { pinned: false });
    expect(verdict.ok ? verdict.warnings.join(' ') : '').toMatch(/No key was given.*not who wrote it/);
    await writeFiles(folder, files);
    expect(await cli(folder)).toMatchObject({ status: 0, stdout: expect.stringContaining('NOT pinned') });
  });

  test('keys and words on the branch change nothing: they are named as not evidence', async () => {
    const files = log();
    const honest = await verdictOn(stage, files);
    const pinned = honest.ok ? honest.checkpointKey : '';
    const { pin } = await forgedLog();
    files.set('keys/checkpoint.vkey', utf8(`${formatVerifierKey(pin)}\n`));
    files.set('README.md', utf8('valid: true, verified by the server\n'));
    await writeFiles(folder, files);
    expect((await cli(folder, '--key', formatVerifierKey(pin))).status).toBe(1);
    const { status, stdout } = await cli(folder, '--key', pinned);
    expect(status).toBe(0);
    expect(stdout).toMatch(/not evidence, not checked: .*README.md.*keys\/checkpoint.vkey/);
  });

  test("the log of another repository does not verify with this one's key", async () => {
    const other = await sampleLog(12);
    await writeFiles(folder, other.files);
    const honest = await verdictOn(stage, log());
    expect((await cli(folder, '--key', honest.ok ? honest.checkpointKey : '')).status).toBe(1);
    expect((await cli(folder, '--key', formatVerifierKey(other.pin))).status).toBe(0);
  });

  test('honest: a repository URL is cloned by git and checked here; nobody is asked for a verdict', async () => {
    const honest = await verdictOn(stage, log());
    const key = honest.ok ? honest.checkpointKey : '';
    expect(key).not.toBe('');
    const before = stage.sandbox.requests.length;
    const { status } = await cli(stage.sandbox.cloneUrl(stage.repo), '--key', key);
    expect(status).toBe(0);
    expect(stage.sandbox.requests.length).toBe(before);
  });
});
