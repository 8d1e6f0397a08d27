import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** Mallory's pull request from her fork, and a run of its head in ours. */
async function forkRun(): Promise<{ readonly runId: number; readonly sha: string; readonly number: number }> {
  const { sandbox, repo } = stage;
  sandbox.user('mallory');
  sandbox.repo('mallory/shop', { forkOf: repo, by: 'mallory' });
  const { sha } = await sandbox
    .as('mallory')
    .commit('mallory/shop', 'gift', { files: { 'infra/main.tf': '# gift\n' }, message: 'Gift' });
  const { number } = await sandbox.as('mallory').openPullRequest(repo, { head: 'mallory:gift', title: 'Gift' });
  const run = await sandbox
    .as('carol')
    .dispatch(
      repo,
      { name: 'deploy', jobs: [{ name: 'deploy', environment: 'production' }] },
      { ref: 'gift', headRepo: 'mallory/shop', event: 'pull_request' },
    );
  await stage.settle();
  return { runId: run.id, sha, number };
}

describe('C66 head of a fork in a gated environment', () => {
  test('is never released, whoever agrees and however', async () => {
    stage = await openStage({ environment: { reviewers: ['dave'] } });
    const { sandbox, repo } = stage;
    const { runId, sha, number } = await forkRun();
    expect(sandbox.runState(runId).reports[0]?.comment).toContain('range-fork');
    for (const by of ['alice', 'bob', 'dave']) {
      await sandbox.as(by).review(repo, number, { state: 'APPROVED' });
      await stage.press(by, sha, PRODUCTION_CHECK, 'Approve');
    }
    await sandbox.as('dave').reviewDeployment(runId, { environments: ['production'], state: 'approved' });
    await stage.settleRetries();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(sandbox.effectiveReleases).toEqual([]);
    expect(kindsOf(stage)).not.toContain('authorised');
    // The pull request itself is asked about as well, before or after it.
    expect(stage.records().filter((record) => record.kind === 'requested')).toContainEqual(
      expect.objectContaining({
        request: expect.objectContaining({ range: { kind: 'fork', baseSha: null } }),
        decision: expect.objectContaining({ kind: 'hold', reason: 'range-fork' }),
      }),
    );
  });

  test('the same change from this repository is released', async () => {
    stage = await openStage();
    await forkRun();
    const { runId, sha } = await heldDeployment(stage);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
  });
});
