import { reason } from './reason.ts';

const SAY_THE_SAME =
  'Leave the input out, or write what `trust` in `.github/countersign.yml` on the default branch says.';
const LOOK_AT_BRANCH =
  'Run the Action in mode verify, and have a person look at the evidence branch: somebody else wrote to it, or the App is repairing it.';
const RERUN_AND_APPROVE =
  "Run the jobs again (without the App all of them, so that the deciding job runs too) and have the new attempt countersigned: with the App while GitHub holds its job (a review of the pull request, the check `countersign deploy: …` of the commit, GitHub's deployment prompt, or `/countersign approve <code>`), without it as the deciding job says when it holds.";
const SAME_COMMIT =
  'Check out the commit that was approved (actions/checkout without `ref`; of a pull request with `ref: ${{ github.event.pull_request.head.sha }}`), or have this one approved.';

/** Why the Action's gate lets a job go or stops it. */
export const GATE_REASONS = {
  'gate-passed': reason(
    'Countersigned',
    'Record {record} lets attempt {attempt} of run {run} go to `{environment}`; countersigned by {reviewers}.',
    'Nothing to do.',
  ),
  'trust-not-declared': reason(
    'The policy does not say whom to trust',
    'The policy on the default branch (commit {commit}) has no `trust`, so no key is known that evidence must be signed by.',
    'Add `trust: { keys: [...] }` to `.github/countersign.yml` on the default branch; the README of the evidence branch shows the key.',
  ),
  'trust-policy-unreadable': reason(
    'The policy could not be read',
    'The policy on the default branch cannot be read: {what}.',
    'Make `.github/countersign.yml` on the default branch a plain text file, no link, of at most 1 MB.',
  ),
  'trust-policy-invalid': reason(
    'The policy is not valid',
    'The policy on the default branch (commit {commit}) is not valid: {what}.',
    'Mend the policy on the default branch, then run the job again.',
  ),
  'trust-key-malformed': reason(
    'A trusted key cannot be read',
    'Key {number} under `trust.keys` of the policy is no verifier key: {what}.',
    'Copy the whole line from the README of the evidence branch or from `countersign keygen`.',
  ),
  'trust-key-differs': reason(
    'The workflow names another key',
    'Input `key` is {found}, which is not among `trust.keys` of the policy on the default branch.',
    SAY_THE_SAME,
  ),
  'trust-app-url-differs': reason(
    'The workflow names another App',
    'Input `app-url` is {found}, which is not `trust.app-url` of the policy on the default branch.',
    SAY_THE_SAME,
  ),
  'trust-branch-differs': reason(
    'The workflow names another evidence branch',
    'Input `evidence-branch` is {found}; the policy on the default branch trusts {expected}.',
    SAY_THE_SAME,
  ),
  'repository-differs': reason(
    'This is another repository',
    'The runner says that this is repository {expected}; {where} says {found}.',
    'Run the Action in the repository whose evidence it is to read; a copy or a fork has none.',
  ),
  'head-from-fork': reason(
    'The change comes from another repository',
    'The event is about a commit of repository {found}, and nothing of another repository is let go here.',
    'Bring the change into a branch of this repository, and have it countersigned there.',
  ),
  'evidence-branch-missing': reason(
    'There is no evidence branch',
    'The repository has no branch `{branch}`, or the token does not see it.',
    'Check that Countersign has written to this repository, that `trust.evidence-branch` names its branch, and that the job has `permissions: contents: read`.',
  ),
  'checkpoint-unreadable': reason(
    'The checkpoint cannot be read',
    'The file `checkpoint` of the evidence branch is missing or is none: {what}.',
    LOOK_AT_BRANCH,
  ),
  'evidence-of-another-repository': reason(
    'The evidence is of another repository',
    'The evidence branch holds the log {found}, not one of repository {expected} on {host}.',
    LOOK_AT_BRANCH,
  ),
  'key-does-not-match': reason(
    'No trusted key signed the evidence',
    'The checkpoint of the log {found} is not signed by a trusted key ({what}).',
    'If the key was replaced, add the new one to `trust.keys` of the policy on the default branch; if not, have a person look at the evidence branch.',
  ),
  'evidence-not-in-tree': reason(
    'The evidence does not prove what it says',
    'What the evidence branch shows is not what its checkpoint signs: {what}.',
    LOOK_AT_BRANCH,
  ),
  'evidence-gap': reason(
    'A record is missing',
    'Record {record} is not on the evidence branch, or not to be found, and it may undo a release.',
    LOOK_AT_BRANCH,
  ),
  'evidence-record-unreadable': reason(
    'A record cannot be read',
    'Record {record} has a form that this version does not know: {what}.',
    'Update Countersign in the workflow; if it is the newest, have a person look at the evidence branch.',
  ),
  'evidence-too-far-back': reason(
    'Too much was recorded since',
    'More than {most} records follow record {record}, and all of them would have to be read.',
    'Run the job again soon after it is approved.',
  ),
  'release-not-recorded': reason(
    'Nobody countersigned this',
    'The log of {size} records has no release of attempt {attempt} of run {run} for `{environment}`.',
    `${RERUN_AND_APPROVE} If nobody was asked: enable the App's protection rule on this environment, or, without the App, let the deciding job stand before this one.`,
  ),
  'release-of-other-attempt': reason(
    'Another attempt was released',
    'Attempt {found} of run {run} was released for `{environment}`; this is attempt {attempt}, which needs its own.',
    'Have this attempt countersigned. Without the App choose "Re-run all jobs", so that the deciding job runs again too.',
  ),
  'release-of-other-environment': reason(
    'Another environment was released',
    'Attempt {attempt} of run {run} was released for `{found}`, not for `{environment}`.',
    'Name the environment of this job in the input `environment`, and have it countersigned.',
  ),
  'release-of-other-run': reason(
    'Another run was released',
    'Run {found} of the same commit was released for `{environment}`; this is run {run}, which needs its own.',
    RERUN_AND_APPROVE,
  ),
  'release-of-other-commit': reason(
    'Another commit was released',
    'Record {record} releases commit {found}; this job is of commit {expected}.',
    'Start a new run of the commit that is to be deployed, and have that one countersigned.',
  ),
  'release-undone': reason(
    'The release does not count any more',
    'Record {record} released this, and record {later} (`{kind}`) undid it.',
    RERUN_AND_APPROVE,
  ),
  'release-expired': reason(
    'The release was not used in time',
    'Record {record} let this go until {until}, and nothing shows that it was used by then.',
    RERUN_AND_APPROVE,
  ),
  'release-by-revoked-key': reason(
    'The release may be forged',
    'Record {record} was signed by a key that record {later} revokes from before it.',
    RERUN_AND_APPROVE,
  ),
  'release-of-wrong-writer': reason(
    'The release is of a kind that this log cannot hold',
    'Record {record} is a release `{kind}`, which no {writer} writes.',
    LOOK_AT_BRANCH,
  ),
  'gate-was-bypassed': reason(
    'The gate was passed without a countersignature',
    'Record {record} says that somebody let attempt {attempt} of run {run} go to `{environment}` past Countersign.',
    RERUN_AND_APPROVE,
  ),
  'gate-was-ended': reason(
    'The request was ended',
    'Record {record} (`{kind}`) ended the request of attempt {attempt} of run {run} for `{environment}`.',
    'Mend what was objected to, then start a new run and have it countersigned.',
  ),
  'workflow-differs': reason(
    'The workflow is not that of the commit',
    'The workflow file is of {found}; this job is of commit {expected}.',
    'Start the run from a workflow file of this repository at the commit that is deployed.',
  ),
  'checkout-differs': reason(
    'Another commit is checked out',
    'Commit {found} is checked out, and commit {expected} was approved.',
    SAME_COMMIT,
  ),
  'checkout-modified': reason(
    'The checkout was changed',
    'Files of the commit are not as it has them: {files}.',
    'Make the gate the first step after the checkout, and let no step before it write to files that the commit has.',
  ),
  'checkout-unreadable': reason(
    'The checkout cannot be read',
    'What is checked out cannot be told by git: {what}.',
    'Use actions/checkout, and run the Action in the same container as git.',
  ),
  'checkout-filtered': reason(
    'A filter can hide changes in the checkout',
    'Git is set up to see the files through the filter `{filter}`, so it cannot tell whether they are those of the commit.',
    'Make the gate the first step after the checkout, before a step such as `git-crypt unlock` sets the filter up. Only that of Git LFS is known.',
  ),
  'tag-moved': reason(
    'The tag was moved',
    'Tag `{tag}` leads to {found} now; this job is of commit {expected}.',
    'Find out who moved the tag; then start a run of the tag as it stands, and have it countersigned.',
  ),
  'facts-unreadable': reason(
    'What was approved cannot be read',
    'The facts file that record {record} names cannot be read: {what}.',
    LOOK_AT_BRANCH,
  ),
  'subjects-not-named': reason(
    'The job does not say what it runs',
    'What was approved names {count} plan(s), file(s) or command(s), the first is `{name}`; the job names none.',
    'Give the gate the same `plan`, `artifacts`, `manifests` and `command` as the propose step.',
  ),
  'subject-differs': reason(
    'It is not what was approved',
    '`{name}` has SHA-256 {found}; what was approved has {expected}.',
    'Run exactly what was proposed (hand the very file over, do not make it again), or propose and have it countersigned anew.',
  ),
  'subject-elsewhere': reason(
    'It was approved for another place',
    '`{name}` was approved as `{found}`: another directory or path is another thing.',
    'Use the same `working-directory` and paths as the propose step.',
  ),
  'subject-not-approved': reason(
    'This was not approved',
    '`{name}` ({kind}) is not among what was approved.',
    'Propose it in the plan job, so that whoever countersigns sees it.',
  ),
} as const;
