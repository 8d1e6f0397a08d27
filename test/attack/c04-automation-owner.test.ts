import { afterEach, describe, expect, test } from 'vitest';
import { approve, approveByCommand, pullRequestOf, refusals, releasedBy } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/**
 * What an automation does, GitHub attributes to the person who made it: a scheduled run has its creator as actor, an agent
 * with its user's token opens the pull request as that user.
 */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const head = (): string => stage.sandbox.branchHead(stage.repo, 'main') ?? '';

async function scheduledRun(): Promise<number> {
  stage = await openStage();
  const workflow = { name: 'nightly', jobs: [{ name: 'deploy', environment: 'production' }] };
  const run = await stage.sandbox.as('bob').dispatch(stage.repo, workflow, { event: 'schedule' });
  await stage.settle();
  return run.id;
}

async function openedByAnAgentAsAlice(): Promise<{ readonly number: number; readonly headSha: string }> {
  stage = await openStage();
  const slug = 'chatgpt-codex-connector';
  stage.sandbox.app({ slug, id: 1_144_995, webhookSecret: 'unused', permissions: {}, events: [] });
  // The commits are the cloud agent's, pushed by its bot: alice is nowhere in git.
  return pullRequestOf(stage, `${slug}[bot]`, [{ message: 'Change' }], { opener: 'alice', viaApp: slug });
}

describe('C4 automation owner', () => {
  test('whoever made the schedule may not release what it deploys', async () => {
    const run = await scheduledRun();
    await stage.press('bob', head(), PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).jobs[0]?.status).toBe('waiting');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: dispatcher']);
  });

  test('whose account an agent opens its pull request with may not release it', async () => {
    const pull = await openedByAnAgentAsAlice();
    await stage.press('alice', pull.headSha, 'countersign', 'Approve');
    await approveByCommand(stage, 'alice', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/\*\*agent\*\* \(codex\)/);
    expect(refusals(stage)).toEqual(Array<string>(2).fill('alice reviewer-is-party: pull-request-author, sponsor'));
  });

  test('honest: somebody else releases the scheduled run', async () => {
    const run = await scheduledRun();
    await stage.press('carol', head(), PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['carol']);
  });

  test("honest: somebody else releases the agent's pull request", async () => {
    const pull = await openedByAnAgentAsAlice();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });
});
