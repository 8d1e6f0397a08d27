import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Refused } from '../../../sandbox/refused.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { ownAction, type ActionDefinition } from './action-definition.ts';
import { runStep, type StepRun } from './run-step.ts';

const fasterTime = new URL('faster-time.ts', import.meta.url).href;

export type ActionRun = StepRun;

export type Permissions = Readonly<Record<string, 'read' | 'write'>>;

export interface ActionOptions {
  readonly sandbox: Sandbox;
  /** Full name; the run says it too. */
  readonly repo: string;
  readonly runId: number;
  /** Name of the job, which must have begun (declare it `manual`). */
  readonly job: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** GITHUB_WORKSPACE: the checkout, if there is one. */
  readonly workspace: string;
  readonly permissions: Permissions;
  /** Default: whether `permissions` has `id-token: write`. */
  readonly idToken?: boolean;
  /** Default: as the sandbox says the run's event was. */
  readonly event?: object;
  /** `env` of the workflow: what GitHub itself sets wins over it. */
  readonly workflowEnv?: Readonly<Record<string, string>>;
  /** Wins over everything else. */
  readonly env?: Readonly<Record<string, string>>;
  /** Runs the post step with the state that this run of the main step left. */
  readonly post?: ActionRun;
  /** What `job.status` is at this moment; default: success. */
  readonly jobStatus?: 'success' | 'failure' | 'cancelled';
  /** Default: our own. */
  readonly definition?: ActionDefinition;
  /** GITHUB_TOKEN and what is hidden, where steps of one job share them. */
  readonly token?: string;
  readonly secrets?: Set<string>;
  /** RUNNER_TEMP, where steps of one job share it. */
  readonly temp?: string;
  readonly cancel?: AbortSignal;
  /** Time-outs and pauses of the process take a twentieth of their time (faster-time.ts). */
  readonly faster?: boolean;
}

/** Runs our Action in a job of the sandbox exactly as a runner runs it: nothing of this process's environment gets in. */
export async function runAction(options: ActionOptions): Promise<ActionRun> {
  const { sandbox, runId, job, permissions, post } = options;
  const definition = options.definition ?? ownAction();
  const entry = post === undefined ? definition.main : definition.post;
  if (entry === null) throw new TypeError('the action has no post step');
  const own = options.temp === undefined ? mkdtempSync(join(tmpdir(), 'runner-temp-')) : null;
  const temp = options.temp ?? own ?? '';
  const token = options.token ?? sandbox.jobToken(runId, job, permissions);
  const secrets = options.secrets ?? new Set<string>();
  secrets.add(token);
  try {
    const inputs = { ...defaults(definition, token, options.jobStatus ?? 'success'), ...options.inputs };
    const state = Object.entries(post?.state ?? {}).map(([name, value]) => [`STATE_${name}`, value]);
    return await runStep({
      program: process.execPath,
      args: options.faster === true ? ['--import', fasterTime, entry] : [entry],
      cwd: options.workspace,
      secrets,
      env: {
        ...options.workflowEnv,
        ...runnerVariables(options, temp),
        ...((options.idToken ?? permissions['id-token'] === 'write') ? idTokenVariables(options, secrets) : {}),
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [inputVariable(name), value])),
        ...Object.fromEntries(state),
      },
      over: options.env ?? {},
      ...(options.cancel === undefined ? {} : { cancel: options.cancel }),
    });
  } finally {
    if (own !== null) rmSync(own, { recursive: true, force: true });
  }
}

/** `working-directory` → `INPUT_WORKING-DIRECTORY`: only spaces are replaced. */
function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

function defaults(definition: ActionDefinition, token: string, status: string): Readonly<Record<string, string>> {
  const fill = (text: string): string =>
    text.replaceAll(/\$\{\{\s*([^}]*?)\s*\}\}/g, (whole, expression: string) => {
      if (expression === 'github.token') return token;
      if (expression === 'job.status') return status;
      throw new TypeError(`the runner of the tests does not know ${whole} in action.yml`);
    });
  return Object.fromEntries(Object.entries(definition.inputs).map(([name, value]) => [name, fill(value)]));
}

/** What every step of the job sees. */
export function runnerVariables(
  options: Pick<ActionOptions, 'sandbox' | 'runId' | 'job' | 'workspace' | 'event'>,
  temp: string,
): Readonly<Record<string, string>> {
  const { env, event } = options.sandbox.jobVariables(options.runId, options.job);
  const home = join(temp, 'home');
  mkdirSync(home, { recursive: true });
  const eventPath = join(temp, 'event.json');
  writeFileSync(eventPath, JSON.stringify(options.event ?? event));
  return {
    ...env,
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    TMPDIR: tmpdir(),
    // Of the tests, not of a runner: it only saves their time.
    ...(process.env['NODE_COMPILE_CACHE'] === undefined
      ? {}
      : { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }),
    GITHUB_ACTION: '__self',
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_WORKSPACE: options.workspace,
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_NAME: 'GitHub Actions 1',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: join(temp, 'tools'),
  };
}

/** None in a fork's pull request, whatever the workflow asks for. */
function idTokenVariables(options: ActionOptions, secrets: Set<string>): Readonly<Record<string, string>> {
  try {
    const { url, token } = options.sandbox.idTokenRequest(options.runId, options.job);
    secrets.add(token);
    return { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token };
  } catch (error) {
    if (error instanceof Refused && error.status === 403) return {};
    throw error;
  }
}
