import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { approve, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Somebody approves and is then removed, demoted or taken out of the team: what counts is what they may do at the release. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const twoSeats = (sha: string): string => oneSeatPolicy(sha).replace('count: 1 }', 'count: 2 }');
const ofTeam = (sha: string): string =>
  twoSeats(sha).replace('{ min-permission: maintain }', '{ teams: [acme/release] }');

describe('C27 approver loses access', () => {
  test.each<[what: string, role: 'read' | 'write' | null]>([
    ['removed', null],
    ['demoted to reading', 'read'],
    ['demoted below what the seat asks for', 'write'],
  ])('an approver who is %s before the last seat is filled fills none', async (_what, role) => {
    stage = await openStage({ policy: twoSeats });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'bob', pull);
    stage.sandbox.collaborator(stage.repo, 'bob', role);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['carol', 'dave']);
  });

  test('an approver who leaves the team before the release of a deployment fills no seat of it', async () => {
    stage = await openStage({ policy: ofTeam, people: ['alice', 'bob', 'carol', 'dave', 'erin'] });
    stage.sandbox.team('acme', 'release', ['bob', 'dave', 'erin'], { [stage.repo]: 'maintain' });
    const { runId, sha } = await heldDeployment(stage);
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    stage.sandbox.team('acme', 'release', ['dave', 'erin'], { [stage.repo]: 'maintain' });
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    await stage.press('erin', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['dave', 'erin']);
  });

  test('honest: who keeps the right keeps the seat', async () => {
    stage = await openStage({ policy: twoSeats });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'bob', pull);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });
});
