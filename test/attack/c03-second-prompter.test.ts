import { afterEach, describe, expect, test } from 'vitest';
import { approve, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Alice assigned the issue; Bob asked the agent for the last change and approves what alice is known to have started. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function promptedTwice(): Promise<Opened> {
  stage = await openStage();
  const { sandbox, repo } = stage;
  const pull = await agentPullRequest(stage, { prompter: 'alice' });
  await sandbox.as('bob').timelineEvent(repo, pull.number, 'copilot_work_started');
  const { sha } = await sandbox
    .as(AGENT)
    .commit(repo, 'copilot/change', { files: { 'infra/b.tf': '# asked for by bob\n' }, message: 'More' });
  await stage.settle();
  return { number: pull.number, headSha: sha };
}

describe('C3 second prompter', () => {
  test('neither of two prompters may approve, nor both together', async () => {
    const pull = await promptedTwice();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'alice', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage).toSorted()).toEqual(['alice reviewer-is-party: sponsor', 'bob reviewer-is-party: sponsor']);
  });

  test('a reviewer who asks for one more change after the approval takes it back by that', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage, { prompter: 'alice' });
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    await sandbox.as('bob').timelineEvent(repo, pull.number, 'copilot_work_started');
    const { sha } = await sandbox
      .as(AGENT)
      .commit(repo, 'copilot/change', { files: { 'infra/b.tf': '# asked for by bob\n' }, message: 'More' });
    await stage.settle();
    await approve(stage, 'bob', { ...pull, headSha: sha });
    expect(stage.check(sha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: sponsor']);
  });

  test('honest: a third human releases it', async () => {
    const pull = await promptedTwice();
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['carol']);
  });
});
