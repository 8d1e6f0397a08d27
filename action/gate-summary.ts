import { code, escapeMarkdown, listed, table } from '../flow/markdown.ts';
import type { ProposedSubject } from '../core/proposal.ts';
import type { Requested } from './release-shapes.ts';
import type { RunnerContext } from './runner-context.ts';

const SUBJECTS_SHOWN = 20;

export interface Passed {
  readonly environment: string;
  readonly sha: string;
  readonly reviewers: readonly string[];
  readonly record: number;
  readonly recordUrl: string;
  readonly kind: string;
  readonly approved: readonly ProposedSubject[];
  readonly present: readonly ProposedSubject[];
  /** Whether the files of a commit were there to be looked at. */
  readonly isCheckedOut: boolean;
}

/** One table: what goes where, who countersigned it, and where that stands. */
export function passedSummary(runner: RunnerContext, passed: Passed): readonly string[] {
  const { owner, name } = runner.repository;
  const { environment, sha, reviewers, record, recordUrl, kind, approved, present, isCheckedOut } = passed;
  const repository = `${runner.serverUrl}/${owner}/${name}`;
  const subjects = present.map((each) => `${each.kind} ${escapeMarkdown(each.name)}<br>${code(each.sha256)}`);
  const what =
    approved.length === 0
      ? 'the commit; nothing else was proposed'
      : `${listed(subjects, SUBJECTS_SHOWN, '<br>')}<br>${present.length} of ${approved.length} that were approved`;
  const rows = [
    ['Environment', escapeMarkdown(environment)],
    ['Commit', `[${code(sha.slice(0, 12))}](${repository}/commit/${sha})`],
    [
      'Countersigned by',
      listed(
        reviewers.map((login) => `@${escapeMarkdown(login)}`),
        SUBJECTS_SHOWN,
      ),
    ],
    ['Record', `[${record}](${recordUrl}) (${kind})`],
    ['What was approved', what],
    ['Checkout', isCheckedOut ? 'this commit, unchanged' : 'none in the working directory, so none was looked at'],
  ];
  return [table(['', ''], rows)];
}

/**
 * How to get it approved, as far as the request that waits tells.
 * @param isAlone without the App nobody reads comments and buttons
 */
export function heldSummary(environment: string, requested: Requested | null, isAlone: boolean): readonly string[] {
  if (requested === null) return [];
  const seats = requested.seats.map(({ group }) => escapeMarkdown(group));
  const prompt = code(`countersign-${environment}`);
  const check = code(`countersign deploy: ${environment}`);
  const comment = code(`/countersign approve ${requested.code}`);
  const review = `by a review of the pull request whose first line is ${comment}`;
  const how = isAlone
    ? `${review}, or at the prompt of environment ${prompt}`
    : `${review}, by the check ${check} of the commit, at GitHub's deployment prompt, or by that line as a comment`;
  return [
    '### How to get it approved',
    `Request ${code(requested.code)} waits for: ${listed(seats, SUBJECTS_SHOWN) || 'nobody'}.`,
    `Approve ${how}. Then run the failed jobs again. The new attempt asks anew: ${
      isAlone ? 'such a review counts for it as long as it asks for the same' : 'answers are given again there'
    }.`,
  ];
}
