import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** An administrator can start every waiting job; no rule can forbid it where the environment allows it. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const ofKind = (kind: string) => stage.records().filter((record) => record.kind === kind);

describe('C63 "start all waiting jobs" and merges past the rule', () => {
  test('a bypass of a held gate is a record with the name of who did it, and no release', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    await stage.sandbox.as('alice').bypass(runId);
    await stage.settle();
    expect(ofKind('bypassed')).toMatchObject([{ by: { login: 'alice' }, gate: { runId }, jobs: [{ name: 'deploy' }] }]);
    expect(kindsOf(stage)).not.toContain('released');
    expect(stage.check(sha, PRODUCTION_CHECK)?.conclusion).toBe('failure');

    // What was passed by is no base: the next deployment is judged together with it.
    const next = await stage.deploy('carol');
    expect(jobOf(stage, next)?.status).toBe('waiting');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(next).conclusion).toBe('success');
    expect(ofKind('bypassed')).toHaveLength(1);
  });

  test('a bypass between the authorisation and the answer is not claimed as our release', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    stage.sandbox.faults.add({
      path: 'createCommitOnBranch',
      when: 'after',
      do: async () => stage.sandbox.as('alice').bypass(runId),
    });
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    await stage.settleRetries();
    expect(kindsOf(stage).slice(-3)).toEqual(['authorised', 'void', 'bypassed']);
    expect(ofKind('bypassed')).toMatchObject([{ by: { login: 'alice' } }]);

    const next = await stage.deploy('carol');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(next).conclusion).toBe('success');
  });

  test('one environment bypassed leaves the other one held', async () => {
    stage = await openStage();
    stage.sandbox.environment(stage.repo, 'staging', { customRule: 'countersign' });
    const { runId, sha } = await heldDeployment(stage, [
      { name: 'stage', environment: 'staging' },
      { name: 'deploy', environment: 'production' },
    ]);
    await stage.sandbox.as('alice').bypass(runId, ['staging']);
    await stage.settle();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(ofKind('bypassed')).toMatchObject([{ gate: { environment: 'staging' } }]);

    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
    expect(ofKind('released')).toMatchObject([{ gate: { environment: 'production' } }]);
  });

  test('a held pull request that is merged all the same is a record; one that was released and merged is not', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const held = await agentPullRequest(stage);
    await sandbox.as('alice').merge(repo, held.number);
    await stage.settle();
    expect(ofKind('bypassed')).toMatchObject([{ pullRequest: held.number, by: { login: 'alice' } }]);

    const pull = await agentPullRequest(stage, { branch: 'copilot/second', file: 'infra/second.tf' });
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    await sandbox.as('alice').merge(repo, pull.number);
    await stage.settle();
    expect(ofKind('bypassed')).toHaveLength(1);
  });
});
