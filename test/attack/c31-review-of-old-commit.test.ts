import { afterEach, describe, expect, test } from 'vitest';
import { kindsOf } from '../support/held-deployment.ts';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

describe('C31 review on an old commit', () => {
  test('a review that says APPROVED about an earlier commit of the pull request is ignored', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const files = { 'infra/more.tf': '# not what was reviewed\n' };
    const { sha } = await sandbox.as(AGENT).commit(repo, 'copilot/change', { files, message: 'More' });
    await stage.settle();

    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED', commitId: pull.headSha });
    await stage.settle();
    expect(stage.check(sha)?.conclusion).toBe('action_required');
    expect(stage.check(sha)?.summary).toContain(`was given for commit ${pull.headSha}`);
    expect(kindsOf(stage)).not.toContain('reviewed');

    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED', commitId: sha });
    await stage.settle();
    expect(stage.check(sha)?.conclusion).toBe('success');
  });

  test('nor does it release a deployment of the newer commit', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const files = { 'infra/more.tf': '# not what was reviewed\n' };
    const { sha } = await sandbox.as(AGENT).commit(repo, 'copilot/change', { files, message: 'More' });
    const run = await stage.deploy('carol', { ref: 'copilot/change' });
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED', commitId: pull.headSha });
    await stage.settle();
    expect(sandbox.runState(run).status).toBe('waiting');

    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED', commitId: sha });
    await stage.settle();
    expect(sandbox.runState(run).conclusion).toBe('success');
  });
});
