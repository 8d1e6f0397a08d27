import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage, StageOptions } from '../support/stage.ts';

/** Pull requests from opening to the green check, through HTTP and git. */

let stage: Stage;

async function open(options?: StageOptions): Promise<Stage> {
  stage = await openStage(options);
  return stage;
}

afterEach(async () => {
  await stage.close();
});

const approve = async (by: string, number: number, commitId?: string): Promise<void> => {
  await stage.sandbox
    .as(by)
    .review(stage.repo, number, { state: 'APPROVED', ...(commitId === undefined ? {} : { commitId }) });
  await stage.settle();
};
const conclusion = (sha: string): string | null | undefined => stage.check(sha)?.conclusion;
const kinds = (): readonly string[] => stage.records().map((record) => record.kind);

describe("an agent's pull request to infra", () => {
  test('is held with a table that says who, what, why and who may decide, and with two buttons', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    const check = stage.check(pull.headSha);
    expect(check?.conclusion).toBe('action_required');
    expect(check?.summary).toMatch(/Who wrote or started it \| \*\*agent\*\* \(copilot\)/);
    expect(check?.summary).toMatch(/Who may decide \| .*@bob/);
    expect(check?.summary).toMatch(/Who may not, and why \|.*alice: prompted GitHub Copilot, as GitHub says/);
    expect(check?.actions.map((action) => action.label)).toEqual(['Approve', 'Reject']);
    expect(stage.sandbox.pullRequest(stage.repo, pull.number).requestedReviewers.toSorted()).toEqual([
      'bob',
      'carol',
      'dave',
    ]);
  });

  test('is refused its prompter and a bot, and released by a distinct human', async () => {
    await open();
    stage.sandbox.user('coderabbitai[bot]', { type: 'Bot', id: 136_622_811 });
    const pull = await agentPullRequest(stage);
    await approve('alice', pull.number);
    await approve('coderabbitai[bot]', pull.number);
    expect(conclusion(pull.headSha)).toBe('action_required');
    expect(kinds().filter((kind) => kind === 'refused')).toHaveLength(2);
    await approve('bob', pull.number);
    expect(conclusion(pull.headSha)).toBe('success');
    expect(kinds().slice(-2)).toEqual(['reviewed', 'released']);
  });

  test('a new push voids the earlier review', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    await approve('bob', pull.number);
    const { sha } = await stage.sandbox
      .as(AGENT)
      .commit(stage.repo, 'copilot/change', { files: { 'infra/b.tf': 'b' }, message: 'more' });
    await stage.settle();
    expect(conclusion(sha)).toBe('action_required');
    await approve('bob', pull.number);
    expect(conclusion(sha)).toBe('success');
  });

  test('a dismissed review puts the check back, with a record', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    const review = await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(conclusion(pull.headSha)).toBe('success');
    await stage.sandbox.as('alice').dismissReview(stage.repo, pull.number, review.id, 'no');
    await stage.settle();
    expect(conclusion(pull.headSha)).toBe('action_required');
    expect(kinds()).toContain('revoked');
    await approve('bob', pull.number);
    expect(conclusion(pull.headSha)).toBe('success');
  });

  test('a rejection by somebody who may decide turns the check red until it is settled', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'CHANGES_REQUESTED', body: 'no' });
    await stage.settle();
    expect(conclusion(pull.headSha)).toBe('failure');
    await approve('dave', pull.number);
    expect(conclusion(pull.headSha)).toBe('failure');
    await approve('bob', pull.number);
    expect(conclusion(pull.headSha)).toBe('success');
  });

  test('a draft stays held and is judged when it is ready', async () => {
    await open();
    await stage.sandbox.as(AGENT).commit(stage.repo, 'copilot/draft', { files: { 'infra/d.tf': 'd' }, message: 'd' });
    const pull = await stage.sandbox
      .as(AGENT)
      .openPullRequest(stage.repo, { head: 'copilot/draft', title: 'd', draft: true });
    await stage.sandbox.as('alice').timelineEvent(stage.repo, pull.number, 'copilot_work_started');
    await stage.settle();
    await approve('bob', pull.number);
    expect(conclusion(pull.headSha)).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/draft-pull-request/);
    await stage.sandbox.as(AGENT).editPullRequest(stage.repo, pull.number, { draft: false });
    await stage.settle();
    expect(conclusion(pull.headSha)).toBe('success');
  });
});

describe('the check of a head', () => {
  test('two pull requests with one head are green only when both are released', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    await approve('bob', pull.number);
    expect(conclusion(pull.headSha)).toBe('success');
    await stage.sandbox
      .as('alice')
      .updateRef(stage.repo, 'release', stage.sandbox.branchHead(stage.repo, 'main') ?? '');
    const other = await stage.sandbox
      .as(AGENT)
      .openPullRequest(stage.repo, { head: 'copilot/change', base: 'release', title: 'Again' });
    await stage.sandbox.as('alice').timelineEvent(stage.repo, other.number, 'copilot_work_started');
    await stage.settle();
    expect(other.headSha).toBe(pull.headSha);
    expect(conclusion(pull.headSha)).toBe('action_required');
    await approve('bob', other.number);
    expect(conclusion(pull.headSha)).toBe('success');
  });

  test('a pull request of people that touches no infrastructure is out of scope: passed, never released', async () => {
    await open();
    const { sha } = await stage.sandbox
      .as('alice')
      .commit(stage.repo, 'docs', { files: { 'guide.md': 'text' }, message: 'Guide' });
    await stage.sandbox.as('alice').openPullRequest(stage.repo, { head: 'docs', title: 'Guide' });
    await stage.settle();
    expect(conclusion(sha)).toBe('neutral');
    expect(kinds()).toContain('passed');
    expect(kinds()).not.toContain('released');
  });

  test('a held pull request that is merged past the rule is recorded as bypassed', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    await stage.sandbox.as('alice').merge(stage.repo, pull.number);
    await stage.settle();
    expect(stage.records().find((record) => record.kind === 'bypassed')?.['by']).toMatchObject({ login: 'alice' });
  });

  test('a merge group is held with a reason of its own', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    const group = await stage.sandbox.as('bob').mergeGroup(stage.repo, [pull.number]);
    await stage.settle();
    expect(conclusion(group.headSha)).toBe('failure');
    expect(stage.check(group.headSha)?.summary).toMatch(/merge-group-unsupported/);
  });
});

describe('a policy that cannot be used', () => {
  test('holds everything and names line and fault on the check', async () => {
    await open({ policy: 'version: 1\nrules:\n  - id: x\n    wen: { agent: true }\n' });
    const pull = await agentPullRequest(stage);
    await approve('bob', pull.number);
    expect(conclusion(pull.headSha)).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/policy-invalid.*line \d+/);
  });

  test('mended on the default branch, lets the held request be judged again', async () => {
    await open({ policy: 'version: 1\nnonsense: true\n' });
    const pull = await agentPullRequest(stage);
    await approve('bob', pull.number);
    expect(conclusion(pull.headSha)).toBe('action_required');
    await stage.sandbox
      .as('alice')
      .commit(stage.repo, 'main', { files: { '.github/countersign.yml': null }, message: 'Remove' });
    await stage.settle();
    expect(conclusion(pull.headSha)).toBe('success');
    expect(kinds()).toContain('policy-changed');
  });
});

describe('commands', () => {
  test('approve needs the code of the request; status tells how it stands', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    await stage.sandbox.as('bob').comment(stage.repo, pull.number, '/countersign status');
    await stage.settle();
    const reply = stage.sandbox.comments(stage.repo, pull.number).at(-1)?.body ?? '';
    const code = /approve ([0-9A-Z]{8})/.exec(reply)?.[1];
    await stage.sandbox.as('bob').comment(stage.repo, pull.number, '/countersign approve 00000000');
    await stage.settle();
    expect(conclusion(pull.headSha)).toBe('action_required');
    await stage.sandbox.as('bob').comment(stage.repo, pull.number, `/countersign approve ${code} looks right`);
    await stage.settle();
    expect(conclusion(pull.headSha)).toBe('success');
  });
});
