import { afterEach, describe, expect, test } from 'vitest';
import { approve, field, recordsOf, refusals } from '../support/reviewing.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Rules that do not match vanish; what is left must never be "nothing asked". The property test is in test/unit/policy. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const head = `version: 1
scope: { deployments: all, pull-requests: all }
groups:
  maintainers: { min-permission: maintain }
  carol: { users: [carol] }
rules:
`;
const rule = (id: string, when: string, then: string): string => `  - id: ${id}\n    when: ${when}\n    ${then}\n`;
const carolRule = rule('carol', '{ agent: true }', 'require: [{ from: carol, count: 1 }]');
const anyoneRule = rule('anyone', '{ paths: ["infra/**"] }', 'require: [{ from: maintainers, count: 1 }]');

async function commitPolicy(text: string): Promise<void> {
  const files = { '.github/countersign.yml': text };
  await stage.sandbox.as('alice').commit(stage.repo, 'main', { files, message: 'Policy' });
  await stage.settle();
}

const seats = (): readonly string[] => {
  const asked = recordsOf(stage, 'requested').at(-1)?.['seats'];
  return Array.isArray(asked) ? asked.map((seat: unknown) => String(field(seat, 'id'))) : [];
};

describe('C79 skip algebra', () => {
  test('where every rule is skipped a seat is asked for all the same', async () => {
    const never = rule('never', '{ environment: [nowhere] }', 'require: [{ from: carol, count: 1 }]');
    stage = await openStage({ policy: head + never });
    const pull = await agentPullRequest(stage);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(seats()).toEqual(['built-in/1']);
    await approve(stage, 'alice', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('a rule that is added, and that the reviews at hand would satisfy, frees nothing that another rule holds', async () => {
    stage = await openStage({ policy: head + carolRule });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'bob', pull);
    expect(refusals(stage)).toEqual(['bob reviewer-lacks-authority']);
    await commitPolicy(head + carolRule + anyoneRule);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(seats().toSorted()).toEqual(['carol/1', 'maintainers/1']);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('a rule that denies stands above every filled seat, and takes back what was released', async () => {
    stage = await openStage({ policy: head + carolRule });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    await commitPolicy(head + carolRule + rule('stop', '{ kind: pull-request }', 'deny: Nothing ships today'));
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/denied-by-rule/);
    await commitPolicy(head + carolRule);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });
});
