import { afterEach, describe, expect, test } from 'vitest';
import { approve, pullRequestOf, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Bob pushes to alice's branch, with alice as author and committer; only GitHub's own list of pushes names him. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** Alice's identity in a commit that bob makes. */
const asAlice = (): {
  readonly author: { name: string; email: string };
  readonly committer: { name: string; email: string };
} => {
  const { email } = stage.sandbox.user('alice');
  return { author: { name: 'alice', email }, committer: { name: 'alice', email } };
};

async function pushedByBob(): Promise<Opened> {
  stage = await openStage();
  return pullRequestOf(stage, 'alice', [
    { message: 'Mine' },
    { message: 'Also hers, it says', by: 'bob', ...asAlice() },
  ]);
}

describe('C10 last pusher', () => {
  test('whoever pushed is refused, although git names only somebody else', async () => {
    const pull = await pushedByBob();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: pusher']);
  });

  test('whoever pushed once stays refused after others have pushed over it', async () => {
    const pull = await pushedByBob();
    const before = stage.sandbox.branchHead(stage.repo, 'main') ?? '';
    const { sha } = await stage.sandbox.as('alice').commit(stage.repo, 'change', {
      files: { 'infra/main.tf': '# mine alone' },
      message: 'Mine',
      parents: [before],
      force: true,
    });
    await stage.settle();
    await approve(stage, 'bob', { ...pull, headSha: sha });
    expect(stage.check(sha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: pusher']);
  });

  test('whoever pushed to a branch that is gone by now is refused at the deployment', async () => {
    const pull = await pushedByBob();
    await approve(stage, 'carol', pull);
    const { sha } = await stage.sandbox.as('carol').merge(stage.repo, pull.number);
    await stage.sandbox.as('alice').deleteBranch(stage.repo, 'change');
    await stage.settle();
    const run = await stage.deploy('carol', { event: 'push' });
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: pusher']);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('honest: somebody who pushed nothing releases it', async () => {
    const pull = await pushedByBob();
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['carol']);
  });
});
