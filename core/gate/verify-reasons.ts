import { reason } from './reason.ts';

/** What the Action says when it verifies the whole log on a schedule. */
export const VERIFY_REASONS = {
  'log-verified': reason(
    'The log verifies',
    'The log of {size} records verifies with a key of the policy.',
    'Nothing to do; keep the checkpoint and hand it back as `since`.',
  ),
  'log-does-not-verify': reason(
    'The log does not verify',
    'The first thing that is wrong is {path}: {problem}.',
    'Release nothing until a person has looked: docs/evidence-format.md says what each problem means, and the history of the branch on GitHub shows who pushed what.',
  ),
  'log-branch-unreachable': reason(
    'The evidence branch cannot be fetched',
    'Git cannot fetch the branch `{branch}`: {what}.',
    'Check that the job has `permissions: contents: read` and that the runner reaches GitHub, then run the job again.',
  ),
  'since-unusable': reason(
    'The older checkpoint cannot be used',
    'The file of the input `since` is no checkpoint of this log that could be checked: {what}.',
    'Hand in the checkpoint that an earlier run kept; leave `since` empty only in the very first run.',
  ),
  'since-not-a-prefix': reason(
    'The log was rolled back or rewritten',
    'The log does not go on from the older checkpoint that was kept: {problem}.',
    'Release nothing until a person has looked: records that once stood in the log are gone or changed. Keep the older checkpoint, it proves it.',
  ),
  'log-check-failed': reason(
    'The log could not be checked',
    'The check of the log ended without a verdict: {what}.',
    'Run the job again; if it repeats, report it with this line.',
  ),
} as const;
