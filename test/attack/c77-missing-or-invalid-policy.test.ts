import { afterEach, describe, expect, test } from 'vitest';
import { createGitHubClient } from '../../adapters/github/client.ts';
import { createGitHubPolicySource } from '../../adapters/github/github-policy-source.ts';
import type { Fault } from '../../sandbox/sandbox.ts';
import { git } from '../support/evidence-repository.ts';
import { approve, field, recordsOf } from '../support/reviewing.ts';
import { quickTimer } from '../support/quick-timer.ts';
import { agentPullRequest, oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Every way in which the policy can be missing, unreadable or wrong holds, and says which; the table of texts is in test/unit/policy. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const POLICY = '.github/countersign.yml';
const FOLDER = /\/contents\/\.github$/;
const BRANCH = /\/git\/ref\/heads(\/|%2F)main$/;
const BLOB = /\/git\/blobs\/[0-9a-f]{40}$/;

/** An agent's pull request that bob, who may, has approved; answers its head. */
async function approved(): Promise<string> {
  const pull = await agentPullRequest(stage);
  await approve(stage, 'bob', pull);
  return pull.headSha;
}

async function look(): Promise<void> {
  await stage.app().sweep();
  await stage.settle();
}

async function commitPolicy(text: string): Promise<void> {
  await stage.sandbox.as('alice').commit(stage.repo, 'main', { files: { [POLICY]: text }, message: 'Policy' });
  await stage.settle();
}

/** The policy as a symbolic link to a file that no rule about the policy guards. */
async function linkPolicy(): Promise<void> {
  const { sandbox, repo } = stage;
  const dir = sandbox.gitDir(repo);
  const target = git(dir, ['hash-object', '-w', '--stdin'], '../docs/policy.yml');
  git(dir, ['read-tree', 'refs/heads/main']);
  git(dir, ['update-index', '--index-info'], `120000 ${target}\t${POLICY}\n`);
  const commit = git(dir, ['commit-tree', git(dir, ['write-tree']), '-p', 'refs/heads/main', '-m', 'Link']);
  await sandbox.as('alice').updateRef(repo, 'main', commit);
  await stage.settle();
  await look();
}

function expectHeld(sha: string, reason: RegExp): void {
  const check = stage.check(sha);
  expect(`${check?.conclusion} ${check?.summary}`).toMatch(reason);
  expect(check?.conclusion).toBe('action_required');
  expect(recordsOf(stage, 'released')).toEqual([]);
}

async function expectReleasedAfterwards(sha: string): Promise<void> {
  await look();
  expect(stage.check(sha)?.conclusion).toBe('success');
}

describe('C77 a policy that cannot be fetched', () => {
  const rows: readonly (readonly [name: string, path: RegExp, answer: Fault['do'], says: RegExp])[] = [
    ['403 on the folder', FOLDER, { status: 403, body: { message: 'Resource not accessible' } }, /answered 403/],
    ['404 of the branch', BRANCH, { status: 404, body: { message: 'Not Found' } }, /git.ref.*answered 404/],
    ['404 of the file that the folder lists', BLOB, { status: 404, body: { message: 'Not Found' } }, /answered 404/],
    ['500', FOLDER, { status: 500, body: { message: 'Server Error' } }, /answered 500/],
    ['a dropped connection', BRANCH, 'drop', /was not answered/],
    ['a cut answer', FOLDER, 'truncate', /was not answered|malformed/],
    ['something that is no folder', FOLDER, { status: 200, body: { type: 'file' } }, /policy-unreadable/],
    ['null', FOLDER, { status: 200, body: null }, /policy-unreadable/],
  ];

  test('holds an approved pull request whatever goes wrong, says what, and goes on when it can be read', async () => {
    stage = await openStage({ start: quickTimer });
    let sha = '';
    for (const [name, path, answer, says] of rows) {
      stage.sandbox.faults.clear();
      stage.sandbox.faults.add({ path, when: 'before', times: 1_000, do: answer });
      // A text that was read before is known by its object id and not asked for again.
      if (path === BLOB) await commitPolicy(`${oneSeatPolicy('a'.repeat(40))}# another text\n`);
      if (sha === '') sha = await approved();
      else await look();
      const summary = stage.check(sha)?.summary?.replaceAll('\\', '');
      expect(summary, name).toMatch(/policy-unreadable/);
      expect(summary, name).toMatch(says);
      expectHeld(sha, /policy-unreadable/);
    }
    stage.sandbox.faults.clear();
    await expectReleasedAfterwards(sha);
  }, 60_000);

  test('that is not answered in time is unreadable', async () => {
    stage = await openStage({ start: quickTimer });
    const { config } = stage;
    const client = createGitHubClient({
      ...config,
      host: config.githubHost,
      baseUrl: config.apiBaseUrl,
      privateKeyPem: config.privateKey,
      clock: stage.sandbox.clock,
      sleep: async () => {},
      timeoutMs: 300,
    });
    await agentPullRequest(stage);
    const repository = stage.records()[0]?.['repository'];
    const ref = {
      host: config.githubHost,
      installationId: Number(field(repository, 'installationId')),
      id: Number(field(repository, 'id')),
      owner: 'acme',
      name: 'shop',
    };
    const facts = { ref, defaultBranch: 'main', private: false, ownerType: 'Organization' } as const;
    const read = () => createGitHubPolicySource(client).read(facts);
    expect(await read()).toMatchObject({ kind: 'found' });
    stage.sandbox.faults.add({ path: FOLDER, when: 'before', times: 3, do: 'hang' });
    expect(await read()).toMatchObject({ kind: 'unreadable', detail: expect.stringMatching(/was not answered/) });
  });

  test('because it is larger than 1 MB, or a symbolic link, is unreadable', async () => {
    stage = await openStage({ start: quickTimer });
    await commitPolicy(`# ${'x'.repeat(1_200_000)}\n`);
    const sha = await approved();
    expectHeld(sha, /policy-unreadable.*larger than 1 MB/);
    await linkPolicy();
    expectHeld(sha, /policy-unreadable.*no plain file/);
    await commitPolicy(oneSeatPolicy(stage.sandbox.branchHead(stage.repo, 'main') ?? ''));
    await expectReleasedAfterwards(sha);
  });
});

describe('C77 a policy that is not one', () => {
  const texts: readonly (readonly [name: string, text: string, says: RegExp])[] = [
    ['empty', '', /is empty/],
    ['an empty map', '{}\n', /version is missing/],
    ['a tab', 'version: 1\nscope:\n\tdeployments: all\n', /line 3/],
    ['a key that stands twice', 'version: 1\nversion: 1\n', /unique/],
    ['an unknown key', 'version: 1\nallow: everyone\n', /allow/],
    ['a bomb of anchors', 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n', /Anchors|Aliases/],
    ['300 KB', `# ${'x'.repeat(300_000)}\n`, /larger than 256 KiB/],
    ['another type', '- everyone\n', /must be a map/],
    ['markers of a merge conflict', 'version: 1\n<<<<<<< HEAD\n=======\n>>>>>>> x\n', /merge conflict/],
    ['a text hidden by its direction', 'version: 1 # \u202eall\n', /invisible/],
  ];

  test('holds what was approved and shows on the check what is wrong, until it is mended', async () => {
    stage = await openStage({ start: quickTimer });
    await commitPolicy('nonsense');
    const sha = await approved();
    for (const [name, text, says] of texts) {
      await commitPolicy(text);
      expect(stage.check(sha)?.summary?.replaceAll('\\', ''), name).toMatch(says);
      expectHeld(sha, /policy-invalid/);
    }
    await commitPolicy(oneSeatPolicy(stage.sandbox.branchHead(stage.repo, 'main') ?? ''));
    expect(stage.check(sha)?.conclusion).toBe('success');
  }, 60_000);

  test('holds a deployment too, also one whose seats would all be filled', async () => {
    stage = await openStage({ start: quickTimer, policy: 'version: 2\n' });
    const run = await stage.deploy('carol');
    const sha = stage.sandbox.branchHead(stage.repo, 'main') ?? '';
    await stage.press('dave', sha, 'countersign deploy: production', 'Approve');
    expect(stage.sandbox.runState(run).reports[0]?.comment).toMatch(/policy.+invalid/);
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
  });

  test('honest: none at all is no fault, the built-in strict policy judges', async () => {
    stage = await openStage({ start: quickTimer, policy: null });
    const sha = await approved();
    expect(stage.check(sha)?.conclusion).toBe('success');
    expect(recordsOf(stage, 'requested')[0]?.['policySource']).toBe('built-in');
  });
});
