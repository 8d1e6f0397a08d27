import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evidenceBranch, git } from '../support/evidence-repository.ts';
import { runAction } from '../support/runner/run-action.ts';
import { runVerify } from '../support/run-verify.ts';
import { DECIDE, openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from '../support/standalone-stage.ts';

/**
 * C101 without the App: the whole jobs, after somebody who can push has put back what the log remembers and has hidden what the
 * evidence branch holds, by fast-forwards only. Which states there are is in c101-store-put-back.test.ts.
 */

const BRANCH = `refs/heads/${evidenceBranch}`;
const STORE = 'refs/countersign/log';

let world: StandaloneStage;
let run: StandaloneRun;
let remote = '';
let folder = '';

beforeAll(async () => {
  world = await openStandaloneStage();
  folder = mkdtempSync(join(tmpdir(), 'rolled-back-'));
  remote = world.sandbox.gitDir(world.repo);
  run = await world.run();
  await world.sandbox.as('dave').review(world.repo, await world.askForReview(run), { state: 'APPROVED' });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

const oldest = (ref: string): string => git(remote, ['rev-list', '--max-parents=0', ref]);
const paths = (): string[] => git(remote, ['ls-tree', '-r', '--name-only', BRANCH, 'records/']).split('\n');
const kinds = (): string[] => paths().map((path) => /\d-([a-z-]+)\.json$/.exec(path)?.[1] ?? path);

/** By a fast-forward. */
function hide(tree: string, message: string): void {
  git(remote, ['update-ref', BRANCH, git(remote, ['commit-tree', tree, '-p', BRANCH, '-m', message])]);
}

test('a job that closes finds the release that was hidden and forgotten, and writes how it ended', async () => {
  expect(await world.decide(run)).toMatchObject({ passed: true, decision: 'release' });
  const before = paths();
  await world.sandbox.finishJob(run.runId, 'decide', 'success');
  await world.sandbox.finishJob(run.runId, 'deploy', 'success');
  git(remote, ['update-ref', STORE, oldest(STORE)]);
  hide(git(remote, ['mktree']), 'x');
  const { outputs, exitCode, stdout } = await world.step('close', run, {
    inputs: { environment: 'production', 'job-result': 'success' },
    faster: true,
  });
  expect([exitCode, outputs['reason']]).toEqual([0, 'outcome-recorded']);
  expect(stdout).toMatch(/^::warning title=Countersign[^\n]*What the log remembers was put back/m);
  expect(paths()).toEqual(expect.arrayContaining(before));
  expect(kinds().filter((kind) => kind === 'repaired')).toHaveLength(1);
});

test('a job that decides, as a runner runs it, goes on from the newest state though the store is gone', async () => {
  const since = join(folder, 'checkpoint');
  writeFileSync(since, `${git(remote, ['show', `${BRANCH}:checkpoint`])}\n`);
  const before = paths();
  git(remote, ['update-ref', '-d', STORE]);
  const older = oldest(BRANCH);
  hide(`${older}^{tree}`, git(remote, ['log', '-1', '--format=%B', older]));
  const next = await world.run();
  const { outputs, exitCode, stdout } = await runAction({
    sandbox: world.sandbox,
    repo: world.repo,
    runId: next.runId,
    job: 'decide',
    workspace: world.workspace,
    permissions: DECIDE,
    faster: true,
    inputs: { mode: 'decide', environment: 'production', 'signing-key': world.signingKeys, proposal: 'none' },
  });
  expect([exitCode, outputs['reason']]).toEqual([1, 'held-alone']);
  expect(stdout).toContain('::warning title=Countersign');
  expect(paths()).toEqual(expect.arrayContaining(before));
  expect(await runVerify(remote, evidenceBranch, world.key, since)).toContain('workflow-sealed');
});
