import { afterEach, describe, expect, test } from 'vitest';
import { approve, pullRequestOf, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A bot of one's own does the work: who answers for it is told by the policy, or by GitHub where the App is a person's. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const ROBOT = 'shop-robot[bot]';
const ROBOT_ID = 7_000_001;

/** The robot is listed for the documents only, so that its change of infrastructure is held. */
const owned =
  (owner: string) =>
  (sha: string): string =>
    `${oneSeatPolicy(sha)}automation:\n  - { account: ${ROBOT_ID}, login: 'shop-robot[bot]', paths: ['docs'], owner: ${owner} }\n`;

async function byRobot(policy: (sha: string) => string): Promise<Opened> {
  stage = await openStage({ policy });
  stage.sandbox.user(ROBOT, { type: 'Bot', id: ROBOT_ID });
  return pullRequestOf(stage, ROBOT, [{ message: 'Change' }]);
}

describe('C4 automation owner', () => {
  test('whoever the policy names as owner of an automation may not release what it did', async () => {
    const pull = await byRobot(owned('bob'));
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: owner']);
  });

  test('an owner whom nobody has costs one seat more: it may be whoever approves', async () => {
    const pull = await byRobot(owned('left-long-ago'));
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/unknown-person/);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('whose App it is, GitHub says: the person who owns one may not release what it did', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const about = { webhookSecret: 'unused', permissions: { contents: 'write' as const }, events: [] };
    sandbox.app({ slug: 'bobs-robot', owner: 'bob', ...about });
    sandbox.install('bobs-robot', 'acme', [repo]);
    const pull = await pullRequestOf(stage, 'bobs-robot[bot]', [{ message: 'Change' }]);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: owner']);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('honest: somebody else releases it, and the owner releases what others did', async () => {
    const pull = await byRobot(owned('bob'));
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['carol']);
    const other = await pullRequestOf(stage, 'alice', [{ message: 'Change' }], { branch: 'hers' });
    await approve(stage, 'bob', other);
    expect(stage.check(other.headSha)?.conclusion).toBe('success');
  });
});
