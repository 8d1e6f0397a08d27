import { afterEach, describe, expect, test } from 'vitest';
import { approve } from '../support/reviewing.ts';
import { askedBy } from '../support/held-deployment.ts';
import { AGENT, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const kinds = (): readonly string[] => stage.records().map(({ kind }) => kind);
const setDraft = async (number: number, draft: boolean): Promise<void> => {
  await stage.sandbox.as(AGENT).editPullRequest(stage.repo, number, { draft });
  await stage.settle();
};

async function draftOfAgent(): Promise<{ readonly number: number; readonly headSha: string }> {
  stage = await openStage();
  const { sandbox, repo } = stage;
  sandbox.requireCheck(repo, 'main', 'countersign', 'countersign');
  await sandbox
    .as(AGENT)
    .commit(repo, 'copilot/draft', { files: { 'infra/d.tf': '# d\n' }, message: askedBy(stage, 'alice', 'Draft') });
  const pull = await sandbox.as(AGENT).openPullRequest(repo, { head: 'copilot/draft', title: 'Draft', draft: true });
  await stage.settle();
  return pull;
}

describe('C73 draft toggle', () => {
  test('a draft has no green check that could stay on the commit when it is marked ready', async () => {
    const pull = await draftOfAgent();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/draft-pull-request/);
    await setDraft(pull.number, false);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await expect(stage.sandbox.as('alice').merge(stage.repo, pull.number)).rejects.toThrow(/countersign/);
    expect(kinds()).not.toContain('released');
  });

  test('turned back into a draft after its release, the check is put back with a record, and green again when ready', async () => {
    const pull = await draftOfAgent();
    await setDraft(pull.number, false);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    await setDraft(pull.number, true);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(kinds().at(-1)).toBe('revoked');
    await setDraft(pull.number, false);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(kinds().filter((kind) => kind === 'released')).toHaveLength(2);
  });

  test('a marking as ready whose delivery is lost leaves the pull request held until the sweep finds it', async () => {
    const pull = await draftOfAgent();
    await approve(stage, 'bob', pull);
    const stopDropping = stage.sandbox.webhooks.drop(() => true);
    await setDraft(pull.number, false);
    stopDropping();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await stage.app().sweep();
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });
});
