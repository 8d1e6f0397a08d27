import { afterEach, describe, expect, test } from 'vitest';
import { cloneAs } from '../support/git-clone.ts';
import { recordsOf, refusals } from '../support/reviewing.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage, StageOptions } from '../support/stage.ts';

/** What a deployment contains, and who stands behind it, however its commits came to the branch (docs/design.md 4.3). */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

interface Judged {
  readonly run: number;
  readonly range: unknown;
  readonly shas: readonly string[];
  /** Lists of which the facts file has only the first entries, by name, with how many there are. */
  readonly cut: ReadonlyMap<unknown, unknown>;
  /** Logins of everyone on the requesting side who is a person. */
  readonly people: readonly string[];
  readonly incomplete: unknown;
}

const head = (branch = 'main'): string => stage.sandbox.branchHead(stage.repo, branch) ?? '';
const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value : []);

async function open(options?: StageOptions): Promise<void> {
  stage = await openStage(options);
}

/** A deployment by carol, as it was judged when it was asked for. */
async function judged(
  options: { readonly ref?: string; readonly sha?: string; readonly environment?: string } = {},
): Promise<Judged> {
  const { environment = 'production', ...rest } = options;
  const workflow = { name: 'deploy', jobs: [{ name: 'deploy', environment }] };
  const run = await stage.sandbox.as('carol').dispatch(stage.repo, workflow, rest);
  await stage.settle();
  const record = recordsOf(stage, 'requested').at(-1);
  const facts = stage.facts(record);
  const request = facts['request'];
  return {
    run: run.id,
    range: typeof request === 'object' && request !== null && 'range' in request ? request.range : null,
    shas: listOf(facts['commits']).map(({ sha }) => String(sha)),
    cut: new Map(listOf(facts['cut']).map(({ list, count }) => [list, count])),
    people: listOf(facts['parties'])
      .filter(({ type, roles }) => type === 'User' && Array.isArray(roles) && roles.some((role) => role !== 'merger'))
      .map(({ login }) => String(login))
      .toSorted(),
    incomplete: facts['incomplete'],
  };
}

async function release(run: number, sha: string, ...by: readonly string[]): Promise<void> {
  for (const login of by) await stage.press(login, sha, PRODUCTION_CHECK, 'Approve');
  expect(stage.sandbox.runState(run).conclusion).toBe('success');
}

/** What stands on main is deployed and released, so that the next deployment begins there. */
async function releaseMain(...by: readonly string[]): Promise<string> {
  const sha = head();
  const { run } = await judged();
  await release(run, sha, ...by);
  return sha;
}

describe('how commits come to a branch', () => {
  for (const method of ['merge', 'squash', 'rebase'] as const) {
    test(`by ${method}: every commit, and everyone who asked for it, pushed or merged it by hand`, async () => {
      await open();
      const base = await releaseMain('dave');
      const pull = await agentPullRequest(stage);
      const { sha } = await stage.sandbox.as('bob').merge(stage.repo, pull.number, { method });
      await stage.settle();
      const found = await judged();
      expect(found.range).toMatchObject({ kind: 'range', baseSha: base });
      expect(found.shas.toSorted()).toEqual((method === 'merge' ? [pull.headSha, sha] : [sha]).toSorted());
      // Nobody countersigned the head, so that a merge or a rebase makes bob its author or committer.
      expect(found.people).toEqual(method === 'squash' ? ['alice', 'carol'] : ['alice', 'bob', 'carol']);
    });
  }

  test('by a merge with git itself: both sides, and whoever merged', async () => {
    await open();
    const base = await releaseMain('dave');
    const clone = await cloneAs(stage, 'bob');
    await clone.git('checkout', '--quiet', '-b', 'side');
    await clone.git('commit', '--quiet', '--allow-empty', '-m', 'on the side');
    await clone.git('checkout', '--quiet', 'main');
    await clone.git('commit', '--quiet', '--allow-empty', '-m', 'meanwhile');
    await clone.git('merge', '--quiet', '--no-ff', '-m', 'together', 'side');
    await clone.git('push', '--quiet', 'origin', 'main');
    clone.close();
    const found = await judged();
    expect(found.range).toMatchObject({ kind: 'range', baseSha: base });
    expect([found.shas.length, found.people]).toEqual([3, ['bob', 'carol']]);
  });

  test('by a cherry-pick: whoever asked the agent for the original stands behind the copy too', async () => {
    await open();
    await releaseMain('dave');
    await stage.sandbox.as('dave').updateRef(stage.repo, 'release', head());
    const pull = await agentPullRequest(stage, { prompter: 'alice' });
    await stage.sandbox.as('dave').merge(stage.repo, pull.number, { method: 'squash' });
    await stage.settle();
    const original = head();
    const clone = await cloneAs(stage, 'bob');
    await clone.git('checkout', '--quiet', 'release');
    await clone.git('cherry-pick', '-x', original);
    await clone.git('push', '--quiet', 'origin', 'release');
    clone.close();
    const found = await judged({ ref: 'release' });
    expect(found.shas).toContain(head('release'));
    expect(found.shas).not.toContain(original);
    expect(found.people).toEqual(['alice', 'bob', 'carol']);
    await stage.press('alice', head('release'), PRODUCTION_CHECK, 'Approve');
    expect(refusals(stage).at(-1)).toMatch(/^alice reviewer-is-party: .*sponsor/);
    await release(found.run, head('release'), 'dave');
  });

  test('by a cherry-pick of what nobody here knows: judged as not wholly known', async () => {
    await open();
    const message = `Picked\n\n(cherry picked from commit ${'a'.repeat(40)})\n`;
    await stage.sandbox.as('bob').commit(stage.repo, 'main', { files: { 'a.txt': 'a' }, message });
    await stage.settle();
    expect((await judged()).incomplete).toEqual(['cherry-picked-from-unknown']);
  });

  test('by a revert: a change like any other, by whoever reverted', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    await stage.sandbox.as('dave').merge(stage.repo, pull.number, { method: 'squash' });
    await stage.settle();
    await releaseMain('bob');
    const clone = await cloneAs(stage, 'bob');
    await clone.git('revert', '--no-edit', 'HEAD');
    await clone.git('push', '--quiet', 'origin', 'main');
    clone.close();
    const found = await judged();
    expect([found.shas, found.people]).toEqual([[head()], ['bob', 'carol']]);
  });

  test('named by a tag: the commits that the tag brings', async () => {
    await open();
    await releaseMain('dave');
    const clone = await cloneAs(stage, 'bob');
    await clone.git('commit', '--quiet', '--allow-empty', '-m', 'one');
    await clone.git('tag', 'v1');
    await clone.git('push', '--quiet', 'origin', 'main', 'v1');
    clone.close();
    const found = await judged({ ref: 'v1', sha: head() });
    expect(found.range).toMatchObject({ kind: 'range' });
    expect([found.shas, found.people]).toEqual([[head()], ['bob', 'carol']]);
  });
});

describe('what it is compared with', () => {
  test('a branch that left the released one: its own commits from where it left, judged as diverged', async () => {
    await open();
    const from = head();
    await stage.sandbox.as('alice').commit(stage.repo, 'main', { files: { 'a.txt': 'a' }, message: 'a' });
    await stage.settle();
    const base = await releaseMain('dave');
    const { sha } = await stage.sandbox
      .as('bob')
      .commit(stage.repo, 'other', { files: { 'b.txt': 'b' }, message: 'b', from });
    await stage.settle();
    const found = await judged({ ref: 'other' });
    expect(found.range).toMatchObject({ kind: 'diverged', baseSha: base });
    expect([found.shas, found.incomplete]).toEqual([[sha], ['range-diverged']]);
  });

  test('a branch that was forced elsewhere: what is on it now, judged as diverged', async () => {
    await open();
    const first = head();
    await stage.sandbox.as('alice').commit(stage.repo, 'main', { files: { 'a.txt': 'a' }, message: 'a' });
    await stage.settle();
    await releaseMain('dave');
    const { sha } = await stage.sandbox
      .as('bob')
      .commit(stage.repo, 'main', { files: { 'b.txt': 'b' }, message: 'b', parents: [first], force: true });
    await stage.settle();
    const found = await judged();
    expect(found.range).toMatchObject({ kind: 'diverged' });
    expect([found.shas, found.people]).toEqual([[sha], ['bob', 'carol']]);
  });

  test('a release that is not in the repository any more: everything since the one before it', async () => {
    await open();
    const first = await releaseMain('dave');
    await stage.sandbox.as('alice').commit(stage.repo, 'main', { files: { 'a.txt': 'a' }, message: 'a' });
    await stage.settle();
    const gone = await releaseMain('dave');
    await stage.sandbox.as('bob').commit(stage.repo, 'main', { files: { 'b.txt': 'b' }, message: 'b' });
    await stage.settle();
    const path = new RegExp(`/compare/${gone}\\.\\.\\.`);
    stage.sandbox.faults.add({ path, when: 'before', times: 100, do: { status: 404, body: { message: 'Not Found' } } });
    const found = await judged();
    expect(found.range).toMatchObject({ kind: 'diverged', baseSha: first });
    expect(found.shas).toEqual([gone, head()]);
    expect([found.people, found.incomplete]).toEqual([['alice', 'bob', 'carol'], ['base-replaced']]);
  });

  test('releases of which none is in the repository any more: one commit is known, and one seat more is asked', async () => {
    await open();
    const base = await releaseMain('dave');
    await stage.sandbox.as('alice').commit(stage.repo, 'main', { files: { 'a.txt': 'a' }, message: 'a' });
    await stage.settle();
    const path = /\/compare\//;
    stage.sandbox.faults.add({ path, when: 'before', times: 100, do: { status: 404, body: { message: 'Not Found' } } });
    const found = await judged();
    expect(found.range).toMatchObject({ kind: 'diverged', baseSha: base });
    expect([found.shas, found.incomplete]).toEqual([[head()], ['base-unreachable']]);
    await stage.press('dave', head(), PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(found.run).status).toBe('waiting');
    await release(found.run, head(), 'bob');
  });

  test('an environment that was never deployed to, beside one that was', async () => {
    await open();
    stage.sandbox.environment(stage.repo, 'staging', { customRule: 'countersign' });
    await releaseMain('dave');
    const found = await judged({ environment: 'staging' });
    expect(found.range).toMatchObject({ kind: 'baseline', baseSha: null });
    expect([found.shas, found.incomplete]).toEqual([[head()], ['baseline']]);
  });

  test('a rollback, and the way forward again: everything since what runs now', async () => {
    await open();
    const first = await releaseMain('dave');
    await stage.sandbox.as('alice').commit(stage.repo, 'main', { files: { 'a.txt': 'a' }, message: 'a' });
    await stage.settle();
    const second = await releaseMain('dave');
    const back = await judged({ sha: first });
    expect(back.range).toMatchObject({ kind: 'rollback', baseSha: second });
    await release(back.run, first, 'dave');
    await stage.sandbox.as('bob').commit(stage.repo, 'main', { files: { 'b.txt': 'b' }, message: 'b' });
    await stage.settle();
    const forward = await judged();
    expect(forward.range).toMatchObject({ kind: 'range', baseSha: first });
    expect([forward.shas, forward.people]).toEqual([
      [second, head()],
      ['alice', 'bob', 'carol'],
    ]);
  });

  test('more than a thousand commits: all of them are read, and whoever wrote one of them is found', async () => {
    await open();
    const base = await releaseMain('dave');
    const mallory = stage.sandbox.user('mallory');
    stage.sandbox.collaborator(stage.repo, 'mallory', 'maintain');
    let tip = base;
    for (let n = 0; n < 1_050; n += 1) {
      const author = n === 1_020 ? { author: { name: 'mallory', email: mallory.email } } : {};
      const commit = { files: {}, message: `commit ${n}`, parents: [tip], push: false, ...author };
      tip = (await stage.sandbox.as('alice').commit(stage.repo, 'main', commit)).sha;
    }
    await stage.sandbox.as('alice').updateRef(stage.repo, 'main', tip);
    await stage.settle();
    const before = stage.sandbox.requests.length;
    const found = await judged();
    const asked = stage.sandbox.requests.slice(before).map(({ route }) => route);
    expect(found.range).toMatchObject({ kind: 'range', baseSha: base });
    expect(new Set(found.shas).size).toBe(found.shas.length);
    expect([...found.cut]).toEqual([['commits', 1_050]]);
    expect(found.people).toEqual(['alice', 'carol', 'mallory']);
    // 11 pages and 11 calls for the commits, once for every look at the run.
    const pages = asked.filter((route) => route.includes('/compare/')).length;
    expect(pages % 11).toBe(0);
    expect(asked.filter((route) => route === 'graphql commits')).toHaveLength(pages);
    await stage.press('mallory', tip, PRODUCTION_CHECK, 'Approve');
    expect(refusals(stage).at(-1)).toMatch(/^mallory reviewer-is-party: author/);
  }, 120_000);
});
