import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const released = () => stage.records().filter((record) => record.kind === 'released');

/** The branch shows another commit for a moment, then the approved one again. */
async function thereAndBack(sha: string): Promise<string> {
  const { sandbox, repo } = stage;
  const main = sandbox.branchHead(repo, 'main') ?? '';
  const files = { 'infra/evil.tf': '# for a moment\n' };
  const other = await sandbox
    .as(AGENT)
    .commit(repo, 'copilot/change', { files, message: 'Other', parents: [main], force: true });
  await stage.settle();
  expect(stage.check(other.sha)?.conclusion).toBe('action_required');
  await sandbox.as(AGENT).forcePush(repo, 'copilot/change', sha);
  await stage.settle();
  return other.sha;
}

describe('C34 A-B-A force push', () => {
  test('a review of A stays void when A comes back, and the log names both heads', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');

    const other = await thereAndBack(pull.headSha);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toContain('given before a force push');
    const superseded = stage.records().filter((record) => record.kind === 'superseded');
    expect(superseded.map((record) => record['headSha'])).toEqual([pull.headSha, other]);

    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    // The second release of the same head is a record of its own.
    expect(released()).toHaveLength(2);
  });

  test('a button that was pressed for A has to be pressed again', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage);
    await stage.press('bob', pull.headSha, 'countersign', 'Approve');
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');

    await thereAndBack(pull.headSha);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');

    await stage.press('bob', pull.headSha, 'countersign', 'Approve');
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(released()).toHaveLength(2);
  });
});
