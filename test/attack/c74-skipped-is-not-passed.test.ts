import { afterEach, describe, expect, test } from 'vitest';
import { approve } from '../support/reviewing.ts';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** GitHub takes a skipped job for a passed one. Our check is written by the App alone: what does not happen makes nothing green. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function open(): Promise<Stage> {
  stage = await openStage();
  stage.sandbox.requireCheck(stage.repo, 'main', 'countersign', 'countersign');
  return stage;
}

const conclusions = (sha: string): readonly (string | null)[] =>
  stage.sandbox.checkRuns(stage.repo, sha).map(({ conclusion }) => conclusion);
const merge = (number: number): Promise<unknown> => stage.sandbox.as('alice').merge(stage.repo, number);

describe('C74 skipped equals passed', () => {
  test('a commit that asks to be skipped by every CI is held like any other', async () => {
    await open();
    const { sandbox, repo } = stage;
    const message = 'Change [skip ci]\n\nskip-checks: true';
    const { sha } = await sandbox.as(AGENT).commit(repo, 'copilot/skip', { files: { 'infra/s.tf': 's' }, message });
    const pull = await sandbox.as(AGENT).openPullRequest(repo, { head: 'copilot/skip', title: '[skip ci] Change' });
    await stage.settle();
    expect(conclusions(sha)).toEqual(['action_required']);
    await expect(merge(pull.number)).rejects.toThrow(/countersign/);
  });

  test('a head that the App never heard of has no check, and none is not a green one', async () => {
    await open();
    const stopDropping = stage.sandbox.webhooks.drop(() => true);
    const pull = await agentPullRequest(stage);
    await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(conclusions(pull.headSha)).toEqual([]);
    await expect(merge(pull.number)).rejects.toThrow(/countersign/);
    stopDropping();
    await stage.app().sweep();
    await stage.settle();
    expect(conclusions(pull.headSha)).toEqual(['success']);
  });

  test('a check that is asked to run again is judged again, not passed', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    const check = stage.check(pull.headSha);
    await stage.sandbox.as('alice').rerequestCheck(stage.repo, check?.id ?? 0);
    await stage.settle();
    expect(conclusions(pull.headSha)).toEqual(['action_required']);
  });

  test('closed and opened again, the head is held again', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    for (const state of ['closed', 'open'] as const) {
      await stage.sandbox.as('alice').editPullRequest(stage.repo, pull.number, { state });
      await stage.settle();
      expect(conclusions(pull.headSha)).toEqual(['action_required']);
    }
    expect(stage.records().map(({ kind }) => kind)).not.toContain('released');
  });

  test('honest: a real review by a distinct human makes it green', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    await approve(stage, 'bob', pull);
    expect(conclusions(pull.headSha)).toEqual(['success']);
    await merge(pull.number);
    await stage.settle();
  });
});
