import { afterEach, describe, expect, test } from 'vitest';
import { approve, field, pullRequestOf, recordsOf, refusals } from '../support/reviewing.ts';
import { oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Whoever runs an agent changes the policy that knows it: takes it off `agents`, or puts it under `automation`. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const POLICY = '.github/countersign.yml';
const MIMIC_ID = 7_000_002;

/** An agent of their own, which GitHub calls a user. */
const listed = (sha: string): string =>
  `${oneSeatPolicy(sha)}agents:\n  - { id: mimic, name: Mimic, accounts: ['mimic#${MIMIC_ID}'] }\n`;

async function open(): Promise<void> {
  stage = await openStage({ policy: listed });
  stage.sandbox.user('mimic', { id: MIMIC_ID });
  stage.sandbox.collaborator(stage.repo, 'mimic', 'maintain');
}

const policyNow = (): string => stage.sandbox.file(stage.repo, 'main', POLICY) ?? '';
const digestOf = (record: unknown): unknown => field(record, 'policyDigest');

describe('C26 agents taken off the list', () => {
  test('the change that takes an agent off the list is judged by the list as it was', async () => {
    await open();
    const without = policyNow().split('agents:')[0] ?? '';
    const { sandbox, repo } = stage;
    await sandbox
      .as('mimic')
      .commit(repo, 'off', { files: { [POLICY]: without, 'infra/a.tf': 'a' }, message: 'Tidy up' });
    const pull = await sandbox.as('mimic').openPullRequest(repo, { head: 'off', title: 'Tidy up' });
    await sandbox.as('alice').comment(repo, pull.number, 'thanks');
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/\*\*agent\*\* \(mimic\)/);
  });

  test('on the list it fills no seat, whatever GitHub calls it', async () => {
    await open();
    const pull = await pullRequestOf(stage, 'alice', [{ message: 'Change' }]);
    await approve(stage, 'mimic', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['mimic reviewer-not-human']);
  });

  test('honest: after the policy was changed on main, the new one judges, and the record says which it was', async () => {
    await open();
    const first = await pullRequestOf(stage, 'alice', [{ message: 'Change' }]);
    const before = digestOf(recordsOf(stage, 'requested').at(-1));
    const without = policyNow().split('agents:')[0] ?? '';
    await stage.sandbox
      .as('alice')
      .commit(stage.repo, 'main', { files: { [POLICY]: without }, message: 'mimic has left' });
    await stage.settle();
    const second = await pullRequestOf(stage, 'alice', [{ message: 'Change' }], { branch: 'second' });
    expect(digestOf(recordsOf(stage, 'requested').at(-1))).not.toBe(before);
    expect([first, second].map(({ headSha }) => stage.check(headSha)?.conclusion)).toEqual([
      'action_required',
      'action_required',
    ]);
    await approve(stage, 'bob', second);
    expect(stage.check(second.headSha)?.conclusion).toBe('success');
  });
});
