import { afterEach, describe, expect, test } from 'vitest';
import { codeOn, kindsOf } from '../support/held-deployment.ts';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const push = async (): Promise<string> => {
  const files = { 'infra/more.tf': '# while the page was open\n' };
  const { sha } = await stage.sandbox.as(AGENT).commit(stage.repo, 'copilot/change', { files, message: 'More' });
  await stage.settle();
  return sha;
};
const say = async (number: number, body: string): Promise<void> => {
  await stage.sandbox.as('bob').comment(stage.repo, number, body);
  await stage.settle();
};

describe('C30 push between page view and click', () => {
  test('the button of the request before the push releases neither head', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage);
    const after = await push();
    await stage.press('bob', pull.headSha, 'countersign', 'Approve');
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(after)?.conclusion).toBe('action_required');
    expect(kindsOf(stage)).not.toContain('reviewed');

    await stage.press('bob', after, 'countersign', 'Approve');
    expect(stage.check(after)?.conclusion).toBe('success');
  });

  test('a click that was on its way while the head moved answers the head that was shown', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage);
    const check = stage.check(pull.headSha);
    stage.sandbox.webhooks.pause();
    await stage.sandbox
      .as('bob')
      .clickCheckAction(stage.repo, check?.id ?? 0, `approve:${codeOn(stage, pull.headSha)}`);
    const files = { 'infra/more.tf': '# overtakes the click\n' };
    const { sha } = await stage.sandbox.as(AGENT).commit(stage.repo, 'copilot/change', { files, message: 'More' });
    await stage.sandbox.webhooks.resume();
    await stage.settle();
    expect(stage.check(sha)?.conclusion).toBe('action_required');
    expect(kindsOf(stage)).not.toContain('released');

    await stage.press('bob', sha, 'countersign', 'Approve');
    expect(stage.check(sha)?.conclusion).toBe('success');
  });

  test('a command with the code of the request before the push is told that nothing is asked under it', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage);
    const old = codeOn(stage, pull.headSha);
    const after = await push();
    await say(pull.number, `/countersign approve ${old}`);
    expect(stage.check(after)?.conclusion).toBe('action_required');
    expect(stage.sandbox.comments(stage.repo, pull.number).at(-1)).toMatchObject({
      author: 'countersign[bot]',
      body: expect.stringContaining('belongs to no request that is held here now'),
    });

    await say(pull.number, `/countersign approve ${codeOn(stage, after)}`);
    expect(stage.check(after)?.conclusion).toBe('success');
  });
});
