import { afterEach, describe, expect, test } from 'vitest';
import { approve, field, pullRequestOf, recordsOf, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A commit whose author is nobody on GitHub may be the reviewer's own, so one approval is not enough for it. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const NOBODY = { name: 'Some Body', email: 'some.body@nowhere.example' };

async function byNobody(): Promise<Opened> {
  stage = await openStage();
  return pullRequestOf(stage, 'alice', [
    { message: 'Mine' },
    { message: 'Whose?', author: NOBODY, committer: NOBODY },
    { message: 'Mine again' },
  ]);
}

describe('C12 unresolvable author', () => {
  test('one approval does not release a change with a commit of nobody', async () => {
    const pull = await byNobody();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/unattributed-commit/);
    const { seats } = stage.facts(recordsOf(stage, 'requested')[0]);
    expect(Array.isArray(seats) ? seats.map((seat: unknown) => field(seat, 'rules')) : []).toContainEqual([
      'unattributed-commit',
    ]);
  });

  test('a co-author who is nobody counts as one', async () => {
    stage = await openStage();
    const message = 'Change\n\nCo-authored-by: Some Body <some.body@nowhere.example>\n';
    const pull = await pullRequestOf(stage, 'alice', [{ message }]);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/unattributed-commit/);
  });

  test('it is no different when it was pushed straight to the deployed branch', async () => {
    stage = await openStage();
    const { sha } = await stage.sandbox
      .as('alice')
      .commit(stage.repo, 'main', { files: { 'a.txt': 'a' }, message: 'Whose?', author: NOBODY, committer: NOBODY });
    await stage.settle();
    const run = await stage.deploy('carol');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).jobs[0]?.status).toBe('waiting');
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('honest: two distinct humans release it', async () => {
    const pull = await byNobody();
    await approve(stage, 'bob', pull);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['bob', 'carol']);
  });
});
