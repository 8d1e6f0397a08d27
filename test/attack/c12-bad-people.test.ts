import { afterEach, describe, expect, test } from 'vitest';
import { approve, pullRequestOf, refusals } from '../support/reviewing.ts';
import { AGENT, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** People by the hundred, people who are gone, names that are no text: work stays bounded, and whoever is unknown costs a seat. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

describe('C12 people whom nobody can count or name', () => {
  test('the last of 300 co-authors is found, whoever comes first', async () => {
    stage = await openStage();
    const { email } = stage.sandbox.user('bob');
    const many = Array.from({ length: 299 }, (_, n) => stage.sandbox.user(`helper-${n}`).email);
    const lines = [...many, email].map((each, n) => `Co-authored-by: Helper ${n} <${each}>`);
    const pull = await pullRequestOf(stage, AGENT, [{ message: `Change\n\n${lines.join('\n')}\n` }]);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: co-author, sponsor']);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  }, 60_000);

  test('10,000 trailers are read in one go, and the one that counts is found among them', async () => {
    stage = await openStage();
    const { id } = stage.sandbox.user('bob');
    const lines = Array.from({ length: 10_000 }, (_, n) => `Reviewed-by: Nobody ${n} <nobody-${n}@else.example>`);
    const own = `co-authored-by :Bob <${id}+bob@users.noreply.github.com>`;
    const message = `Change\n\n${lines.slice(0, 6_000).join('\n')}\n${own}\n${lines.slice(6_000).join('\n')}\n`;
    const pull = await pullRequestOf(stage, AGENT, [{ message }]);
    await approve(stage, 'bob', pull);
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: co-author, sponsor']);
    // A mailbox in a text bars bob, but is nobody's word that he stands behind the agent: carol alone is not enough.
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  }, 60_000);

  test('a deleted account in the place of whoever asked the agent costs a seat more', async () => {
    stage = await openStage();
    stage.sandbox.user('ghost', { id: 10_137 });
    const pull = await pullRequestOf(stage, AGENT, [{ message: 'Change' }]);
    await stage.sandbox.as('ghost').timelineEvent(stage.repo, pull.number, 'copilot_work_started');
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/unknown-person/);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('where the policy says hold, nobody’s approval releases what an unknown person stands behind', async () => {
    stage = await openStage({
      policy: (sha) => `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
parties: { unknown: hold }
baselines: { production: ${sha} }
`,
    });
    const pull = await pullRequestOf(stage, AGENT, [{ message: 'Change' }]);
    await approve(stage, 'bob', pull);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/held-for-unknown-person/);
    // Way out: somebody stands up for it.
    await stage.sandbox.as('alice').timelineEvent(stage.repo, pull.number, 'copilot_work_started');
    await stage.app().sweep();
    await stage.settle();
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('names that are empty, turned round or no text are read like any other', async () => {
    stage = await openStage();
    const { email } = stage.sandbox.user('alice');
    const names = ['', '\u202ebob', 'b\u0000ob', '\ufffd\ufffd', 'x'.repeat(5_000)];
    const commits = names.map((name, n) => ({ message: `Change ${n}`, author: { name, email } }));
    const pull = await pullRequestOf(stage, 'alice', commits);
    await stage.press('alice', pull.headSha, 'countersign', 'Approve');
    expect(refusals(stage)[0]).toMatch(/^alice reviewer-is-party: author/);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });
});
