import type { RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { CheckRunInput, Ports } from '../core/ports.ts';
import { enqueueTask } from './enqueue-task.ts';
import { fit } from './markdown.ts';

import { becauseLines, decisionTitle } from './show-request.ts';
import { load } from './state.ts';
import type { PullState } from './state.ts';

/** The check that the branch rule requires: one name, one SHA, however many pull requests have that head. */
export const CHECK_NAME = 'countersign';

const SUMMARY_CHARACTERS = 65_000;

/**
 * Puts the check of a SHA in line with every open pull request that has it as head: green only if each of them is released
 * (or out of scope) as it stands. A pull request that was not looked at yet counts as held and is looked at.
 */
export async function putHeadCheck(ports: Ports, ref: RepositoryRef, headSha: string): Promise<void> {
  const numbers = (await ports.forge.openPullsWithHead(ref, headSha)).map(({ number }) => number);
  if (numbers.length === 0) return;
  const states: { readonly number: number; readonly state: PullState | null }[] = [];
  for (const number of numbers) {
    const stored = await load(ports.documents, ref, 'pull', String(number));
    const current =
      stored !== null && stored.body.headSha === headSha && stored.body.state !== 'closed' ? stored.body : null;
    if (current === null) await enqueueTask(ports, { kind: 'pull-request', repository: ref, number });
    states.push({ number, state: current });
  }
  await ports.gatekeeper.putCheck(ref, checkOf(headSha, states));
}

function checkOf(
  headSha: string,
  pulls: readonly { readonly number: number; readonly state: PullState | null }[],
): CheckRunInput {
  const open = pulls.filter(({ state }) => state?.state !== 'released' && state?.state !== 'passed');
  const first = open[0];
  const views = (first === undefined ? pulls : open).map(({ number, state }) =>
    state?.view === undefined || state.view === null
      ? `Pull request #${number}: ${becauseLines([because(state?.state === 'passed' ? 'out-of-scope' : 'nothing-decided', {})])}`
      : `Pull request #${number}\n\n${state.view.summary}`,
  );
  const summary = fit(views.join('\n\n---\n\n'), SUMMARY_CHARACTERS);
  const base = { name: CHECK_NAME, headSha, summary };
  if (first === undefined) {
    const passed = pulls.every(({ state }) => state?.state === 'passed');
    return {
      ...base,
      externalId: pulls[0]?.state?.request?.digest ?? '',
      conclusion: passed ? 'neutral' : 'success',
      title: decisionTitle(passed ? because('out-of-scope', {}) : because('all-seats-filled', { reviewers: '' })),
      actions: [],
    };
  }
  return {
    ...base,
    externalId: first.state?.request?.digest ?? '',
    conclusion: first.state?.state === 'rejected' ? 'failure' : 'action_required',
    title: first.state?.view?.title ?? decisionTitle(because('nothing-decided', {})),
    // Buttons answer one request: with several open, people type the code of the one that they mean.
    actions: open.length === 1 ? (first.state?.view?.actions ?? []) : [],
  };
}

/** A merge group is held with a reason of its own until groups are judged. */
export async function putMergeGroupCheck(ports: Ports, ref: RepositoryRef, headSha: string): Promise<void> {
  const reason = because('merge-group-unsupported', {});
  await ports.gatekeeper.putCheck(ref, {
    name: CHECK_NAME,
    headSha,
    externalId: '',
    conclusion: 'failure',
    title: decisionTitle(reason),
    summary: becauseLines([reason]),
    actions: [],
  });
}
