import { afterEach, describe, expect, test } from 'vitest';
import { approve, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Carol, whom the policy names, renames her account; mallory registers the free name. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const naming =
  (user: (login: string) => string) =>
  (sha: string): string =>
    oneSeatPolicy(sha).replace('{ min-permission: maintain }', `{ users: ["${user('carol')}"] }`);

/** The policy was in use while the name was carol's. */
async function takenOver(): Promise<void> {
  await agentPullRequest(stage, { branch: 'copilot/before', file: 'infra/before.tf' });
  stage.sandbox.renameUser('carol', 'caroline');
  stage.sandbox.user('carol', { id: 6_000_001 });
  stage.sandbox.collaborator(stage.repo, 'carol', 'admin');
}

describe('C15 renamed login', () => {
  test('the new owner of a name that the policy lists is refused', async () => {
    stage = await openStage({ policy: naming((login) => login) });
    await takenOver();
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['carol reviewer-lacks-authority']);
  });

  test('a name that is pinned to an id never belonged to anybody else', async () => {
    stage = await openStage({ policy: naming(() => 'carol#6000002') });
    stage.sandbox.collaborator(stage.repo, 'carol', 'admin');
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['carol reviewer-lacks-authority']);
  });

  test('an answer under a name that went to somebody else does not borrow what that account may do', async () => {
    stage = await openStage({ policy: (sha) => oneSeatPolicy(sha).replace('count: 1 }', 'count: 2 }') });
    const pull = await agentPullRequest(stage);
    await stage.press('carol', pull.headSha, 'countersign', 'Approve');
    // Carol leaves: her account is renamed and has no rights any more, the name and its rights are someone else's.
    stage.sandbox.renameUser('carol', 'caroline');
    stage.sandbox.collaborator(stage.repo, 'caroline', null);
    stage.sandbox.user('carol', { id: 6_000_001 });
    stage.sandbox.collaborator(stage.repo, 'carol', 'admin');
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['bob', 'dave']);
  });

  test('who had a part in the change is known by id under any name', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage, { prompter: 'carol' });
    stage.sandbox.renameUser('carol', 'caroline');
    await approve(stage, 'caroline', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['caroline reviewer-is-party: sponsor']);
  });

  test('honest: a renamed person whom the policy pins by id keeps the right', async () => {
    stage = await openStage();
    const { id } = stage.sandbox.user('carol');
    const policy = naming((login) => `${login}#${id}`)('a'.repeat(40));
    await stage.sandbox
      .as('alice')
      .commit(stage.repo, 'main', { files: { '.github/countersign.yml': policy }, message: 'Pin carol' });
    await stage.settle();
    await takenOver();
    const pull = await agentPullRequest(stage);
    await approve(stage, 'caroline', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['caroline']);
  });
});
