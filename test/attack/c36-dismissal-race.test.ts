import { afterEach, describe, expect, test } from 'vitest';
import { codeOn, jobOf, kindsOf } from '../support/held-deployment.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** Between the authorisation, which is on the branch by then, and the answer to GitHub. */
function inTheGap(change: () => Promise<unknown>): void {
  let done = false;
  stage.sandbox.faults.add({
    path: 'createCommitOnBranch',
    when: 'after',
    times: 50,
    do: async () => {
      if (done || stage.records().at(-1)?.kind !== 'authorised') return;
      done = true;
      await change();
    },
  });
}

/** A run of the head of the agent's open pull request, so that a review of it fills the seat. */
async function heldRun(): Promise<{ readonly run: number; readonly number: number; readonly headSha: string }> {
  stage = await openStage();
  const pull = await agentPullRequest(stage);
  return { run: await stage.deploy('carol', { ref: 'copilot/change' }), ...pull };
}

function expectHeld(run: number): void {
  expect(jobOf(stage, run)?.status).toBe('waiting');
  expect(stage.sandbox.effectiveReleases).toEqual([]);
  const last = stage.records().findLast((record) => ['authorised', 'void'].includes(record.kind));
  expect(last).toMatchObject({ kind: 'void', because: [{ code: 'review-withdrawn' }] });
}

const approve = async (number: number): Promise<{ readonly id: number }> =>
  stage.sandbox.as('bob').review(stage.repo, number, { state: 'APPROVED' });

describe('C36 dismissal between decision and answer', () => {
  test('a review that is dismissed in the gap releases nothing, and the authorisation is void', async () => {
    const { run, number } = await heldRun();
    const reviews: number[] = [];
    inTheGap(() => stage.sandbox.as('alice').dismissReview(stage.repo, number, reviews[0] ?? 0, 'not so fast'));
    reviews.push((await approve(number)).id);
    await stage.settle();
    expectHeld(run);

    await approve(number);
    await stage.settle();
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(kindsOf(stage).filter((kind) => kind === 'authorised')).toHaveLength(2);
  });

  test('a review that its author turns into a request for changes in the gap releases nothing', async () => {
    const { run, number } = await heldRun();
    inTheGap(() => stage.sandbox.as('bob').review(stage.repo, number, { state: 'CHANGES_REQUESTED', body: 'wait' }));
    await approve(number);
    await stage.settle();
    expectHeld(run);

    await approve(number);
    await stage.settle();
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('a command whose comment is edited in the gap releases nothing', async () => {
    const { run, number, headSha } = await heldRun();
    const command = `/countersign approve ${codeOn(stage, headSha, PRODUCTION_CHECK)}`;
    const comments: number[] = [];
    inTheGap(() => stage.sandbox.as('alice').editComment(stage.repo, comments[0] ?? 0, `${command} thanks, alice`));
    comments.push((await stage.sandbox.as('dave').comment(stage.repo, number, command)).id);
    await stage.settle();
    expectHeld(run);

    await stage.sandbox.as('dave').comment(stage.repo, number, command);
    await stage.settle();
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });
});
