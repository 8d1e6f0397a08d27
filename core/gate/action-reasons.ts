import { reason } from './reason.ts';

/** What the Action says on a runner: each stops its job. */
export const ACTION_REASONS = {
  'action-failed': reason(
    'The Action failed',
    'Something went wrong that the Action does not know, and it never passes on doubt: {what}.',
    'Run the job again; if it repeats, report it with this line.',
  ),
  'runner-context-unusable': reason(
    'The runner does not say where it is',
    'A value that the runner sets by itself is missing or has an unknown form: {what}.',
    'Run the Action in a job of GitHub Actions on a current runner, and set no GITHUB_ variable yourself.',
  ),
  'action-mode-unknown': reason(
    'No such mode',
    'The Action has no mode `{mode}`.',
    'Set `mode` to gate, run, propose, decide, close or verify.',
  ),
  'action-input-refused': reason(
    'An input of the Action cannot be used',
    'Input `{input}` {why}.',
    'Mend the input in the workflow; docs/action.md has every input and the modes that read it.',
  ),
  'action-input-missing': reason(
    'An input of the Action is missing',
    'Mode {mode} needs the input `{input}`.',
    'Add it under `with:` in the workflow.',
  ),
  'action-not-pinned': reason(
    'Countersign is not pinned',
    'The workflow uses Countersign at `{ref}`, which can be changed by others after it was reviewed.',
    'Write `uses: …@<full commit SHA>` with 40 hex digits.',
  ),
  'action-github-unavailable': reason(
    'GitHub does not answer',
    'GitHub gave no usable answer in time: {what}.',
    'See whether the runner reaches GitHub (its network, proxy and certificates) and what its status page says, then run the job again.',
  ),
  'action-github-rate-limited': reason(
    'GitHub asks to slow down',
    'GitHub limits the number of calls for now: {what}.',
    'Wait until the limit ends, at most an hour, and run the job again.',
  ),
  'action-token-forbidden': reason(
    'The token of the job may not do this',
    'GitHub refused the token of this job: {what}.',
    'Give the job the permissions that docs/action.md names for this mode, under `permissions:`; what is not named there, it does not have.',
  ),
  'action-github-not-found': reason(
    'Something is missing on GitHub',
    'GitHub does not know something that had to be there, or does not show it to this token: {what}.',
    'Check that it exists and that the job has the permissions that docs/action.md names for this mode.',
  ),
  'action-github-refused': reason(
    'GitHub refused',
    'GitHub understood a call and refused it: {what}.',
    'Run the job again; if it repeats, report it with this line.',
  ),
} as const;
