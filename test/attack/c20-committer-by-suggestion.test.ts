import { afterEach, describe, expect, test } from 'vitest';
import { approve, pullRequestOf, refusals, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { AGENT, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A reviewer's suggestion is committed: the words are now the reviewer's own, and the approval would be too. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** Alice presses "Commit suggestion" on what bob proposed: GitHub signs, she is author, he is co-author. */
async function withSuggestionOfBob(options: { readonly pressedBy: string }): Promise<Opened> {
  stage = await openStage();
  const { id } = stage.sandbox.user('bob');
  const message = `Update infra/main.tf\n\nCo-authored-by: bob <${id}+bob@users.noreply.github.com>\n`;
  return pullRequestOf(stage, AGENT, [{ message: 'Change' }, { message, by: options.pressedBy, web: true }]);
}

describe('C20 committer by suggestion', () => {
  test('the reviewer whose suggestion was taken is refused, with the reason', async () => {
    const pull = await withSuggestionOfBob({ pressedBy: 'alice' });
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: co-author, suggestion-author']);
    expect(stage.check(pull.headSha)?.summary).toMatch(
      /Who may not, and why \|.*bob: (wrote part of the change with others|suggested part of the change), /,
    );
  });

  test('whoever pressed the button is refused too', async () => {
    const pull = await withSuggestionOfBob({ pressedBy: 'carol' });
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['carol reviewer-is-party: author, pusher']);
  });

  test('an approval given before the suggestion was committed does not stay', async () => {
    stage = await openStage();
    const { id } = stage.sandbox.user('bob');
    const pull = await pullRequestOf(stage, AGENT, [{ message: 'Change' }]);
    await stage.sandbox.as('alice').timelineEvent(stage.repo, pull.number, 'copilot_work_started');
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    const message = `Update\n\nCo-authored-by: bob <${id}+bob@users.noreply.github.com>\n`;
    const { sha } = await stage.sandbox
      .as('alice')
      .commit(stage.repo, 'change', { files: { 'infra/main.tf': '# as bob proposed' }, message, web: true });
    await stage.settle();
    await approve(stage, 'bob', { ...pull, headSha: sha });
    expect(stage.check(sha)?.conclusion).toBe('action_required');
  });

  test('honest: a reviewer who suggested nothing releases it', async () => {
    const pull = await withSuggestionOfBob({ pressedBy: 'alice' });
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['dave']);
  });
});
