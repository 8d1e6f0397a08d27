import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { approve, field, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Somebody who maintains the team joins it, approves and leaves again. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const HOUR = 3_600_000;
const ofTeam = (sha: string): string =>
  oneSeatPolicy(sha).replace('{ min-permission: maintain }', '{ teams: [acme/release], member-for: 24h }');
let first = '';
const before = (sha: string): string => {
  first = sha;
  return oneSeatPolicy(sha);
};
const members = (...logins: readonly string[]): void => {
  stage.sandbox.team('acme', 'release', logins, { [stage.repo]: 'maintain' });
};
const screen = (sha: string): string => (stage.check(sha)?.summary ?? '').replaceAll('\\', '');

/** The regular look at everything, so many hours later. */
async function later(hours: number): Promise<void> {
  stage.sandbox.clock.advance(hours * HOUR);
  await stage.app().sweep();
  await stage.settle();
}

/** The team is there when the policy begins to ask for time. */
async function openWithTeam(): Promise<void> {
  stage = await openStage({ policy: before });
  members('dave');
  await askForTime();
}

async function askForTime(): Promise<void> {
  const files = { '.github/countersign.yml': ofTeam(first) };
  await stage.sandbox.as('alice').commit(stage.repo, 'main', { files, message: 'Ask for time' });
  await stage.settle();
}

describe('C28 just-in-time team join', () => {
  test('an approval of somebody who has just joined does not count, and nothing is left of it when they leave', async () => {
    await openWithTeam();
    const pull = await agentPullRequest(stage);
    members('bob', 'dave');
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(screen(pull.headSha)).toMatch(/Who may decide \| @dave \|/);
    expect(screen(pull.headSha)).toMatch(/Who may not[^\n]*bob has not been seen in the team acme\/release/);
    expect(refusals(stage)).toEqual(['bob membership-too-fresh']);
    members('dave');
    await later(25);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    // Back again: the time before does not count.
    members('bob', 'dave');
    await later(0);
    await later(23);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['dave']);
  });

  test('at a deployment too, and the times of those members stand in the facts who answered or had a part, of no others', async () => {
    await openWithTeam();
    stage.sandbox.user('erin');
    members('carol', 'dave', 'erin');
    const { runId, sha } = await heldDeployment(stage);
    await stage.press('carol', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['dave']);
    const { memberships } = stage.facts(recordsOf(stage, 'authorised')[0]);
    const [team] = Array.isArray(memberships) ? memberships : [];
    const listed = field(team, 'members');
    const id = (login: string): number => stage.sandbox.user(login).id;
    expect([field(team, 'team'), field(team, 'source'), field(team, 'memberCount')]).toEqual([
      'acme/release',
      'GET /orgs/{org}/teams/{team_slug}/members',
      3,
    ]);
    expect(Array.isArray(listed) ? listed.map((member) => [field(member, 'id'), field(member, 'base')]) : []).toEqual([
      [id('carol'), false],
      [id('dave'), true],
    ]);
  });

  test('whoever makes the team that the policy names already is not its base', async () => {
    stage = await openStage({ policy: before });
    await askForTime();
    const pull = await agentPullRequest(stage);
    members('bob');
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob membership-too-fresh']);
  });

  test('honest: the same approval counts by itself when the time has passed', async () => {
    await openWithTeam();
    const pull = await agentPullRequest(stage);
    members('bob', 'dave');
    await approve(stage, 'bob', pull);
    await later(23);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await later(1);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
  });

  test('honest: a join is seen while nothing is asked, and whoever was there before the policy asked counts at once', async () => {
    await openWithTeam();
    members('bob', 'dave');
    await later(0);
    await later(24);
    const first = await agentPullRequest(stage);
    await approve(stage, 'bob', first);
    expect(stage.check(first.headSha)?.conclusion).toBe('success');
    const second = await agentPullRequest(stage, { branch: 'copilot/second', file: 'infra/second.tf' });
    await approve(stage, 'dave', second);
    expect(stage.check(second.headSha)?.conclusion).toBe('success');
    expect(refusals(stage)).toEqual([]);
  });
});
