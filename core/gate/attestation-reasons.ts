import { reason } from './reason.ts';

const SAME_SIGNER =
  'Let the job that decides call exactly the workflow at exactly the commit that `trust.attested.workflow` names, or change the policy on the default branch.';
const FROM_THE_DECIDING_JOB =
  'Hand the output `attestation` of the job that decided in this very attempt to the gate, as it is. Without one, re-run all jobs.';
const LOOK_AT_ROOT =
  'Put what `gh attestation trusted-root` prints, or the trusted root of your own Sigstore, into the file that `trust.attested.root` names on the default branch.';

/** The signature without a key: why none is made, and why one does not count. */
export const ATTESTATION_REASONS = {
  'attest-would-publish': reason(
    'The attestation would be public',
    'The repository is {visibility}, and the public Sigstore log would show its name, its workflow and what was approved to everybody.',
    'Set `attest: github`, or name an instance of your own in `trust.sigstore` of the policy.',
  ),
  'attest-instance-missing': reason(
    'There is no such Sigstore here',
    'The decision cannot be attested by `{instance}`: {why}.',
    'Set `attest` to an instance that this server has: public-good, github, or own with `trust.sigstore` in the policy.',
  ),
  'attest-decided-elsewhere': reason(
    'Another job of this attempt decided',
    'Record {record} releases this already, and this job did not decide it, so it does not sign for it.',
    'Take the attestation of the job that decided, and let one job decide for one environment. If none has it, re-run all jobs.',
  ),
  'attestation-failed': reason(
    'The decision could not be attested',
    'The decision is recorded, and {service} did not sign it: {what}.',
    'Once it answers again re-run all jobs: each attempt is decided and attested anew. A review that names a code is used up, so have the pull request approved anew before, with the code as before.',
  ),
  'attestation-not-stored': reason(
    'GitHub does not keep the attestation',
    'The attestation was made, and GitHub did not take it: {what}.',
    'Use the output `attestation`. To have GitHub keep it as well give the job `attestations: write`; private repositories need Enterprise for it.',
  ),
  'attestation-not-demanded': reason(
    'The attestation is not looked at',
    'The job has an attestation, and the policy on the default branch does not say whose would count.',
    'Add `trust.attested` to the policy, or leave the input `attestation` out.',
  ),
  'attestation-missing': reason(
    'The attestation is missing',
    'The policy asks for an attestation of the decision, and the job has none.',
    'Set `attest` in the deciding job, and hand its output `attestation` to the input `attestation` of the gate.',
  ),
  'attestation-unreadable': reason(
    'The attestation cannot be read',
    'The input `attestation` is no Sigstore bundle with an in-toto statement: {what}.',
    FROM_THE_DECIDING_JOB,
  ),
  'attestation-root-unreadable': reason(
    'The trusted root cannot be read',
    'The file `{path}` of the default branch holds no trusted roots of Sigstore: {what}.',
    LOOK_AT_ROOT,
  ),
  'attestation-does-not-verify': reason(
    'The attestation does not verify',
    'No trusted root of `{path}` vouches for the attestation: {what}.',
    `${FROM_THE_DECIDING_JOB} If Sigstore changed its roots: ${LOOK_AT_ROOT}`,
  ),
  'attestation-identity-unclear': reason(
    'The certificate does not say who signed',
    'The certificate of the attestation does not say its {what} once and plainly.',
    'Use a Sigstore that knows GitHub Actions: the public one, GitHub’s, or your own set up for your server.',
  ),
  'attestation-issuer-differs': reason(
    'Another issuer vouches for the signer',
    'The certificate was given on a token of {found}; this server’s is {expected}.',
    FROM_THE_DECIDING_JOB,
  ),
  'attestation-signer-differs': reason(
    'Another workflow signed',
    'The attestation is signed by {found}; the policy trusts {expected}.',
    SAME_SIGNER,
  ),
  'attestation-repository-differs': reason(
    'The attestation is of another repository',
    'The attestation was made in the repository with the number {found}; this is {expected}.',
    FROM_THE_DECIDING_JOB,
  ),
  'attestation-owner-differs': reason(
    'The attestation is of another owner',
    'The attestation was made for the account with the number {found}; the owner of this repository is {expected}.',
    FROM_THE_DECIDING_JOB,
  ),
  'attestation-run-differs': reason(
    'The attestation is of another run',
    'The attestation was made in {found}; this job belongs to {expected}.',
    FROM_THE_DECIDING_JOB,
  ),
  'attestation-runner-differs': reason(
    'The attestation was made on another kind of runner',
    'The attestation was made on a runner that is `{found}`; the policy trusts `{expected}`.',
    'Let the deciding job run on such a runner, or set `trust.attested.runners` in the policy.',
  ),
  'attestation-statement-unreadable': reason(
    'The attestation says nothing that is known',
    'What the attestation states has another form than a decision of Countersign: {what}.',
    FROM_THE_DECIDING_JOB,
  ),
  'attestation-log-differs': reason(
    'The attestation is about another log',
    'The attestation is about the log {found}; the release stands in {expected}.',
    FROM_THE_DECIDING_JOB,
  ),
  'attestation-record-differs': reason(
    'The attestation is about another record',
    'The attestation is about record {found} with SHA-256 {digest}; the gate relies on record {record} with {expected}.',
    FROM_THE_DECIDING_JOB,
  ),
} as const;
