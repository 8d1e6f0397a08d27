import { afterEach, describe, expect, test } from 'vitest';
import { codeOn, heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

describe('C38 comment edited into an approval', () => {
  test("bob's remark that alice edits into a command approves nothing", async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const command = `/countersign approve ${codeOn(stage, pull.headSha)}`;
    const remark = await sandbox.as('bob').comment(repo, pull.number, 'I will look at it tomorrow');
    await sandbox.as('alice').editComment(repo, remark.id, command);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(kindsOf(stage)).not.toContain('reviewed');

    await sandbox.as('bob').comment(repo, pull.number, command);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('a command that is edited before the last seat is filled counts no more, and the log says so', async () => {
    stage = await openStage({ policy: (sha) => oneSeatPolicy(sha).replace('count: 1', 'count: 2') });
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const command = `/countersign approve ${codeOn(stage, pull.headSha)}`;
    const first = await sandbox.as('bob').comment(repo, pull.number, command);
    await stage.settle();
    await sandbox.as('alice').editComment(repo, first.id, `${command} and whatever comes next`);
    await sandbox.as('dave').comment(repo, pull.number, command);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.records().find((record) => record.kind === 'refused')).toMatchObject({
      reviewer: { login: 'bob' },
      because: [{ code: 'review-edited' }],
    });

    await sandbox.as('bob').comment(repo, pull.number, command);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('a command that is deleted before the last seat is filled counts no more', async () => {
    stage = await openStage({ policy: (sha) => oneSeatPolicy(sha).replace('count: 1', 'count: 2') });
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const command = `/countersign approve ${codeOn(stage, pull.headSha)}`;
    const first = await sandbox.as('bob').comment(repo, pull.number, command);
    await stage.settle();
    await sandbox.as('bob').deleteComment(repo, first.id);
    await sandbox.as('dave').comment(repo, pull.number, command);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');

    await sandbox.as('carol').comment(repo, pull.number, command);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('an older command does not come back when the later one is deleted (C37)', async () => {
    stage = await openStage({ policy: (sha) => oneSeatPolicy(sha).replace('count: 1', 'count: 2') });
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const command = `/countersign approve ${codeOn(stage, pull.headSha)}`;
    await sandbox.as('bob').comment(repo, pull.number, command);
    const later = await sandbox.as('bob').comment(repo, pull.number, `${command} because I looked again`);
    await stage.settle();
    await sandbox.as('bob').deleteComment(repo, later.id);
    await sandbox.as('dave').comment(repo, pull.number, command);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
  });

  test('rejections that count for nothing, taken back or deleted, keep nobody else from releasing', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const { runId, sha } = await heldDeployment(stage);
    const issue = await agentPullRequest(stage);
    const code = codeOn(stage, sha, PRODUCTION_CHECK);
    // carol had it started, so that her rejection is none.
    await sandbox.as('carol').comment(repo, issue.number, `/countersign reject ${code} not now`);
    await sandbox.as('carol').comment(repo, issue.number, `/countersign approve ${code}`);
    await stage.settle();
    const { id } = await sandbox.as('carol').comment(repo, issue.number, `/countersign reject ${code} not now`);
    await stage.settle();
    await sandbox.as('carol').deleteComment(repo, id);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(kindsOf(stage)).not.toContain('void');
    expect(jobOf(stage, runId)?.status).toBe('completed');
  });
});
