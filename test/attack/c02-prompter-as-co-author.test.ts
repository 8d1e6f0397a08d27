import { afterEach, describe, expect, test } from 'vitest';
import { approve, pullRequestOf, refusals, releasedBy } from '../support/reviewing.ts';
import { AGENT, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The agent is author and committer; whoever asked for it stands only in a trailer, in whatever form. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function openWithErin(): Promise<string> {
  stage = await openStage();
  const { id } = stage.sandbox.user('erin', { email: 'erin@shop.example' });
  stage.sandbox.collaborator(stage.repo, 'erin', 'maintain');
  return `${id}+erin@users.noreply.github.com`;
}

const trailers: readonly { readonly title: string; readonly text: (noreply: string) => string }[] = [
  { title: 'as GitHub writes it', text: () => 'Co-authored-by: Erin <erin@shop.example>' },
  { title: 'in capitals', text: () => 'CO-AUTHORED-BY: Erin <ERIN@Shop.Example>' },
  { title: 'with her private address', text: (noreply) => `co-authored-by: erin <${noreply}>` },
  { title: 'with a name that is not hers', text: (noreply) => `Co-authored-by: Bob <${noreply}>` },
  {
    title: 'as the second of two',
    text: () => 'Co-authored-by: Zed <zed@else.example>\nCo-authored-by: Erin <erin@shop.example>',
  },
  {
    title: 'in the middle of a message, where git sees no trailer',
    text: (noreply) => `Co-authored-by: Erin <${noreply}>\n\nThe rest of the story.`,
  },
];

describe('C2 prompter approves as co-author', () => {
  test.for(trailers)('a trailer $title puts the prompter on the requesting side', async ({ text }) => {
    const noreply = await openWithErin();
    const pull = await pullRequestOf(stage, AGENT, [{ message: `Change\n\n${text(noreply)}\n` }]);
    await approve(stage, 'erin', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['erin reviewer-is-party: co-author, sponsor']);
  });

  test('a trailer in one of five commits is enough', async () => {
    await openWithErin();
    const plain = { message: 'Change' };
    const named = { message: 'Change\n\nCo-authored-by: Erin <erin@shop.example>\n' };
    const pull = await pullRequestOf(stage, AGENT, [plain, plain, named, plain, plain]);
    await approve(stage, 'erin', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['erin reviewer-is-party: co-author, sponsor']);
  });

  test('honest: somebody whom no trailer names releases it', async () => {
    await openWithErin();
    const pull = await pullRequestOf(stage, AGENT, [
      { message: 'Change\n\nCo-authored-by: Erin <erin@shop.example>\n' },
    ]);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
  });
});
