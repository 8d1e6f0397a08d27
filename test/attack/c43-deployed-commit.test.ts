import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateGiven, GateRun, GateStage } from '../support/gate-stage.ts';

let world: GateStage;
let run: GateRun;
let checkout = '';

const git = (...args: readonly string[]) => promisify(execFile)('git', ['-C', checkout, ...args]);
const said = async (given: GateGiven = {}, of = run): Promise<string | undefined> =>
  (await world.gate(of, { workspace: checkout, ...given })).code;

beforeAll(async () => {
  world = await openGateStage();
  run = await world.released();
  checkout = mkdtempSync(join(tmpdir(), 'gate-checkout-'));
  await git('clone', '--quiet', world.stage.sandbox.cloneUrl(world.stage.repo), '.');
});

afterAll(async () => {
  rmSync(checkout, { recursive: true, force: true });
  await world.close();
});

describe('C43 the approved commit is not the commit that is deployed', () => {
  test('the gate passes on the commit that was approved, and files that are none of its are no matter', async () => {
    writeFileSync(join(checkout, 'tf.plan'), 'made by an earlier step\n');
    expect(await said()).toBe('gate-passed');
    expect(await said({ inputs: { 'working-directory': 'infra' } })).toBe('gate-passed');
  });

  test('a checkout of another commit is stopped', async () => {
    await git('checkout', '--quiet', 'HEAD~1');
    expect(await said()).toBe('checkout-differs');
    await git('checkout', '--quiet', run.sha);
  });

  test.each([
    ['changed', () => Promise.resolve(appendFileSync(join(checkout, 'infra/main.tf'), '# more\n'))],
    ['changed and staged', async () => (appendFileSync(join(checkout, 'README.md'), 'x'), git('add', 'README.md'))],
    ['deleted', () => Promise.resolve(rmSync(join(checkout, 'README.md')))],
  ])('a file of the commit that was %s is stopped', async (_, change) => {
    await change();
    expect(await said()).toBe('checkout-modified');
    await git('reset', '--quiet', '--hard', run.sha);
  });

  test.each(['--assume-unchanged', '--skip-worktree'])(
    'a changed file that git is told not to look at (%s) is stopped',
    async (how) => {
      await git('update-index', how, 'infra/main.tf');
      appendFileSync(join(checkout, 'infra/main.tf'), '# more\n');
      expect(await said()).toBe('checkout-modified');
      await git('update-index', how.replace('--', '--no-'), 'infra/main.tf');
      await git('reset', '--quiet', '--hard', run.sha);
      expect(await said()).toBe('gate-passed');
    },
  );

  test('variables of an earlier step do not lead git elsewhere', async () => {
    appendFileSync(join(checkout, 'infra/main.tf'), '# more\n');
    const env = {
      GIT_DIR: join(tmpdir(), 'elsewhere'),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.worktree',
      GIT_CONFIG_VALUE_0: '/',
    };
    expect(await said({ env })).toBe('checkout-modified');
    await git('reset', '--quiet', '--hard', run.sha);
  });

  test('a workflow file of another commit or repository is stopped', async () => {
    expect(await said({ env: { GITHUB_WORKFLOW_SHA: '1'.repeat(40) } })).toBe('workflow-differs');
    const other = 'evil/shop/.github/workflows/deploy.yml@refs/heads/main';
    expect(await said({ env: { GITHUB_WORKFLOW_REF: other } })).toBe('workflow-differs');
  });

  test('a folder that says that it is a checkout and is none is stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-checkout-'));
    writeFileSync(join(folder, '.git'), 'gitdir: nowhere\n');
    expect(await said({ workspace: folder })).toBe('checkout-unreadable');
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('C44 the tag is moved after the approval', () => {
  const as = () => world.stage.sandbox.as('alice');

  test.each([
    ['a lightweight tag', undefined],
    ['an annotated tag', 'a release'],
  ])('%s', async (name, message) => {
    const { repo } = world.stage;
    const tag = `v-${name.split(' ')[1]}`;
    const options = message === undefined ? {} : { message };
    const of = await world.released({ ref: tag, ...options });
    const given = { workspace: world.workspace };
    expect(await said(given, of)).toBe('gate-passed');
    await as().tag(repo, tag, { to: run.sha, ...options });
    expect(await said(given, of)).toBe('tag-moved');
    await as().tag(repo, tag, { to: of.sha, ...options });
    expect(await said(given, of)).toBe('gate-passed');
  });

  test('a branch of the same name does not stand for the tag', async () => {
    const { sandbox, repo } = world.stage;
    const of = await world.released({ ref: 'v-both' });
    await as().updateRef(repo, 'v-both', run.sha);
    expect(await said({ workspace: world.workspace }, of)).toBe('gate-passed');
    await as().tag(repo, 'v-both', { to: run.sha });
    await as().updateRef(repo, 'v-both', of.sha);
    expect(await said({ workspace: world.workspace }, of)).toBe('tag-moved');
    expect(sandbox.branchHead(repo, 'v-both')).toBe(of.sha);
  });
});

// The App holds such a run (c66-fork-head); a workflow that took the gate away there still stops at the gate here.
describe('C66 a privileged trigger runs the head of a fork', () => {
  const sha = 'b'.repeat(40);

  test.each([
    ['pull_request_target', { pull_request: { head: { sha, repo: { id: 1 } } } }],
    ['pull_request_target', { pull_request: { head: { sha, repo: null } } }],
    ['workflow_run', { workflow_run: { head_repository: { id: 1 } } }],
  ])('%s of another repository is stopped', async (name, event) => {
    expect(await said({ event, env: { GITHUB_EVENT_NAME: name }, workspace: world.workspace })).toBe('head-from-fork');
  });

  test('the head of a pull request is not what the base branch was approved as', async () => {
    const id = Number(world.stage.sandbox.jobVariables(run.runId, 'deploy').env['GITHUB_REPOSITORY_ID']);
    const event = { pull_request: { head: { sha, repo: { id } } } };
    const env = { GITHUB_EVENT_NAME: 'pull_request_target' };
    expect(await said({ event, env, workspace: world.workspace })).toBe('release-of-other-commit');
  });
});
