import { afterEach, describe, expect, test } from 'vitest';
import { approve, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Bob asks an agent for the last change where only his words tell: in a comment or a review, by a label, by assigning it. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const MINUTE = 60_000;

/** The agent's next push, after whatever bob did. */
async function pushAfter(pull: Opened): Promise<Opened> {
  stage.sandbox.clock.advance(MINUTE);
  const { sha } = await stage.sandbox
    .as(AGENT)
    .commit(stage.repo, 'copilot/change', { files: { 'infra/b.tf': '# asked for\n' }, message: 'More' });
  await stage.settle();
  return { ...pull, headSha: sha };
}

async function opened(): Promise<Opened> {
  stage = await openStage();
  const pull = await agentPullRequest(stage, { prompter: 'alice' });
  stage.sandbox.clock.advance(MINUTE);
  return pull;
}

async function expectBarred(pull: Opened): Promise<void> {
  await approve(stage, 'bob', pull);
  expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
  expect(refusals(stage)).toEqual(['bob reviewer-is-party: sponsor']);
  await approve(stage, 'carol', pull);
  expect(stage.check(pull.headSha)?.conclusion).toBe('success');
}

describe('C3 called in a comment', () => {
  test.each(['@claude please widen the rule', '/devin widen the rule', '> @Copilot: wider'])(
    'whoever wrote "%s" before the last push may not approve, others may',
    async (text) => {
      const pull = await opened();
      await stage.sandbox.as('bob').comment(stage.repo, pull.number, text);
      await expectBarred(await pushAfter(pull));
    },
  );

  test('a call inside a review counts as well', async () => {
    const pull = await opened();
    await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'COMMENTED', body: '@codex make it wider' });
    await expectBarred(await pushAfter(pull));
  });

  test('a comment that is deleted after the push takes nobody away', async () => {
    const pull = await opened();
    const { id } = await stage.sandbox.as('bob').comment(stage.repo, pull.number, '@claude make it wider');
    const pushed = await pushAfter(pull);
    await stage.sandbox.as('bob').deleteComment(stage.repo, id);
    await stage.settle();
    await expectBarred(pushed);
  });

  test('honest: a reviewer who only talks about an agent, or calls one and gets no push, releases it', async () => {
    const pull = await pushAfter(await opened());
    stage.sandbox.clock.advance(MINUTE);
    await stage.sandbox.as('bob').comment(stage.repo, pull.number, '@claude what does this do? claude@corp.example');
    await stage.settle();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
  });
});
