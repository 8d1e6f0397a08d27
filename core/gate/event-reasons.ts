import { reason } from './reason.ts';

/** What happened around a decision: failures, and what the log records about releases. */
export const EVENT_REASONS = {
  'forge-unavailable': reason(
    'GitHub does not answer',
    'GitHub gave no usable answer: {what}.',
    'It is tried again by itself; see the status page of GitHub.',
  ),
  'forge-rate-limited': reason(
    'GitHub asks to slow down',
    'GitHub limits the number of calls for now: {what}.',
    'It is tried again by itself when the limit ends.',
  ),
  'forge-forbidden': reason(
    'The App lacks a permission',
    'GitHub refused a call for want of a permission: {what}.',
    'Accept the permissions that the App asks for in the settings of the installation.',
  ),
  'forge-not-found': reason(
    'Something is missing on GitHub',
    'GitHub no longer knows something that had to be there: {what}.',
    'Check that the repository, run, pull request or team still exists and that the App is installed on it.',
  ),
  'forge-refused': reason(
    'GitHub refused',
    'GitHub understood a call and refused it: {what}.',
    'It is read again and judged afresh by itself; see the log of the process when it repeats.',
  ),
  'forge-shape-unknown': reason(
    'GitHub answered in an unknown form',
    'An answer of GitHub has a form that this version does not know: {what}.',
    'Update Countersign, or report it; until then it stays held.',
  ),
  'list-truncated': reason(
    'A list is too long to read',
    'GitHub has more entries than are read: {what}.',
    'Split the change, or remove what makes the list so long.',
  ),
  'delivery-unusable': reason(
    'The delivery cannot be used',
    'A webhook delivery lacks something that is needed: {what}.',
    'Nothing is lost: the delivery is stored, and the sweep looks at the repository itself.',
  ),
  'input-refused': reason(
    'The input was refused',
    'An input has a form that is not allowed: {what}.',
    'Mend the input and send it again.',
  ),
  'evidence-unavailable': reason(
    'The evidence cannot be written',
    'The record could not be made durable on the evidence branch, and nothing is released without it: {what}.',
    'Let the App write to the evidence branch; it is tried again by itself.',
  ),
  'signing-keys-refused': reason(
    'The signing keys do not fit the log',
    'The log cannot be continued with the signing keys that were given: {what}.',
    'Give what the sentence asks for, as docs/action.md ("Replace the keys") says, and start the process or the job again.',
  ),
  'evidence-drift': reason(
    'The evidence branch was changed',
    'The evidence branch is not what this log wrote: {what}.',
    'A person must look at the branch: somebody else wrote to it, or it was rewound or deleted.',
  ),
  'evidence-repaired': reason(
    'The evidence branch was repaired',
    'What others had changed on the evidence branch was put right by new commits: {what}.',
    'Find out who wrote to the branch, and protect it by a ruleset.',
  ),
  'evidence-busy': reason(
    'Another process writes the evidence',
    'Another process is writing to the log at the moment.',
    'It is tried again by itself.',
  ),
  'signer-unavailable': reason(
    'The signing key cannot be reached',
    'The evidence cannot be signed at the moment, and nothing is released without it: {what}.',
    'Check the key service and the access of the process to it; it is tried again by itself.',
  ),
  'store-unavailable': reason(
    'The store is not available',
    'The store of the process cannot be used: {what}.',
    'Check the database and the data directory; work goes on by itself afterwards.',
  ),
  'store-conflict': reason(
    'Somebody else was first',
    'Another process changed the same thing at the same time.',
    'It is tried again by itself.',
  ),
  'internal-error': reason(
    'A fault in Countersign',
    'Something happened that should never happen: {what}.',
    'Report it with the log of the process; until then it stays held.',
  ),
  'answered-and-accepted': reason('Released', 'GitHub accepted the release of `{environment}`.', 'Nothing to do.'),
  'release-observed': reason(
    'Released, seen afterwards',
    'The reply to the release of `{environment}` was lost; GitHub shows that it took effect.',
    'Nothing to do.',
  ),
  'authorisation-expired': reason(
    'The authorisation ran out',
    'The authorisation was not used before {notAfter} and is void.',
    'It is decided afresh by itself.',
  ),
  'authorisation-key-revoked': reason(
    'The key that signed the authorisation is revoked',
    'The authorisation was signed by a key that is revoked from before it on; it is void.',
    'It is decided afresh by itself; what was let go on it already has to be looked at.',
  ),
  'authorisation-unanswered': reason(
    'Not released',
    'The gate is gone although no release took effect: {what}.',
    'Start a new run when it should still ship.',
  ),
  'attempt-changed-before-release': reason(
    'Another attempt waits now',
    'The run was started again before the release: attempt {attempt} waits now.',
    'Answer the request of the new attempt.',
  ),
  'attempt-changed-after-release': reason(
    'The release met another attempt',
    'The run was started again while it was released: the release took effect on attempt {attempt}, which nobody countersigned.',
    'Look at what was deployed; the run is cancelled where the App may do so.',
  ),
  'gate-released': reason(
    'Countersigned',
    '`{environment}` was released; record {record} of the log says so, and on whose word.',
    'Nothing to do.',
  ),
  'gate-rejected': reason(
    'Rejected by a reviewer',
    'Somebody who may fill a seat rejected the deployment to `{environment}`; the record of it in the log says who.',
    'Settle it with the reviewer; start a new run, which makes a new request.',
  ),
  'released-without-us': reason(
    'Started without a countersignature',
    '`{environment}` was started without a release by Countersign: {what}.',
    'Find out who did it, review what was deployed, and forbid administrators to bypass the rules of the environment.',
  ),
  'merged-without-us': reason(
    'Merged without a countersignature',
    'Pull request #{number} was merged while it was held.',
    'Find out who did it, review what was merged, and require the check `countersign` of the App in a ruleset without bypass.',
  ),
  'release-revoked': reason(
    'Withdrawn after the release',
    'An approval was withdrawn after the release.',
    'Review what was deployed; the release itself stays on record.',
  ),
  'base-declared': reason(
    'Base declared by the policy',
    'The policy declares commit {sha} as the base of `{environment}`.',
    'Nothing to do: the first deployment is compared with this commit.',
  ),
  'policy-replaced': reason(
    'The policy changed',
    'The policy on the default branch changed; everything held is judged by the new one.',
    'Look at what is held: requests were made anew.',
  ),
  'installation-changed': reason(
    'Access to the repository changed',
    'What the App may do in this repository changed: {what}.',
    'Check the installation: without access everything stays held.',
  ),
  'settings-changed': reason(
    'Protection settings changed',
    'A setting that the gate relies on changed: {what}.',
    'Put the setting back, and look at what was deployed in between.',
  ),
  'erasure-requested': reason(
    'Personal data was taken out',
    'What a facts file said was taken out at the request of {what}.',
    'Nothing to do: records keep their bytes, and they hold ids and logins only.',
  ),
  'credential-withdrawn': reason(
    'A signing key counts no more',
    'The key may sign no further review: {what}.',
    'Enrol another key before the next signed review.',
  ),
  'reconciled-after-restart': reason(
    'Settled after a restart',
    'Work that had been interrupted was settled from what GitHub shows: {what}.',
    'Nothing to do.',
  ),
} as const;
