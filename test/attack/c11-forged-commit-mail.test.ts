import { afterEach, describe, expect, test } from 'vitest';
import { approve, field, pullRequestOf, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { AGENT, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Anyone can write anyone's mailbox into a commit: it bars the one it names and must not clear the one who pushed. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** Mallory pushes as bob to a branch for which a bot opens the pull request: she is in no field but the list of pushes. */
async function forgedAsBob(): Promise<Opened> {
  stage = await openStage({ people: ['alice', 'bob', 'carol', 'mallory'] });
  const { email } = stage.sandbox.user('bob');
  const bob = { name: 'bob', email };
  return pullRequestOf(stage, 'mallory', [{ message: 'Change', author: bob, committer: bob }], { opener: AGENT });
}

describe('C11 forged commit mail', () => {
  test('the forger is refused as the pusher', async () => {
    const pull = await forgedAsBob();
    await approve(stage, 'mallory', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['mallory reviewer-is-party: pusher']);
  });

  test('the one whose mailbox was forged is not silently allowed either', async () => {
    const pull = await forgedAsBob();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: author, committer']);
  });

  test('an author who pushed nothing makes the change a suspected one, and the record says so', async () => {
    stage = await openStage({ people: ['alice', 'bob', 'carol', 'mallory'] });
    const { email } = stage.sandbox.user('bob');
    const bob = { name: 'bob', email };
    const pull = await pullRequestOf(stage, 'mallory', [
      { message: 'Text', author: bob, committer: bob, file: 'notes.txt' },
    ]);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/author-not-pusher/);
    const [requested] = recordsOf(stage, 'requested');
    expect(field(field(requested, 'classification'), 'class')).toBe('suspected');
  });

  test('honest: somebody neither named nor pushing releases it', async () => {
    const pull = await forgedAsBob();
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['carol']);
  });
});
