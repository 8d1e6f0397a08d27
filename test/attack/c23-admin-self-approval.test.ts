import { afterEach, describe, expect, test } from 'vitest';
import { approveByCommand, pullRequestOf, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Alice owns the organisation and administers the repository. No role makes her two people. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const head = (): string => stage.sandbox.branchHead(stage.repo, 'main') ?? '';

describe('C23 administrator approves herself', () => {
  test('an owner who asks is refused by button and by command', async () => {
    stage = await openStage();
    const pull = await pullRequestOf(stage, 'alice', [{ message: 'Change' }]);
    await stage.press('alice', pull.headSha, 'countersign', 'Approve');
    await approveByCommand(stage, 'alice', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(
      Array<string>(2).fill('alice reviewer-is-party: author, committer, pull-request-author, pusher'),
    );
  });

  test('an owner who starts a deployment is refused at the prompt and by the button', async () => {
    stage = await openStage({ environment: { reviewers: ['alice'] } });
    const run = await stage.deploy('alice');
    await stage.sandbox.as('alice').reviewDeployment(run, { environments: ['production'], state: 'approved' });
    await stage.settle();
    await stage.press('alice', head(), PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(recordsOf(stage, 'authorised')).toEqual([]);
    expect(refusals(stage)).toHaveLength(2);
  });

  test('an owner of a repository of his own is refused as well', async () => {
    stage = await openStage({ owner: 'alice' });
    await stage.deploy('alice');
    await stage.press('alice', head(), PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    await stage.press('bob', head(), PRODUCTION_CHECK, 'Approve');
    expect(releasedBy(stage)).toEqual(['bob']);
  });

  test('an owner who goes past the gate is recorded as that, never as a release', async () => {
    stage = await openStage();
    const run = await stage.deploy('alice');
    await stage.sandbox.as('alice').bypass(run);
    await stage.settle();
    expect(recordsOf(stage, 'authorised')).toEqual([]);
    expect(recordsOf(stage, 'bypassed')[0]?.['by']).toMatchObject({ login: 'alice' });
  });

  test('honest: an owner who had no part may countersign like everybody else', async () => {
    stage = await openStage();
    const pull = await pullRequestOf(stage, 'bob', [{ message: 'Change' }]);
    await stage.sandbox.as('alice').review(stage.repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['alice']);
  });
});
