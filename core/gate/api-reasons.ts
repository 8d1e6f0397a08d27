import { reason } from './reason.ts';

/**
 * Why the App does not take what a job sends, as `code` of its problem documents, and why a job could not send it. None has a
 * parameter: nothing of a request is echoed.
 */
export const API_REASONS = {
  'api-off': reason(
    'The App takes nothing from jobs',
    'The App does not know its own public address, so no token can be meant for it.',
    'Set COUNTERSIGN_PUBLIC_URL of the App to the address that `trust.app-url` of the policy names, and start it again.',
  ),
  'api-body-refused': reason(
    'The body is not understood',
    'What was sent is not of the documented form.',
    'Use the Action in a version that fits the App; docs/app-api.md has the form.',
  ),
  'api-body-too-large': reason(
    'The body is too large',
    'What was sent is larger than 256 KB.',
    'Propose fewer things at once.',
  ),
  'api-content-type': reason(
    'The body is no JSON',
    'The content type of what was sent is not application/json.',
    'Send JSON, and say so in the header Content-Type.',
  ),
  'api-busy': reason(
    'The App is busy',
    'Too many requests are being read at once.',
    'The Action tries again by itself; if it gave up, run the job again.',
  ),
  'oidc-token-missing': reason(
    'No OIDC token',
    'What was sent carries no token in the header Authorization.',
    'Send the OIDC token of the job as a bearer token.',
  ),
  'oidc-token-refused': reason(
    'The OIDC token is not genuine',
    'The token is not signed with RS256 by a key of the issuer.',
    'Use the token that GitHub Actions gives to the job, unchanged.',
  ),
  'oidc-issuer-other': reason(
    'The OIDC token is of another issuer',
    'The token is not of the GitHub that this App belongs to.',
    'Use the App of this GitHub, or set COUNTERSIGN_OIDC_ISSUER of the App.',
  ),
  'oidc-audience-refused': reason(
    'The OIDC token is meant for somebody else',
    'The audience of the token is not the public address of the App.',
    'Set `trust.app-url` in the policy and COUNTERSIGN_PUBLIC_URL of the App to the same address.',
  ),
  'oidc-token-expired': reason(
    'The OIDC token is too old',
    'The token has expired, is older than ten minutes, or is not valid yet.',
    'Run the job again, and check the clock of the App.',
  ),
  'oidc-token-used': reason(
    'The OIDC token was used before',
    'Each token is good for one request, and this one has been used.',
    'Ask for a new token; the Action does so by itself.',
  ),
  'oidc-claims-refused': reason(
    'The OIDC token does not say enough',
    'The token lacks the ids of repository, owner, run and attempt that GitHub Actions puts into it.',
    'Use the token that GitHub Actions gives to the job, unchanged.',
  ),
  'oidc-keys-unavailable': reason(
    'The keys of the issuer cannot be read',
    'The App cannot read the keys that OIDC tokens are checked with, and takes none unchecked.',
    'Let the App reach the issuer of OIDC tokens; the Action tries again by itself, and if it gave up, run the job again.',
  ),
  'oidc-missing': reason(
    'The job may not ask for an OIDC token',
    'The App and every Sigstore know a job by its OIDC token, and this job cannot get one.',
    'Give the job `permissions: id-token: write`; in a reusable workflow the caller must grant it as well.',
  ),
  'oidc-unavailable': reason(
    'GitHub gave no OIDC token',
    'The job may ask for an OIDC token, and the service of the runner gave none.',
    'See the status page of GitHub, then run the job again.',
  ),
  'app-not-installed': reason(
    'The App is not installed here',
    'The App is not installed on the repository that the token is of.',
    'Install the App on this repository, or use the App that is.',
  ),
  'installation-reserved': reason(
    'The installation has a reserved number',
    'The App has the installation id 1 here, by which everybody knows the logs that workflows write without the App.',
    'Uninstall the App and install it again: GitHub gives it another number.',
  ),
  'run-attempt-old': reason(
    'Not the current attempt of the run',
    'The run has been started again since, so nothing that this attempt says counts.',
    'Look at the newest attempt of the run.',
  ),
  'run-not-in-progress': reason(
    'The run is over',
    'The run has ended, so there is nothing left to ask for.',
    'Start a new run.',
  ),
  'proposal-after-release': reason(
    'Proposed after the release',
    'This attempt has already been let go in this environment, for what was proposed before.',
    'Propose everything before the protected job begins to wait, and start a new run for what comes later.',
  ),
  'proposals-too-many': reason(
    'Too much was proposed',
    'At most 20 proposals and 256 KB are kept for one environment of one attempt, they change at most 60 times, and 4 MB are kept for one run.',
    'Put what belongs together into one proposal. A new attempt keeps what the one before proposed; a new run starts from nothing.',
  ),
  'proposals-no-room': reason(
    'The repository has proposed too much',
    'The App keeps 64 MB of proposals for one repository, and runs that go on hold all of it.',
    'Cancel runs that wait for nothing anybody needs, then run the job again.',
  ),
  'proposal-without-rule': reason(
    'Nobody would be asked',
    'The rule of the App is not enabled on this environment, or the repository has no environment of this name.',
    'Check the input `environment`, and enable the rule of the App on the environment.',
  ),
  'outcome-without-gate': reason(
    'The outcome belongs to no gate',
    'Nothing was held for this attempt in this environment, so there is no outcome to write down.',
    'Check the input `environment`, and that the rule of the App is enabled on the environment.',
  ),
  'app-unreachable': reason(
    'The App cannot be reached',
    'The App gave no usable answer, though it was asked more than once.',
    'Check `trust.app-url` in the policy, that the App runs, and that the runner may reach it.',
  ),
  'app-slow': reason(
    'The App does not answer in time',
    'The App did not answer in time, though it was asked more than once.',
    'See the log of the App, and run the job again.',
  ),
  'app-answer-unknown': reason(
    'That is not the App',
    'Whatever answers at the address of the App does not answer as the App does.',
    'Check `trust.app-url` in the policy: it has to be the address of the App, without a path.',
  ),
} as const;
