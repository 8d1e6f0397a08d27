import { afterEach, describe, expect, test } from 'vitest';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

describe('C37 dismissal resurrects an older approval', () => {
  test('approve, request changes, dismiss the latter: the approval does not come back', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const conclusion = (): string | null | undefined => stage.check(pull.headSha)?.conclusion;
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(conclusion()).toBe('success');
    const second = await sandbox.as('bob').review(repo, pull.number, { state: 'CHANGES_REQUESTED', body: 'found it' });
    await stage.settle();
    expect(conclusion()).toBe('failure');

    await sandbox.as('alice').dismissReview(repo, pull.number, second.id, 'never mind');
    await stage.settle();
    expect(conclusion()).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toContain('0 of 1 seats are filled');

    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(conclusion()).toBe('success');
    expect(stage.records().map((record) => record.kind)).toEqual(
      expect.arrayContaining(['released', 'revoked', 'rejected', 'released']),
    );
  });

  test('a mere comment after a rejection takes nothing of it back', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    await sandbox.as('bob').review(repo, pull.number, { state: 'CHANGES_REQUESTED', body: 'no' });
    await sandbox.as('bob').review(repo, pull.number, { state: 'COMMENTED', body: 'approved in spirit' });
    await sandbox.as('dave').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('failure');

    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });
});
