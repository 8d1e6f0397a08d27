import { afterEach, describe, expect, test } from 'vitest';
import { approve, pullRequestOf, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A person adds a commit to Dependabot's pull request; the bot's own push or run comes last and hides it. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const DEPENDABOT = 'dependabot[bot]';
const POLICY = `version: 1
scope: { deployments: all, pull-requests: agent }
automation:
  - { account: 49699333, login: "${DEPENDABOT}", paths: "lib/**" }
`;
const bump = { message: 'Bump left-pad', file: 'lib/versions.txt', verified: true };

async function openWithDependabot(): Promise<void> {
  stage = await openStage({ policy: POLICY });
  stage.sandbox.user(DEPENDABOT, { type: 'Bot', id: 49_699_333 });
}

/** Mallory's commit claims to be Dependabot's; its next push is the last event. */
async function hidden(): Promise<Opened> {
  await openWithDependabot();
  const { email } = stage.sandbox.user(DEPENDABOT);
  const bot = { name: DEPENDABOT, email };
  stage.sandbox.user('mallory');
  stage.sandbox.collaborator(stage.repo, 'mallory', 'admin');
  return pullRequestOf(stage, DEPENDABOT, [
    bump,
    { message: 'Bump', by: 'mallory', author: bot, committer: bot, file: 'lib/evil.txt' },
    bump,
  ]);
}

describe('C14 the last actor is a bot', () => {
  test("a person's commit under the bot's name makes the pull request held", async () => {
    const pull = await hidden();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/automation-unproven/);
  });

  test('and its pusher is refused, at the pull request and at the deployment', async () => {
    const pull = await hidden();
    await approve(stage, 'mallory', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await stage.sandbox.as(DEPENDABOT).merge(stage.repo, pull.number);
    await stage.settle();
    const run = await stage.deploy(DEPENDABOT, { event: 'push' });
    const { headSha } = stage.sandbox.runState(run);
    for (const login of ['mallory', DEPENDABOT]) await stage.press(login, headSha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage)).toEqual([
      'mallory reviewer-is-party: pusher',
      'mallory reviewer-is-party: pusher',
      `${DEPENDABOT} reviewer-not-human`,
    ]);
  });

  test('honest: what the bot alone made, within its paths, is out of scope and passes', async () => {
    await openWithDependabot();
    const pull = await pullRequestOf(stage, DEPENDABOT, [bump]);
    expect(stage.check(pull.headSha)?.conclusion).toBe('neutral');
  });

  test("honest: a human who had no part releases the pull request with the person's commit", async () => {
    const pull = await hidden();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
  });
});
