import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const approve = async (number: number): Promise<unknown> =>
  stage.sandbox.as('bob').review(stage.repo, number, { state: 'APPROVED' });
const push = async (): Promise<string> => {
  const files = { 'infra/more.tf': '# after the approval\n' };
  const { sha } = await stage.sandbox.as(AGENT).commit(stage.repo, 'copilot/change', { files, message: 'More' });
  return sha;
};

describe('C29 push after approval', () => {
  test('an approval of the head before the push fills no seat of the head after it', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage);
    await approve(pull.number);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    const after = await push();
    await stage.settle();
    expect(stage.check(after)?.conclusion).toBe('action_required');
    expect(stage.check(after)?.summary).toContain(`was given for commit ${pull.headSha}`);
    expect(stage.records()).toContainEqual(expect.objectContaining({ kind: 'superseded', headSha: pull.headSha }));

    await approve(pull.number);
    await stage.settle();
    expect(stage.check(after)?.conclusion).toBe('success');
    expect(stage.records().at(-1)).toMatchObject({ kind: 'released', headSha: after });
  });

  test('a push that overtakes the approval on its way to us leaves both heads held', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage);
    stage.sandbox.webhooks.pause();
    await approve(pull.number);
    const after = await push();
    await stage.sandbox.webhooks.resume((held) => held.toReversed());
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(after)?.conclusion).toBe('action_required');

    await approve(pull.number);
    await stage.settle();
    expect(stage.check(after)?.conclusion).toBe('success');
  });
});
