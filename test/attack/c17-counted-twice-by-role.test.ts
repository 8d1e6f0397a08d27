import { afterEach, describe, expect, test } from 'vitest';
import { approve, approveByCommand, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Carol is in both teams, named by herself too, and has the permission: four ways to be asked, one person. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** `first` and `second` are the groups of the two rules. */
const twoRules = (first: string, second: string): string => `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  first: ${first}
  second: ${second}
rules:
  - id: one
    why: Somebody of the first group agrees
    when: { agent: true }
    require: [{ from: first, count: 1 }]
  - id: two
    why: Somebody of the second group agrees
    when: { paths: ["infra/**"] }
    require: [{ from: second, count: 1 }]
`;

async function openWithTeams(policy: string): Promise<void> {
  stage = await openStage({ policy });
  stage.sandbox.team('acme', 'sre', ['carol', 'dave']);
  stage.sandbox.team('acme', 'security', ['carol']);
}

const OVERLAPS = [
  { title: 'two teams', first: '{ teams: [acme/sre] }', second: '{ teams: [acme/security] }' },
  { title: 'a team and by name', first: '{ teams: [acme/sre] }', second: '{ users: [carol] }' },
  { title: 'a permission and a team', first: '{ min-permission: maintain }', second: '{ teams: [acme/security] }' },
] as const;

describe('C17 one human counted twice: roles', () => {
  test.for(OVERLAPS)('who is asked through $title fills one of two seats', async ({ first, second }) => {
    await openWithTeams(twoRules(first, second));
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    await approveByCommand(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/1 of 2 seats/);
  });

  test.for(OVERLAPS)('honest: a second person completes it ($title)', async ({ first, second }) => {
    await openWithTeams(twoRules(first, second));
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['carol', 'dave']);
  });
});
