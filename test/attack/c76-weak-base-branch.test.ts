import { afterEach, describe, expect, test } from 'vitest';
import { approve, field, recordsOf, refusals } from '../support/reviewing.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The agent's change goes into a branch that nobody guards, and from there to main as something else. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** The agent's commit is on `dev`, merged by alice, who prompted it, past the gate. */
async function laundered(): Promise<string> {
  stage = await openStage();
  const { sandbox, repo } = stage;
  await sandbox.as('alice').updateRef(repo, 'dev', sandbox.branchHead(repo, 'main') ?? '');
  const pull = await agentPullRequest(stage, { base: 'dev' });
  const { sha } = await sandbox.as('alice').merge(repo, pull.number);
  await stage.settle();
  return sha;
}

const classes = () => recordsOf(stage, 'requested').map((record) => field(record['classification'], 'class'));

describe('C76 weak base branch laundering', () => {
  test('merged into the unguarded branch, it is written down as passed by', async () => {
    await laundered();
    expect(field(recordsOf(stage, 'bypassed')[0]?.['by'], 'login')).toBe('alice');
  });

  test('the pull request of a person that carries it to main is judged by the commits in it', async () => {
    await laundered();
    const pull = await stage.sandbox.as('bob').openPullRequest(stage.repo, { head: 'dev', title: 'Release' });
    await stage.settle();
    expect(classes().at(-1)).toBe('agent');
    await approve(stage, 'alice', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage).at(-1)).toMatch(/^alice reviewer-is-party/);
  });

  test('moved to main without any pull request, it is found in the range of the deployment and held', async () => {
    const sha = await laundered();
    await stage.sandbox.as('bob').updateRef(stage.repo, 'main', sha);
    await stage.settle();
    await stage.deploy('carol');
    expect(classes().at(-1)).toBe('agent');
    await stage.press('alice', sha, PRODUCTION_CHECK, 'Approve');
    await stage.press('carol', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage).at(-2)).toMatch(/^alice reviewer-is-party/);
  });

  test('approved for the unguarded branch and moved on to main, its head is approved for nothing else', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    await sandbox.as('alice').updateRef(repo, 'dev', sandbox.branchHead(repo, 'main') ?? '');
    const pull = await agentPullRequest(stage, { base: 'dev' });
    await approve(stage, 'bob', pull);
    await sandbox.as('dave').updateRef(repo, 'main', pull.headSha);
    await stage.settle();
    const run = await stage.deploy('carol');
    expect(sandbox.runState(run).status).toBe('waiting');
    expect(stage.check(pull.headSha, PRODUCTION_CHECK)?.summary).toContain('into \\`dev\\`; for this deployment count');
    await stage.press('bob', pull.headSha, PRODUCTION_CHECK, 'Approve');
    expect(sandbox.runState(run).conclusion).toBe('success');
  });

  test('honest: somebody with no part in it countersigns the deployment', async () => {
    const sha = await laundered();
    await stage.sandbox.as('bob').updateRef(stage.repo, 'main', sha);
    await stage.settle();
    const run = await stage.deploy('carol');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });
});
