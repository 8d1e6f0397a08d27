import { spellOut } from '../core/gate/reason.ts';
import { because } from '../core/gate/reasons.ts';
import { PROPOSAL_MAX_BYTES, REASON_MAX } from '../core/proposal.ts';
import { ActionFailure } from './failure.ts';
import { INPUTS, MODES } from './io.ts';
import type { InputName, Mode } from './io.ts';

/** Every input as the workflow wrote it, without blanks around it; empty where it wrote none. */
export type Inputs = Readonly<Record<Exclude<InputName, 'mode'>, string>> & { readonly mode: Mode };

/** May have more than one line. */
const MANY_LINES: ReadonlySet<InputName> = new Set([
  'artifacts',
  'manifests',
  'reason',
  'proposal',
  'attestation',
  'signing-key',
  'previous-signing-key',
]);
const MOST_CHARACTERS = 10_000;
/** A proposal is JSON of many findings, an attestation of certificates and proofs; both are handed on by an earlier job. */
const JSON_INPUTS: ReadonlySet<InputName> = new Set(['proposal', 'attestation']);
/** Of a reason that is cut, to leave room for saying so. */
const REASON_KEPT = REASON_MAX - 50;
/** Never printed, and hidden from the log before anything else happens. */
const SECRETS = ['token', 'signing-key', 'previous-signing-key'] as const satisfies readonly InputName[];

/**
 * Reads `INPUT_…` as the runner sets them: the name in upper case, blanks as `_`. What a mode does not read is refused, so that
 * nobody believes in a check that is not made.
 * @throws {ActionFailure} `action-mode-unknown`, `action-input-refused`
 */
export function readInputs(env: NodeJS.ProcessEnv): Inputs {
  const mode = toMode(rawInput(env, 'mode') || INPUTS.mode.default);
  const read = (name: InputName): string => readInput(env, name, mode);
  return {
    mode,
    environment: read('environment'),
    key: read('key'),
    'app-url': read('app-url'),
    'evidence-branch': read('evidence-branch'),
    'working-directory': read('working-directory'),
    plan: read('plan'),
    artifacts: read('artifacts'),
    manifests: read('manifests'),
    command: read('command'),
    reason: read('reason'),
    proposal: read('proposal'),
    attest: read('attest'),
    attestation: read('attestation'),
    'signing-key': read('signing-key'),
    'previous-signing-key': read('previous-signing-key'),
    'previous-key-revoked-from': read('previous-key-revoked-from'),
    'signing-environment': read('signing-environment'),
    'job-result': read('job-result'),
    'protected-job': read('protected-job'),
    since: read('since'),
    'wait-seconds': read('wait-seconds'),
    token: read('token'),
    'job-status': read('job-status'),
  };
}

/** Every text that the log must not show; read before the inputs are judged, because a refused secret is still one. */
export function secretInputs(env: NodeJS.ProcessEnv): readonly string[] {
  return SECRETS.map((name) => rawInput(env, name));
}

/** @throws {ActionFailure} `action-input-missing` */
export function required(inputs: Inputs, name: Exclude<InputName, 'mode'>): string {
  const value = inputs[name];
  if (value === '') throw new ActionFailure(because('action-input-missing', { mode: inputs.mode, input: name }));
  return value;
}

/** The lines of an input that have something in them. */
export function linesOf(value: string): readonly string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** @param why a phrase that goes on after the input's name, e.g. `is no number` */
export function inputRefused(input: InputName, why: string): ActionFailure {
  return new ActionFailure(because('action-input-refused', { input, why }));
}

/**
 * The environment as records have it: in lower case, because GitHub's environments are one whatever their case (C52).
 * @throws {ActionFailure}
 */
export function environmentOf(inputs: Inputs): string {
  return required(inputs, 'environment').toLowerCase();
}

function readInput(env: NodeJS.ProcessEnv, name: InputName, mode: Mode): string {
  const raw = rawInput(env, name).replaceAll('\r\n', '\n');
  const value = name === 'reason' ? readableReason(raw) : raw;
  const spec: { readonly modes?: readonly Mode[]; readonly default?: string } = INPUTS[name];
  const { modes, default: byDefault = '' } = spec;
  const isHandedOn = JSON_INPUTS.has(name);
  if (isHandedOn && Buffer.byteLength(value) > PROPOSAL_MAX_BYTES) {
    throw inputRefused(
      name,
      `is larger than ${PROPOSAL_MAX_BYTES / 1_024} KB, which is what one job can hand to another`,
    );
  }
  if (!isHandedOn && value.length > MOST_CHARACTERS) {
    throw inputRefused(name, `is longer than ${MOST_CHARACTERS} characters`);
  }
  if (!value.isWellFormed()) throw inputRefused(name, 'is not well-formed Unicode');
  const forbidden = MANY_LINES.has(name) ? /[^\P{Cc}\n\t]/u : /\p{Cc}/u;
  if (forbidden.test(value)) throw inputRefused(name, 'has a control character or a line break in it');
  // An expression is filled in by GitHub in every mode.
  const isGiven = value !== '' && value !== byDefault && !byDefault.startsWith('${{');
  if (isGiven && modes !== undefined && !modes.includes(mode)) throw inputRefused(name, `is not read in mode ${mode}`);
  return value;
}

/**
 * Words of others, such as the message of a commit that is merged already: nothing in them keeps it from being proposed. What
 * cannot be shown is written out, and what is too long is cut and says so (attack C98).
 */
function readableReason(raw: string): string {
  const shown = raw
    .toWellFormed()
    .replaceAll('\r', '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, spellOut);
  if (shown.length <= REASON_MAX) return shown;
  // Not in the middle of a character that takes two places.
  const kept = shown.slice(0, REASON_KEPT).replace(/[\uD800-\uDBFF]$/, '');
  return `${kept}… (${shown.length - kept.length} more characters)`;
}

function rawInput(env: NodeJS.ProcessEnv, name: InputName): string {
  return (env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim();
}

function toMode(text: string): Mode {
  const mode = MODES.find((known) => known === text);
  if (mode === undefined) throw new ActionFailure(because('action-mode-unknown', { mode: text }));
  return mode;
}
