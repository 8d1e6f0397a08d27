import { afterEach, describe, expect, test } from 'vitest';
import { approve, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { AGENT, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The one who asked an agent stands in its text by login; then the login changes hands, or goes out of the text. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function askedByErin(): Promise<Opened> {
  stage = await openStage();
  const { sandbox, repo } = stage;
  sandbox.user('erin');
  sandbox.collaborator(repo, 'erin', 'maintain');
  await sandbox.as(AGENT).commit(repo, 'copilot/x', { files: { 'infra/x.tf': 'x' }, message: 'Change' });
  const body = 'Link to the session\n\n**Requested by:** @erin';
  const pull = await sandbox.as(AGENT).openPullRequest(repo, { head: 'copilot/x', title: 'x', body });
  await stage.settle();
  return pull;
}

describe('C15 login in a text', () => {
  test('renamed, the one who had it is still known; so is whoever has it now', async () => {
    const pull = await askedByErin();
    stage.sandbox.renameUser('erin', 'erika');
    stage.sandbox.user('erin', { id: 6_000_003 });
    stage.sandbox.collaborator(stage.repo, 'erin', 'maintain');
    await approve(stage, 'erika', pull);
    await approve(stage, 'erin', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage).toSorted()).toEqual(['erika reviewer-is-party: sponsor', 'erin reviewer-is-party: sponsor']);
  });

  test('taken out of the text, the asker is still known', async () => {
    const pull = await askedByErin();
    await stage.sandbox.as(AGENT).editPullRequest(stage.repo, pull.number, { body: 'Nothing to see' });
    await stage.settle();
    await approve(stage, 'erin', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['erin reviewer-is-party: sponsor']);
  });

  test('honest: somebody whom the text does not name releases it', async () => {
    const pull = await askedByErin();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
  });
});
