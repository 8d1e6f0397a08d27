import type { PullFacts } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { Evaluation, Outlook } from './evaluate.ts';
import { decisionButtons, decisionTitle, requestSummary } from './show-request.ts';
import type { PullState } from './state.ts';

/** What the check says about one pull request. */
export function pullRequestView(
  pull: PullFacts,
  evaluation: Evaluation,
  prospects: Outlook,
): NonNullable<PullState['view']> {
  const first = evaluation.decision.because[0] ?? because('nothing-decided', {});
  return {
    title: decisionTitle(first),
    summary: requestSummary(evaluation, prospects, [pull.title]),
    actions: evaluation.decision.kind === 'release' ? [] : [...decisionButtons(evaluation.code)],
  };
}
