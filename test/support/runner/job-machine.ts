import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { ActionDefinition } from './action-definition.ts';
import type { CommonStep } from './common-actions.ts';
import { fill, fillAll, type Scope, type Status } from './expression.ts';
import { runAction, runnerVariables, type ActionRun } from './run-action.ts';
import { runStep, type StepRun } from './run-step.ts';
import type { StepResult } from './run-job.ts';
import type { WorkflowStep } from './workflow-file.ts';
import type { PlannedJob } from './workflow-plan.ts';

type Texts = Readonly<Record<string, string>>;

export interface JobOptions {
  readonly sandbox: Sandbox;
  /** Full name. */
  readonly repo: string;
  readonly runId: number;
  readonly planned: PlannedJob;
  /** An empty folder of its own. */
  readonly folder: string;
  /** Where artifacts of the run are. */
  readonly store: string;
  /** Of the repository and of the job's environment. */
  readonly environmentSecrets: Texts;
  readonly inputs: Texts;
  /** Variables of the machine, e.g. of its tools; they win over everything. */
  readonly machine: Texts;
  /** Default: our own. */
  readonly action: ActionDefinition | undefined;
  readonly cancel: AbortSignal;
}

/** What the steps of one job share: folders, variables, token and what is hidden in its log. */
export class JobMachine {
  readonly #options: JobOptions;
  readonly #token: string;
  readonly #hidden: Set<string>;
  readonly #workspace: string;
  readonly #temp: string;
  readonly #event: object;
  readonly #own: Texts;
  readonly #secrets: Texts;
  /** Set by steps for those that follow. */
  #set: Texts = {};
  #path: readonly string[] = [];

  constructor(options: JobOptions) {
    const { sandbox, repo, runId, planned } = options;
    this.#options = options;
    this.#token = sandbox.jobToken(runId, planned.name, planned.permissions);
    const name = repo.split('/')[1] ?? repo;
    this.#workspace = join(options.folder, name, name);
    this.#temp = join(options.folder, '_temp');
    for (const folder of [this.#workspace, this.#temp]) mkdirSync(folder, { recursive: true });
    const { event } = sandbox.jobVariables(runId, planned.name);
    this.#event = { ...Object(event), ...(Object.keys(options.inputs).length === 0 ? {} : { inputs: options.inputs }) };
    const place = { sandbox, runId, job: planned.name, workspace: this.#workspace, event: this.#event };
    this.#own = { ...runnerVariables(place, this.#temp), GITHUB_JOB: planned.id, ...options.machine };
    const reaching = Object.entries(options.environmentSecrets).filter(([secret]) => planned.mayUse(secret));
    const handed: unknown = planned.scope().contexts['secrets'];
    this.#secrets = { ...Object(handed), ...Object.fromEntries(reaching), GITHUB_TOKEN: this.#token };
    this.#hidden = new Set(Object.values(this.#secrets).filter((secret) => secret !== ''));
  }

  isSecret(text: string): boolean {
    return [...this.#hidden].some((secret) => text.includes(secret));
  }

  /** What expressions see after these steps. */
  scope(steps: readonly StepResult[], status: Status): Scope {
    const { planned } = this.#options;
    const own = Object.entries(this.#own);
    const named = (prefix: string): Texts =>
      Object.fromEntries(
        own.flatMap(([name, value]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length).toLowerCase(), value]] : [],
        ),
      );
    const known = {
      ...planned.scope().contexts,
      github: { ...named('GITHUB_'), event: this.#event, token: this.#token },
      runner: named('RUNNER_'),
      secrets: this.#secrets,
      job: {
        status,
        ...workflowOf(
          planned.called?.ref ?? this.#own['GITHUB_WORKFLOW_REF'] ?? '',
          planned.called?.sha ?? this.#own['GITHUB_WORKFLOW_SHA'] ?? '',
        ),
      },
      steps: Object.fromEntries(
        steps.flatMap(({ id, outputs, outcome, conclusion }) =>
          id === null ? [] : [[id, { outputs, outcome, conclusion }]],
        ),
      ),
    };
    const ofFile = fillAll(planned.file.env ?? {}, { contexts: known, status });
    const ofJob = fillAll(planned.job.env ?? {}, { contexts: { ...known, env: ofFile }, status });
    return { contexts: { ...known, env: { ...ofFile, ...ofJob, ...this.#set } }, status };
  }

  keep(run: StepRun): void {
    this.#set = { ...this.#set, ...run.env };
    this.#path = [...run.path, ...this.#path];
  }

  commonStep(step: WorkflowStep, scope: Scope): CommonStep {
    const inputs = fillAll(step.with ?? {}, scope);
    const { sandbox, store } = this.#options;
    return { sandbox, inputs, env: this.#own, token: this.#token, store };
  }

  script(step: WorkflowStep, scope: Scope): Promise<StepRun> {
    const { planned, cancel } = this.#options;
    const setting = (key: 'shell' | 'working-directory'): string | undefined =>
      step[key] ?? planned.job.defaults?.run?.[key] ?? planned.file.defaults?.run?.[key];
    const file = join(this.#temp, 'step.sh');
    writeFileSync(file, fill(step.run ?? '', scope));
    const shell = setting('shell');
    const strict = shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
    if (shell !== undefined && shell !== 'bash' && shell !== 'sh')
      throw new TypeError(`no shell ${shell} in the tests`);
    return runStep({
      program: shell ?? 'bash',
      args: [...strict, file],
      cwd: join(this.#workspace, fill(setting('working-directory') ?? '.', scope)),
      env: { ...this.#env(step, scope), ...this.#own, PATH: this.#searchPath() },
      secrets: this.#hidden,
      cancel,
    });
  }

  /** Our Action; with the run of its main step, the post step. */
  own(step: WorkflowStep, scope: Scope, post?: ActionRun): Promise<ActionRun> {
    const { sandbox, repo, runId, planned, machine, action, cancel } = this.#options;
    const [repository = '', version = ''] = (step.uses ?? '').split('@');
    const foreign = version === '' ? {} : { GITHUB_ACTION_REPOSITORY: repository, GITHUB_ACTION_REF: version };
    const status = scope.status === 'skipped' ? 'success' : scope.status;
    return runAction({
      sandbox,
      repo,
      runId,
      job: planned.name,
      inputs: fillAll(step.with ?? {}, scope),
      workspace: this.#workspace,
      permissions: planned.permissions,
      event: this.#event,
      workflowEnv: this.#env(step, scope),
      env: { GITHUB_JOB: planned.id, ...foreign, ...machine, PATH: this.#searchPath() },
      jobStatus: status,
      token: this.#token,
      secrets: this.#hidden,
      temp: this.#temp,
      ...(action === undefined ? {} : { definition: action }),
      ...(post === undefined ? { cancel } : { post }),
    });
  }

  #env(step: WorkflowStep, scope: Scope): Texts {
    const shared: unknown = scope.contexts['env'];
    return { ...Object(shared), ...fillAll(step.env ?? {}, scope) };
  }

  #searchPath(): string {
    return [...this.#path, this.#own['PATH'] ?? ''].join(delimiter);
  }
}

/** The workflow that defines the job, which is not the one that began the run where that calls another. */
function workflowOf(ref: string, sha: string): Texts {
  const [, repository = '', path = ''] = /^([^/]+\/[^/]+)\/(.+)@.*$/.exec(ref) ?? [];
  return {
    workflow_ref: ref,
    workflow_sha: sha,
    workflow_repository: repository,
    workflow_file_path: path,
  };
}
