import { afterEach, describe, expect, test } from 'vitest';
import { approve, refusals } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A merge commit carries what neither of its sides has; GitHub signs those of its conflict editor like any merge. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function countersigned(): Promise<Opened> {
  stage = await openStage();
  const pull = await agentPullRequest(stage);
  await approve(stage, 'bob', pull);
  expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  return pull;
}

const main = (): string => stage.sandbox.branchHead(stage.repo, 'main') ?? '';

describe('C21 update-merge smuggling', () => {
  test('an update of the branch with something else in it is another head, which nobody has approved', async () => {
    const pull = await countersigned();
    const { sha } = await stage.sandbox.as('carol').commit(stage.repo, 'copilot/change', {
      files: { 'infra/smuggled.tf': '# not from main\n' },
      message: "Merge branch 'main' into copilot/change",
      parents: [pull.headSha, main()],
      web: true,
    });
    await stage.settle();
    expect(stage.check(sha)?.conclusion).toBe('action_required');
    await approve(stage, 'carol', { ...pull, headSha: sha });
    expect(stage.check(sha)?.conclusion).toBe('action_required');
    expect(refusals(stage).at(-1)).toMatch(/^carol reviewer-is-party: author, pusher/);
    await approve(stage, 'bob', { ...pull, headSha: sha });
    expect(stage.check(sha)?.conclusion).toBe('success');
  });

  test('a merge signed in the conflict editor and pushed to the base is no merge of the countersigned head', async () => {
    const pull = await countersigned();
    // Its parents, its signature and what GitHub then says of the pull request are those of the merge button.
    const { sha } = await stage.sandbox.as('carol').commit(stage.repo, 'main', {
      files: { 'infra/main.tf': '# changed on copilot/change\n', 'infra/smuggled.tf': '# from nowhere\n' },
      message: `Merge pull request #${pull.number} from acme/copilot/change`,
      parents: [main(), pull.headSha],
      web: true,
    });
    await stage.settle();
    expect(stage.sandbox.pullRequest(stage.repo, pull.number)).toMatchObject({ merged: true, mergeCommitSha: sha });
    const run = await stage.deploy('carol', { event: 'push' });
    await stage.press('carol', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).jobs[0]?.status).toBe('waiting');
    expect(refusals(stage).at(-1)).toMatch(/^carol reviewer-is-party: .*author/);
  });

  test('honest: whoever presses the merge button of a countersigned pull request is only its merger', async () => {
    const pull = await countersigned();
    const { sha } = await stage.sandbox.as('carol').merge(stage.repo, pull.number);
    await stage.settle();
    const run = await stage.deploy('carol', { event: 'push' });
    await stage.press('carol', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });
});
