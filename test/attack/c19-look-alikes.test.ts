import { afterEach, describe, expect, test } from 'vitest';
import { approve, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { AGENT, agentPullRequest, oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Names that look like somebody's: in texts, in git, in what a policy names. People are told apart by id alone. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** An agent's pull request whose text says who asked for it. */
async function requestedBy(text: string, people?: readonly string[]): Promise<Opened> {
  stage = await openStage(people === undefined ? {} : { people });
  const { sandbox, repo } = stage;
  await sandbox.as(AGENT).commit(repo, 'copilot/x', { files: { 'infra/x.tf': 'x' }, message: 'Change' });
  const pull = await sandbox.as(AGENT).openPullRequest(repo, { head: 'copilot/x', title: 'x', body: text });
  await stage.settle();
  return pull;
}

describe('C19 look-alikes', () => {
  test.each(['@bоb', '@bоb (Cyrillic)', 'Bob', '@nobody-here'])(
    'an asker named "%s" is no account: one seat more, because it may be whoever approves',
    async (name) => {
      const pull = await requestedBy(`Requested by: ${name}`);
      await approve(stage, 'bob', pull);
      expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
      expect(stage.check(pull.headSha)?.summary).toMatch(/unknown-person/);
      await approve(stage, 'carol', pull);
      expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    },
  );

  test.each(['@Bob', '＠bob', '@b\u200bob', '**@bob**'])(
    'an asker written "%s" is bob, and he is refused',
    async (name) => {
      const pull = await requestedBy(`Requested by: ${name}`);
      await approve(stage, 'bob', pull);
      expect(refusals(stage)).toEqual(['bob reviewer-is-party: sponsor']);
      await approve(stage, 'carol', pull);
      expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    },
  );

  test('a git name like a reviewer’s bars nobody and frees nobody', async () => {
    stage = await openStage();
    const { email } = stage.sandbox.user('alice');
    const author = { name: 'bоb', email };
    await stage.sandbox
      .as('alice')
      .commit(stage.repo, 'x', { files: { 'infra/x.tf': 'x' }, message: 'Change', author, committer: author });
    const pull = await stage.sandbox.as('alice').openPullRequest(stage.repo, { head: 'x', title: 'x' });
    await stage.settle();
    await stage.press('alice', pull.headSha, 'countersign', 'Approve');
    expect(refusals(stage)[0]).toMatch(/^alice reviewer-is-party: author/);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
  });

  test.each([
    ['person', '{ users: ["c\u0430rol"] }'],
    ['team', '{ teams: ["acme/r\u0435lease"] }'],
    ['one human', '{ users: [carol] }\npeople: [{ accounts: [bob, "c\u0430rol"] }]'],
  ])('a policy whose %s only looks like a name of GitHub is refused, and everything held', async (_, group) => {
    stage = await openStage({ policy: (sha) => oneSeatPolicy(sha).replace('{ min-permission: maintain }', group) });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/policy-invalid/);
  });

  test('honest: somebody whose name only looks like the asker’s releases it', async () => {
    const pull = await requestedBy('Requested by: @bob', ['alice', 'bob', 'b0b']);
    await approve(stage, 'b0b', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['b0b']);
  });
});
