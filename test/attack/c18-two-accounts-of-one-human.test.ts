import { afterEach, describe, expect, test } from 'vitest';
import { approve, approveByCommand, field, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The check as people read it. */
const screen = (sha: string): string => (stage.check(sha)?.summary ?? '').replaceAll('\\', '');

/** Carol has a private and a company account, and uses whichever of them is still free. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const PEOPLE = ['alice', 'bob', 'carol', 'carol-corp', 'dave'];
const declared =
  (seats: number, accounts = 'carol, carol-corp') =>
  (sha: string): string =>
    `${oneSeatPolicy(sha).replace('count: 1 }', `count: ${seats} }`)}people: [{ name: Carol, accounts: [${accounts}] }]\n`;

describe('C18 two accounts of one human', () => {
  test('two approvals of two accounts fill one of two seats; the second is refused with the reason', async () => {
    stage = await openStage({ people: PEOPLE, policy: declared(2) });
    const pull = await agentPullRequest(stage);
    expect(screen(pull.headSha)).toMatch(/Who may decide \| any 2 of @bob, @carol, @dave \|/);
    await approve(stage, 'carol', pull);
    await approveByCommand(stage, 'carol-corp', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(screen(pull.headSha)).toMatch(/1 of 2 seats/);
    expect(screen(pull.headSha)).toMatch(/carol-corp and &#64;carol are one person, as the policy says/);
    expect(refusals(stage)).toEqual(['carol-corp second-account-same-person']);
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['carol', 'dave']);
  });

  test('who prompted the agent by one account cannot countersign it by the other, and is told why', async () => {
    stage = await openStage({ people: PEOPLE, policy: declared(1) });
    const pull = await agentPullRequest(stage, { prompter: 'carol' });
    await approve(stage, 'carol-corp', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(screen(pull.headSha)).toMatch(
      /carol-corp: is the same person as carol \(accounts of one person, as the policy says\): carol: prompted/,
    );
    expect(screen(pull.headSha)).not.toMatch(/Who may decide[^\n]*@carol/);
    expect(refusals(stage)).toEqual(['carol-corp reviewer-is-party: sponsor']);
    const parties = stage.facts(recordsOf(stage, 'requested')[0])['parties'];
    const corp = (Array.isArray(parties) ? parties : []).find((party) => field(party, 'login') === 'carol-corp');
    expect(field(corp, 'paths')).toEqual([expect.objectContaining({ role: 'sponsor', by: 'carol' })]);
  });

  test('who started a deployment by one account cannot release it by the other', async () => {
    stage = await openStage({ people: PEOPLE, policy: declared(1) });
    const pull = await agentPullRequest(stage);
    const run = await stage.deploy('carol-corp', { ref: 'copilot/change' });
    await stage.press('carol', pull.headSha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage)).toEqual(['carol reviewer-is-party: dispatcher']);
    await stage.press('dave', pull.headSha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('a declared account that was renamed holds everything until the policy names it again (C15)', async () => {
    stage = await openStage({ people: PEOPLE, policy: declared(2) });
    await agentPullRequest(stage, { branch: 'copilot/before', file: 'infra/before.tf' });
    stage.sandbox.renameUser('carol-corp', 'carola');
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    await approve(stage, 'carola', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(screen(pull.headSha)).toMatch(/declared-account-unresolved.*`carol-corp`/);
    // Somebody else takes the free name: that is another id than was seen first.
    stage.sandbox.user('carol-corp', { id: 6_000_001 });
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    const { id } = stage.sandbox.user('carola');
    const policy = declared(2, `carol, "carola#${id}"`)('a'.repeat(40));
    // The pull request that mends it is judged by the policy before it. The way past it is an administrator's, and written down.
    const { sandbox, repo } = stage;
    const files = { '.github/countersign.yml': policy };
    const { sha } = await sandbox.as('alice').commit(repo, 'pin-carola', { files, message: 'Pin carola' });
    const mend = await sandbox.as('alice').openPullRequest(repo, { head: 'pin-carola', title: 'Pin carola' });
    await stage.settle();
    await approve(stage, 'dave', mend);
    expect(screen(sha)).toContain('let an administrator merge it past the check, which is written down as a bypass');
    expect(stage.check(sha)?.conclusion).toBe('action_required');
    await sandbox.as('alice').merge(repo, mend.number);
    await stage.settle();
    expect(recordsOf(stage, 'bypassed')).toHaveLength(1);
    expect(recordsOf(stage, 'policy-changed').length).toBeGreaterThan(0);
    const again = await agentPullRequest(stage, { branch: 'copilot/after', file: 'infra/after.tf' });
    await approve(stage, 'carol', again);
    await approve(stage, 'carola', again);
    expect(stage.check(again.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'dave', again);
    expect(stage.check(again.headSha)?.conclusion).toBe('success');
  });

  test('honest: either account of somebody who had no part fills a seat, beside another person', async () => {
    stage = await openStage({ people: PEOPLE, policy: declared(2) });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol-corp', pull);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['bob', 'carol-corp']);
    expect(refusals(stage)).toEqual([]);
  });
});
