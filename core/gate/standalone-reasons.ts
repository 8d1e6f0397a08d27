import { reason } from './reason.ts';

/** What a log that workflows write, without the App, adds to the reasons. */
export const STANDALONE_REASONS = {
  'signing-key-missing': reason(
    'The signing key is missing',
    'The job got no signing key; it stands in a secret of the environment `{environment}`, which the job must name.',
    'Make keys with `countersign keygen`, put the text into the secret COUNTERSIGN_SIGNING_KEY of that environment, and pass that one secret on by name, as docs/workflows/standalone.yml does (never `secrets: inherit`, which hands over all secrets).',
  ),
  'signing-key-unreadable': reason(
    'The signing key cannot be read',
    'The signing key that the job got cannot be used: {why}.',
    'Put the whole text that `countersign keygen` wrote into the secret, both blocks of it.',
  ),
  'signing-environment-missing': reason(
    'The signing environment is missing',
    'There is no environment `{environment}`, or this token does not see it.',
    'Make the environment, restrict its deployment branches, and give the job `actions: read`.',
  ),
  'signing-environment-open': reason(
    'Anyone who can push could read the signing key',
    'The environment `{environment}`, which holds the signing key, may be used by {by}.',
    'Set its deployment branches to protected branches, or to the branches and tags that are deployed from, each by its whole name: anyone who can push can make a branch or tag that a pattern fits.',
  ),
  'log-of-another-writer': reason(
    'Somebody else writes this log',
    'The branch `{branch}` holds a log that the signing key of this job did not sign ({origin}); one log has one writer.',
    'Let the App go on writing it, or name a branch of its own in `trust.evidence-branch` of the policy; after a lost key begin a new branch with new keys.',
  ),
  'log-of-previous-key': reason(
    'Other keys sign the log',
    'The branch `{branch}` holds the log that workflows of this repository write, and its newest checkpoint is signed by another key than the one in the secret COUNTERSIGN_SIGNING_KEY; {what}.',
    'If the keys were replaced, put the ones that they replace into the secret COUNTERSIGN_PREVIOUS_SIGNING_KEY of the same environment and re-run the job: it signs the new keys in. If they are lost, name a new `trust.evidence-branch`.',
  ),
  'log-on-another-branch': reason(
    'The log stands on another branch',
    'The policy names the evidence branch `{expected}`; the log that this signing key writes stands on `{found}`, and a second one of the same name would be another truth.',
    'Put `{found}` back into `trust.evidence-branch` of the policy. To begin a new log on a new branch, make new signing keys for it and delete the ref refs/countersign/log; the old branch stays as it is.',
  ),
  'store-lost': reason(
    'What the log remembers is lost',
    'The ref refs/countersign/log, which holds what the log must not forget, was deleted or put back by others, and could not be restored: {what}.',
    'If the signing keys were replaced a moment ago, or it happened while the job ran, re-run the job. Else point the ref at that commit again, from any clone that has it. Where nobody has it, begin a new log: new signing keys, a new branch in `trust.evidence-branch`, and no ref refs/countersign/log; the old branch stays as it is, so nothing that was recorded is lost.',
  ),
  'store-forged': reason(
    'What the log remembers was changed by others',
    'The ref refs/countersign/log, which holds what the log must not forget, was not written with the signing key, and could not be restored: {what}.',
    'If the signing keys were replaced a moment ago, re-run the job: it started with the old ones. Else find out who pushed to that ref, and point it at the newest commit that the evidence branch names (`store …` in the message of its newest commit by Countersign). For a new log with new keys delete the ref.',
  ),
  'store-restored': reason(
    'What the log remembers was put back',
    'Somebody had {what} the ref refs/countersign/log, which holds what the log must not forget; it is again at the newest state that the evidence branch names.',
    'Find out who pushed to that ref; nothing was released on what they put there.',
  ),
  'log-vanished': reason(
    'The log has vanished',
    'The policy says that the log on `{branch}` has begun (`trust.log-opened`), and neither that branch nor the ref beside it is there; a new one under the same name and key would be a second truth.',
    'Put back both from a clone: `refs/heads/{branch}` and `refs/countersign/log`. Where nobody has them, make new keys, name a new `trust.evidence-branch`, and take `log-opened` out until its first record stands.',
  ),
  'run-fork': reason(
    'The run comes from a fork',
    'The run or the pull request of the event comes from another repository, whose commits nobody here has seen.',
    'Deploy from a branch of this repository.',
  ),
  'run-attempt-changed': reason(
    'The run was started again meanwhile',
    'This job belongs to attempt {attempt}, and GitHub says that the run is at attempt {current}.',
    'Look at the newest attempt of the run; it decides for itself.',
  ),
  'proposal-missing': reason(
    'No proposal arrived',
    "The propose step's output did not arrive: the input `proposal` is empty, so nobody knows what would run.",
    'Hand the output `proposal` of the propose step on as an output of its job, and let the deciding job need that job; GitHub drops an output that has a secret in it, and its log says so. Where the run proposes nothing, write `proposal: none`.',
  ),
  'proposal-unreadable': reason(
    'The proposal cannot be read',
    'The input `proposal` is not what the propose step wrote: {why}.',
    'Pass the output `proposal` of the propose job on as it is; where the run proposes nothing, write `none`.',
  ),
  'gate-not-released': reason(
    'Nothing was released here',
    'What this run asked of `{environment}` last, up to attempt {attempt}, was not released, so there is no outcome to write.',
    'Close only a run whose decide job passed, with the same `environment`.',
  ),
  'outcome-unconfirmed': reason(
    'GitHub does not confirm the outcome',
    'The workflow says that the protected job ended with {said}, and the jobs of attempt {attempt}, which was let go, show {found}.',
    'Pass `needs.<job>.result` of the protected job as `job-result`, name that job in `protected-job` as GitHub lists it, and let the closing job need every job that deploys.',
  ),
  'outcome-differs': reason(
    'The outcome was recorded otherwise',
    'It is recorded that what attempt {attempt} of this run released to `{environment}` ended with {recorded}, and this job says {said}.',
    'A record is never changed. Release and deploy anew what has to run: re-run all jobs.',
  ),
  'signing-key-untrusted': reason(
    'The policy does not trust the signing key',
    'The policy on the default branch trusts other keys than the one that this job signs with, {key}.',
    'Put that line into `trust.keys` of the policy on the default branch, or the other key into the secret.',
  ),
  'evidence-push-refused': reason(
    'The evidence may not be pushed',
    'GitHub refuses what this job pushes to the evidence branch or to the ref beside it: {what}.',
    'Give the job `contents: write`, and let github-actions bypass the ruleset that protects the evidence branch.',
  ),
  'evidence-races-lost': reason(
    'Other jobs wrote the evidence all the time',
    'For {seconds} seconds other jobs were faster at writing to the evidence branch.',
    'Re-run the failed jobs.',
  ),
  'decided-elsewhere': reason(
    'Released by another job of this attempt',
    'Another job of this attempt has released `{environment}` already.',
    'Nothing to do.',
  ),
  'proposals-differ': reason(
    'Two jobs ask for different things',
    'Another job of this attempt has asked about `{environment}` with another proposal or another workflow; an attempt opens an environment once, so this one is neither asked nor released.',
    'Hand all proposals to one deciding job, as a JSON list in its input `proposal`, or give each job an environment of its own; then start a new run.',
  ),
  'outcome-recorded': reason(
    'The outcome is recorded',
    'What was released to `{environment}` ended with {conclusion}.',
    'Nothing to do.',
  ),
  'team-without-app': reason(
    'Without the App no team can be read',
    'The policy lets the team {team} fill a seat here, and the token of a job may read no team.',
    'In that group of the policy on the default branch write `users: [login#id]` or `min-permission: maintain` in place of `teams`.',
  ),
  'outcome-recorded-before': reason(
    'The outcome was recorded before',
    'It is recorded already that what was released to `{environment}` ended with {conclusion}.',
    'Nothing to do.',
  ),
  'held-alone': reason(
    'Held until a distinct human has agreed',
    'The deployment to `{environment}` is held: {filled} of {total} seats are filled. Who can fill what is open: {who}. What they type: `/countersign approve {code}`.',
    'One of them approves the pull request whose head is the deployed commit, with what they type as the first line of the review (or the prompt of `countersign-<environment>`, where that environment has reviewers); then somebody else re-runs the failed jobs.',
  ),
} as const;
