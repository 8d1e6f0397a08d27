import { afterEach, describe, expect, test } from 'vitest';
import { approve, field, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** What was approved as one commit is deployed as another, of the same content: nobody has approved that one. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** The agent's pull request, countersigned by bob. */
async function approved() {
  stage = await openStage();
  const pull = await agentPullRequest(stage);
  await approve(stage, 'bob', pull);
  return pull;
}

async function expectHeldUntil(releaser: string, run: number, sha: string): Promise<void> {
  expect(stage.sandbox.effectiveReleases).toHaveLength(0);
  expect(field(recordsOf(stage, 'requested').at(-1)?.['classification'], 'class')).toBe('agent');
  await stage.press(releaser, sha, PRODUCTION_CHECK, 'Approve');
  expect(stage.sandbox.runState(run).conclusion).toBe('success');
  expect(releasedBy(stage)).toEqual([releaser]);
}

describe('C84 squash, rebase and cherry-pick', () => {
  for (const method of ['squash', 'rebase', 'merge'] as const) {
    test(`the commit of a ${method} is not released by the approval of the head that it was made of`, async () => {
      const pull = await approved();
      const { sha } = await stage.sandbox.as('carol').merge(stage.repo, pull.number, { method });
      await stage.settle();
      expect(sha).not.toBe(pull.headSha);
      const run = await stage.deploy('carol', { event: 'push' });
      await expectHeldUntil('dave', run, sha);
    });
  }

  test('whoever rebases is committer of what is deployed and fills no seat of it', async () => {
    const pull = await approved();
    const { sha } = await stage.sandbox.as('bob').merge(stage.repo, pull.number, { method: 'rebase' });
    await stage.settle();
    await stage.deploy('carol');
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage).at(-1)).toMatch(/^bob reviewer-is-party/);
  });

  test('the same content picked onto main by the prompter is not what was approved either', async () => {
    await approved();
    const { sandbox, repo } = stage;
    const { sha } = await sandbox.as('alice').commit(repo, 'main', {
      files: { 'infra/main.tf': sandbox.file(repo, 'copilot/change', 'infra/main.tf') ?? '' },
      message: `Change the infrastructure\n\nCo-authored-by: Copilot <198982749+Copilot@users.noreply.github.com>`,
    });
    const run = await stage.deploy('carol');
    await stage.press('alice', sha, PRODUCTION_CHECK, 'Approve');
    await expectHeldUntil('dave', run, sha);
  });

  test('honest: deployed as the very head that bob reviewed, his review fills the seat', async () => {
    const pull = await approved();
    const run = await stage.deploy('carol', { ref: 'copilot/change' });
    expect(stage.sandbox.runState(run).headSha).toBe(pull.headSha);
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
  });
});
