/**
 * Everything that a workflow can say to the Action and everything that it answers: `action.yml`, the README's tables and
 * what the code reads and writes are held against this list by a test.
 */

export const MODES = ['gate', 'run', 'propose', 'decide', 'close', 'verify'] as const;
export type Mode = (typeof MODES)[number];

type Access = Readonly<Record<string, 'read' | 'write'>>;

/**
 * `permissions:` that the job of each mode needs, with the App and without it; `never`: the mode is not for this set-up.
 * `id-token` is how the closing step and `propose` show the App which job they are. What only `attest` needs is apart.
 */
export const PERMISSIONS = {
  gate: { withApp: { contents: 'read', 'id-token': 'write' }, alone: { contents: 'read' } },
  run: { withApp: { contents: 'read', 'id-token': 'write' }, alone: { contents: 'read' } },
  propose: { withApp: { contents: 'read', 'id-token': 'write' }, alone: { contents: 'read', checks: 'write' } },
  decide: {
    withApp: 'never',
    alone: { actions: 'read', contents: 'write', issues: 'read', 'pull-requests': 'read' },
  },
  close: { withApp: 'never', alone: { actions: 'read', contents: 'write' } },
  verify: { withApp: { contents: 'read' }, alone: { contents: 'read' } },
} as const satisfies Readonly<Record<Mode, Readonly<Record<'withApp' | 'alone', Access | 'never'>>>>;

/** What a job needs beside that to attest; without `attestations` GitHub keeps none of it, which is a warning. */
export const ATTEST_PERMISSIONS = { attestations: 'write', 'id-token': 'write' } as const satisfies Access;

interface InputSpec {
  readonly description: string;
  /** Expression or text of `action.yml`; none: empty. */
  readonly default?: string;
  /** Modes that read it; every mode where it is missing. */
  readonly modes?: readonly Mode[];
}

export const INPUTS = {
  mode: { description: 'gate, run, propose, decide, close or verify.', default: 'gate' },
  environment: {
    description: 'The environment of the protected job, as the job names it.',
    modes: ['gate', 'run', 'propose', 'decide', 'close'],
  },
  key: {
    description:
      'Verifier key of the log (a vkey line). Must be one of those in `trust.keys` of the policy; left out, those count.',
    modes: ['gate', 'run', 'verify'],
  },
  'app-url': {
    description:
      'Address of the Countersign App. Must be the one in `trust.app-url` of the policy; left out, that one counts.',
    modes: ['gate', 'run', 'propose'],
  },
  'evidence-branch': {
    description:
      'Branch of the log. Must be the one in `trust.evidence-branch` of the policy; left out, that one or `countersign-evidence` counts.',
    modes: ['gate', 'run', 'decide', 'close', 'verify'],
  },
  'working-directory': {
    description: 'Where plan, artifacts, manifests and command are, within the checkout.',
    default: '.',
    modes: ['gate', 'run', 'propose'],
  },
  plan: {
    description: 'Terraform or OpenTofu plan: the plan file itself (best), or the output of `terraform show -json`.',
    modes: ['gate', 'run', 'propose'],
  },
  artifacts: { description: 'Files to bind by digest, one a line.', modes: ['gate', 'run', 'propose'] },
  manifests: {
    description: 'Kubernetes and other manifests to bind by digest, one file a line.',
    modes: ['gate', 'run', 'propose'],
  },
  command: {
    description: 'The command, one line of plain words: no shell reads it.',
    modes: ['gate', 'run', 'propose'],
  },
  reason: { description: 'Why, in the words of whoever asks; reviewers see it.', modes: ['propose'] },
  proposal: {
    description:
      'Output `proposal` of the propose step, for those who work without the App; `none` where nothing is proposed.',
    modes: ['decide'],
  },
  attest: {
    description:
      'Attest the decision by Sigstore, without a key: public-good, github, or own (the instance in `trust.sigstore` of the policy). Left out, nothing is attested.',
    modes: ['gate', 'run', 'decide'],
  },
  attestation: {
    description: 'Output `attestation` of the job that decided; needed where the policy has `trust.attested`.',
    modes: ['gate', 'run'],
  },
  'signing-key': {
    description: 'Signing keys of the log, from a secret of the environment that only this job may use.',
    modes: ['decide', 'close'],
  },
  'previous-signing-key': {
    description: 'Keys that `signing-key` replaces, from a secret of the same environment: they sign the new ones in.',
    modes: ['decide', 'close'],
  },
  'previous-key-revoked-from': {
    description:
      'After a theft of the previous keys: number of the first record that is not believed for their signature.',
    modes: ['decide', 'close'],
  },
  'signing-environment': {
    description:
      'Environment that the deciding job runs in; approvals at its prompt count where it is named `countersign-<environment>`.',
    default: 'countersign',
    modes: ['decide', 'close'],
  },
  'job-result': { description: 'Result of the protected job, as `needs.<job>.result` says it.', modes: ['close'] },
  'protected-job': {
    description:
      'Name of the protected job as GitHub lists it (its `name`, else its key): its own end is then what must confirm the result.',
    modes: ['close'],
  },
  since: {
    description: 'File with an older checkpoint: only what came after it is verified in full.',
    modes: ['verify'],
  },
  'wait-seconds': {
    description: 'How long to wait for a record that is on its way, at most 600.',
    default: '90',
    modes: ['gate', 'run'],
  },
  token: {
    description: 'Token that reads the repository (and, in decide and close, writes the evidence branch).',
    default: '${{ github.token }}',
  },
  'job-status': {
    description: 'Filled in by GitHub; the closing step tells the App how the job ended.',
    default: '${{ job.status }}',
    modes: ['gate', 'run'],
  },
} as const satisfies Readonly<Record<string, InputSpec>>;

export type InputName = keyof typeof INPUTS;

export const OUTPUTS = {
  decision: 'release, hold or reject; in verify mode verified or not-verified; in propose mode proposed.',
  reason: 'Reason code, as docs/reasons.md lists them.',
  reviewers: 'Logins of those who fill the seats, separated by commas.',
  record: 'Number of the record that lets the job go, or of the last one written.',
  'record-url': 'Where to look at that record.',
  checkpoint: 'The signed checkpoint that was verified or written (a signed note).',
  proposal: 'In propose mode: what was proposed, as JSON.',
  attestation: 'With `attest`: the Sigstore bundle over the decision, as JSON.',
} as const;

export type OutputName = keyof typeof OUTPUTS;
