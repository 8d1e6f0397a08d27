import { afterEach, describe, expect, test } from 'vitest';
import { askedBy, heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { AGENT, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/**
 * GitHub makes an environment without rules of every name that a workflow invents and asks nobody about it. What stands
 * against it in this version is the gate of the pull request that would bring the name in: workflows are infrastructure.
 */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const workflow = (environment: string): string =>
  `on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment: ${environment}\n    steps: [{ run: ./deploy }]\n`;

describe('C51 environment auto-creation', () => {
  test.each(['alice', AGENT])(
    'a pull request of %s that renames the environment is held until somebody else agrees',
    async (author) => {
      stage = await openStage();
      const { sandbox, repo } = stage;
      const file = '.github/workflows/deploy.yml';
      await sandbox
        .as('alice')
        .commit(repo, 'main', { files: { [file]: workflow('production') }, message: 'Deploy to production' });
      const { sha } = await sandbox.as(author).commit(repo, 'rename', {
        files: { [file]: workflow('production-eu') },
        message: askedBy(stage, 'alice', 'Tidy up'),
      });
      const pull = await sandbox.as(author).openPullRequest(repo, { head: 'rename', title: 'Tidy up' });
      await stage.settle();
      expect(stage.check(sha)?.conclusion).toBe('action_required');
      expect(kindsOf(stage)).not.toContain('passed');

      await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
      await stage.settle();
      expect(stage.check(sha)?.conclusion).toBe('success');
    },
  );

  test('a job of an invented environment beside a gated one opens nothing and answers nothing for the gated one', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage, [
      { name: 'innocent', environment: 'production-eu' },
      { name: 'deploy', environment: 'production' },
    ]);
    // GitHub itself let it go: it waited for nobody.
    expect(jobOf(stage, runId, 'innocent')?.conclusion).toBe('success');
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(stage.records().filter((record) => record.kind === 'requested')).toHaveLength(1);

    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
    expect(stage.records().findLast((record) => record.kind === 'authorised')).toMatchObject({
      gate: { environment: 'production' },
      jobs: [{ name: 'deploy' }],
    });
  });
});
