import { afterEach, describe, expect, test } from 'vitest';
import { openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Bob pushes to alice's fork under her mailbox and approves her pull request: GitHub tells nobody here who pushed there. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function pullRequestFromFork(verified: boolean): Promise<{ readonly number: number; readonly headSha: string }> {
  stage = await openStage();
  const { sandbox, repo } = stage;
  sandbox.repo('alice/shop', { forkOf: repo, by: 'alice' });
  sandbox.collaborator('alice/shop', 'bob', 'write');
  const { email } = sandbox.user('alice');
  const asAlice = { author: { name: 'alice', email }, committer: { name: 'alice', email } };
  await sandbox.as(verified ? 'alice' : 'bob').commit('alice/shop', 'change', {
    files: { 'infra/main.tf': '# from the fork\n' },
    message: 'Hers, it says',
    ...asAlice,
    verified,
  });
  const pull = await sandbox.as('alice').openPullRequest(repo, { head: 'alice:change', title: 'From the fork' });
  await stage.settle();
  return pull;
}

const approve = async (by: string, number: number): Promise<void> => {
  await stage.sandbox.as(by).review(stage.repo, number, { state: 'APPROVED' });
  await stage.settle();
};

describe('C10 last pusher, through a fork', () => {
  test('one approval is not enough for unsigned commits of a fork, because it may be the pusher who gives it', async () => {
    const pull = await pullRequestFromFork(false);
    await approve('bob', pull.number);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/unattributed-commit/);
  });

  test('honest: a second distinct human releases it', async () => {
    const pull = await pullRequestFromFork(false);
    await approve('bob', pull.number);
    await approve('carol', pull.number);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test("honest: what its author signed is its author's, and one distinct human is enough", async () => {
    const pull = await pullRequestFromFork(true);
    await approve('bob', pull.number);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });
});
