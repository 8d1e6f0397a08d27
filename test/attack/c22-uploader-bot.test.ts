import { afterEach, describe, expect, test } from 'vitest';
import { approve, field, pullRequestOf, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A bot uploads and opens, so that pusher and opener are no person; the author is the one who approves. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function uploaded(): Promise<Opened> {
  stage = await openStage();
  const uploader = 'uploader[bot]';
  stage.sandbox.user(uploader, { type: 'Bot', id: 7_000_001 });
  const { email } = stage.sandbox.user('bob');
  return pullRequestOf(stage, uploader, [
    {
      message: 'Change',
      author: { name: 'bob', email },
      committer: { name: uploader, email: 'uploader@shop.example' },
    },
  ]);
}

describe('C22 uploader bot', () => {
  test('the author behind the uploader is refused', async () => {
    const pull = await uploaded();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: author']);
  });

  test('nobody knows what an unlisted uploader does, so the change counts as suspected', async () => {
    await uploaded();
    expect(field(field(recordsOf(stage, 'requested')[0], 'classification'), 'class')).toBe('suspected');
  });

  test('squashed by the bot, the author is still known at the deployment', async () => {
    const pull = await uploaded();
    await approve(stage, 'carol', pull);
    const { sha } = await stage.sandbox.as('uploader[bot]').merge(stage.repo, pull.number, { method: 'squash' });
    await stage.settle();
    const run = await stage.deploy('carol');
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage)[0]).toMatch(/^bob reviewer-is-party: /);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('honest: somebody else releases it', async () => {
    const pull = await uploaded();
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['carol']);
  });
});
