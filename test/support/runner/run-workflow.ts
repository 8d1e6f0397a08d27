import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import type { DispatchOptions, Sandbox } from '../../../sandbox/sandbox.ts';
import type { ActionDefinition } from './action-definition.ts';
import { runJob, type JobResult } from './run-job.ts';
import { readWorkflow } from './workflow-file.ts';
import { planJobs, type CalledFile, type Ending, type PlannedJob } from './workflow-plan.ts';

type Texts = Readonly<Record<string, string>>;

export interface WorkflowOptions extends DispatchOptions {
  readonly sandbox: Sandbox;
  /** Full name. */
  readonly repo: string;
  /** Of the workflow in the repository, e.g. `.github/workflows/deploy.yml`. */
  readonly path: string;
  /** Its text; default: what the repository holds at that path, at the ref of the run. */
  readonly text?: string;
  /** Login of who starts it. */
  readonly by: string;
  readonly inputs?: Texts;
  readonly vars?: Texts;
  /** Of the repository. */
  readonly secrets?: Texts;
  /** By environment; a job has them once it was let in. */
  readonly environmentSecrets?: Readonly<Record<string, Texts>>;
  /** Variables of every step, e.g. where a tool finds its things. */
  readonly machine?: Texts;
  /** In place of our own Action. */
  readonly action?: ActionDefinition;
}

export interface WorkflowResult {
  readonly attempt: number;
  /** Of the run, as GitHub says it. */
  readonly conclusion: string | null;
  /** By name (`caller / job` where a workflow was called). Of an earlier attempt where a re-run left it alone. */
  readonly jobs: Readonly<Record<string, JobResult>>;
}

export interface WorkflowRun {
  readonly runId: number;
  /** Waits until the newest attempt has ended. Whoever has to let a job in does that before, or at the same time. */
  finish(): Promise<WorkflowResult>;
  /** Starts another attempt, of the failed jobs and what needs them or of all. */
  rerun(by: string, options?: { readonly failedOnly?: boolean }): Promise<void>;
  /** Takes away what is left on disk. */
  close(): void;
}

const PATIENCE_MS = 60_000;
const project = join(import.meta.dirname, '..', '..', '..');

/** Starts a workflow file in the sandbox and runs its jobs as GitHub's runners would, each when the sandbox let it begin. */
export async function startWorkflow(options: WorkflowOptions): Promise<WorkflowRun> {
  const { sandbox, repo, path } = options;
  const file = await readWorkflow(path, options.text ?? textAt(options, repo, options.ref ?? 'HEAD', path));
  const endings = new Map<string, Ending>();
  const planned = await planJobs(file, {
    contexts: { github: githubBefore(options), vars: options.vars ?? {}, secrets: options.secrets ?? {} },
    inputs: options.inputs ?? {},
    find: (uses) => findCalled(options, uses),
    endings,
  });
  const { concurrency } = file;
  const run = await sandbox.as(options.by).dispatch(
    repo,
    {
      name: file.name ?? path,
      path,
      jobs: planned.map((job) => jobSpec(job, endings)),
      ...(concurrency === undefined
        ? {}
        : { concurrency: { group: concurrency.group, cancelInProgress: concurrency['cancel-in-progress'] } }),
    },
    options,
  );
  const folder = mkdtempSync(join(tmpdir(), 'runner-work-'));
  const runner = new Runner({ options, runId: run.id, planned, endings, folder });
  runner.start();
  return {
    runId: run.id,
    finish: () => runner.finished(),
    rerun: async (by, how) => {
      await runner.finished();
      await sandbox.as(by).rerun(run.id, how);
      runner.start();
    },
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function jobSpec(job: PlannedJob, endings: Map<string, Ending>) {
  const condition = (needs: Texts): boolean => {
    for (const [name, result] of Object.entries(needs)) {
      // What no runner ran: skipped, refused at the gate, cancelled before.
      if (endings.get(name)?.result !== result) endings.set(name, { result: endingOf(result), outputs: {} });
    }
    return job.begins();
  };
  return {
    name: job.name,
    needs: job.needs,
    manual: true,
    condition,
    ...(job.environment === undefined ? {} : { environment: job.environment }),
    ...(job.called === null ? {} : { calledWorkflow: { ref: job.called.ref, sha: job.called.sha } }),
  };
}

function endingOf(result: string): Ending['result'] {
  return result === 'success' || result === 'skipped' || result === 'cancelled' ? result : 'failure';
}

/** What `if`, `name` and `environment` of a job may know of the run. */
function githubBefore({ sandbox, repo, ref, by, event }: WorkflowOptions): Texts {
  return {
    event_name: event ?? 'workflow_dispatch',
    repository: repo,
    repository_owner: repo.split('/')[0] ?? '',
    ref: ref?.startsWith('refs/') === true ? ref : `refs/heads/${ref ?? 'main'}`,
    ref_name: (ref ?? 'main').replace(/^refs\/(?:heads|tags)\//, ''),
    actor: by,
    server_url: sandbox.url,
  };
}

function textAt({ sandbox }: WorkflowOptions, repo: string, ref: string, path: string): string {
  const text = sandbox.file(repo, ref, path);
  if (text === undefined) throw new TypeError(`${repo} has no ${path} at ${ref}`);
  return text;
}

/** `./.github/workflows/x.yml` of the repository, or `owner/repo/.github/workflows/x.yml@version`: of the sandbox, else of this checkout. */
async function findCalled(options: WorkflowOptions, uses: string): Promise<CalledFile> {
  const { sandbox, repo } = options;
  const ref = githubBefore(options)['ref'] ?? '';
  const at = options.sha ?? ref;
  const local = /^\.\/(.+)$/.exec(uses)?.[1];
  if (local !== undefined) {
    const file = await readWorkflow(local, textAt(options, repo, at, local));
    return { file, ref: `${repo}/${local}@${ref}`, sha: sandbox.commitAt(repo, at) ?? '' };
  }
  const [, home = '', path = '', version = ''] = /^([^/]+\/[^/]+)\/(.+)@(.+)$/.exec(uses) ?? [];
  const own = join(project, '.github', 'workflows', basename(path));
  const isCommit = /^[0-9a-f]{40}$/.test(version);
  if (sandbox.has(home)) {
    const names = isCommit ? [version] : [`refs/tags/${version}`, `refs/heads/${version}`];
    const found = names.find((name) => sandbox.commitAt(home, name) !== undefined) ?? version;
    const file = await readWorkflow(path, textAt(options, home, found, path));
    return { file, ref: `${home}/${path}@${found}`, sha: sandbox.commitAt(home, found) ?? '' };
  }
  if (!existsSync(own)) throw new TypeError(`nowhere is a workflow ${uses}`);
  const file = await readWorkflow(path, readFileSync(own, 'utf8'));
  return {
    file,
    ref: `${home}/${path}@${isCommit ? version : `refs/tags/${version}`}`,
    sha: isCommit ? version : 'c'.repeat(40),
  };
}

interface RunnerParts {
  readonly options: WorkflowOptions;
  readonly runId: number;
  readonly planned: readonly PlannedJob[];
  readonly endings: Map<string, Ending>;
  readonly folder: string;
}

/** Takes every job that has begun, until the run has ended. */
class Runner {
  readonly #parts: RunnerParts;
  readonly #results = new Map<string, JobResult>();
  readonly #taken = new Set<number>();
  #finished: Promise<WorkflowResult> | null = null;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#finished = this.#attempt();
    // Whoever waits for it sees the error; nobody has to wait.
    this.#finished.catch(() => undefined);
  }

  finished(): Promise<WorkflowResult> {
    if (this.#finished === null) throw new TypeError('not started');
    return this.#finished;
  }

  async #attempt(): Promise<WorkflowResult> {
    const { options, runId, planned } = this.#parts;
    const { sandbox } = options;
    const working: Promise<void>[] = [];
    const failures: unknown[] = [];
    for (;;) {
      const begun = await sandbox.until(() => {
        if (failures.length > 0) throw failures[0];
        const { status, jobs, attempt } = sandbox.runState(runId);
        const next = jobs.filter(
          (job) => job.status === 'in_progress' && job.attempt === attempt && !this.#taken.has(job.id),
        );
        return next.length > 0 || status === 'completed' ? next : undefined;
      }, PATIENCE_MS);
      if (begun.length === 0) break;
      for (const { id, name } of begun) {
        this.#taken.add(id);
        const job = planned.find((each) => each.name === name);
        if (job !== undefined) working.push(this.#work(job, id).catch((error: unknown) => void failures.push(error)));
      }
    }
    await Promise.all(working);
    if (failures.length > 0) throw failures[0];
    return this.#result();
  }

  async #work(planned: PlannedJob, id: number): Promise<void> {
    const { options, runId, endings, folder } = this.#parts;
    const { sandbox, repo } = options;
    const cancel = new AbortController();
    const place = join(folder, String(id));
    mkdirSync(place);
    const conclusion = (): string | null =>
      sandbox.runState(runId).jobs.find((job) => job.id === id)?.conclusion ?? null;
    const watch = sandbox
      .until(() => conclusion() ?? undefined, PATIENCE_MS * 5)
      .then((ended) => {
        if (ended === 'cancelled') cancel.abort();
      });
    watch.catch(() => undefined);
    const environments = Object.entries(options.environmentSecrets ?? {});
    const own = environments.find(([name]) => name.toLowerCase() === planned.environment?.toLowerCase());
    const result = await runJob({
      sandbox,
      repo,
      runId,
      planned,
      folder: place,
      store: join(folder, 'artifacts'),
      environmentSecrets: own?.[1] ?? {},
      inputs: options.inputs ?? {},
      machine: options.machine ?? {},
      action: options.action,
      cancel: cancel.signal,
    });
    this.#results.set(planned.name, result);
    endings.set(planned.name, result);
    if (conclusion() === null)
      await sandbox.finishJob(runId, planned.name, result.result === 'success' ? 'success' : 'failure');
  }

  #result(): WorkflowResult {
    const { options, runId } = this.#parts;
    const { attempt, conclusion, jobs } = options.sandbox.runState(runId);
    const newest = new Map(jobs.map((job) => [job.name, job]));
    const shown = [...newest.values()].map((job): readonly [string, JobResult] => {
      const result = this.#taken.has(job.id) ? this.#results.get(job.name) : undefined;
      return [job.name, result ?? { name: job.name, result: endingOf(job.conclusion ?? ''), outputs: {}, steps: [] }];
    });
    return { attempt, conclusion, jobs: Object.fromEntries(shown) };
  }
}
