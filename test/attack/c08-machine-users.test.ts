import { afterEach, describe, expect, test } from 'vitest';
import { approve, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Agents and robots whose accounts GitHub calls `User`: only their numeric id tells. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const MACHINES = [
  { login: 'claude', id: 81_847 },
  { login: 'cursoragent', id: 199_161_495 },
  { login: 'gemini-cli', id: 218_195_315 },
  { login: 'kiro-agent', id: 244_629_292 },
  { login: 'junie-agent', id: 247_260_674 },
  { login: 'gemini-cli-robot', id: 224_641_728 },
] as const;

async function openWithMachines(): Promise<void> {
  stage = await openStage();
  for (const { login, id } of MACHINES) {
    stage.sandbox.user(login, { type: 'User', id });
    stage.sandbox.collaborator(stage.repo, login, 'admin');
  }
}

describe('C8 model as reviewer on a machine user', () => {
  test('accounts of type User that are agents or robots are refused as reviewers', async () => {
    await openWithMachines();
    const pull = await agentPullRequest(stage);
    for (const { login } of MACHINES) await approve(stage, login, pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(MACHINES.map(({ login }) => `${login} reviewer-not-human`));
  });

  test('they are not named as people who could decide, and not asked', async () => {
    await openWithMachines();
    const pull = await agentPullRequest(stage);
    const asked = stage.sandbox.pullRequest(stage.repo, pull.number).requestedReviewers;
    expect(asked.toSorted()).toEqual(['bob', 'carol', 'dave']);
  });

  test('another name changes nothing: the account is known by its id', async () => {
    await openWithMachines();
    stage.sandbox.renameUser('claude', 'claudia');
    const pull = await agentPullRequest(stage);
    await approve(stage, 'claudia', pull);
    expect(refusals(stage)).toEqual(['claudia reviewer-not-human']);
  });

  test('at the deployment they are refused too', async () => {
    await openWithMachines();
    const run = await stage.deploy('carol');
    await stage.press('claude', stage.sandbox.runState(run).headSha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage)).toEqual(['claude reviewer-not-human']);
  });

  test('honest: a person who took over the free name of an agent is a person', async () => {
    await openWithMachines();
    stage.sandbox.renameUser('claude', 'claude-the-agent');
    stage.sandbox.user('claude', { id: 5_000_001 });
    stage.sandbox.collaborator(stage.repo, 'claude', 'maintain');
    const pull = await agentPullRequest(stage);
    await approve(stage, 'claude', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['claude']);
  });
});
