import { fill, fillAll, holds, type Scope, type Status } from './expression.ts';
import type { Permissions } from './run-action.ts';
import { grantedBy, type WorkflowFile, type WorkflowJob } from './workflow-file.ts';

/** How a job ended, as `needs` and `jobs` show it. */
export interface Ending {
  readonly result: Status;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface CalledFile {
  readonly file: WorkflowFile;
  /** As `job_workflow_ref` and `job_workflow_sha` say it. */
  readonly ref: string;
  readonly sha: string;
}

export interface PlanParts {
  /** `github`, `vars` and `secrets` as they are before any job runs. */
  readonly contexts: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly find: (uses: string) => Promise<CalledFile>;
  /** Of the jobs that have ended, by name. */
  readonly endings: Map<string, Ending>;
}

/** One job that a runner runs: of the workflow itself, or of one that it calls. */
export interface PlannedJob {
  /** Name in the run, `caller / job` for one of a called workflow. */
  readonly name: string;
  /** Its key in the file. */
  readonly id: string;
  readonly job: WorkflowJob;
  readonly file: WorkflowFile;
  readonly called: CalledFile | null;
  readonly permissions: Permissions;
  readonly environment: string | undefined;
  /** Names of the jobs that must have ended before. */
  readonly needs: readonly string[];
  /** What its expressions see before its first step. */
  scope(): Scope;
  /** Secrets of an environment that reach it. */
  mayUse(secret: string): boolean;
  /** Its `if`, and those of the jobs that called its workflow. */
  begins(): boolean;
}

/** GitHub's default for new repositories. */
const DEFAULT: Permissions = { contents: 'read', packages: 'read' };

/** The jobs of a workflow and of all that it calls, in the order of the files. */
export async function planJobs(file: WorkflowFile, parts: PlanParts): Promise<readonly PlannedJob[]> {
  const inputs = (): Readonly<Record<string, unknown>> => typed(file, parts.inputs);
  const part = await planFile(file, parts, { inputs, prefix: '', above: [], begins: () => true });
  return part.jobs;
}

interface Caller {
  readonly prefix: string;
  /** What the jobs that come first have to wait for. */
  readonly above: readonly string[];
  readonly inputs: () => Readonly<Record<string, unknown>>;
  readonly begins: () => boolean;
  readonly called?: CalledFile;
  readonly most?: Permissions;
  /** Secrets that were handed over; undefined: all. */
  readonly secrets?: (() => Readonly<Record<string, string>>) | undefined;
}

interface FilePart {
  readonly jobs: readonly PlannedJob[];
  readonly ending: () => Ending;
  /** The worst of it and of everything that it waited for. */
  readonly status: () => Status;
}

async function planFile(file: WorkflowFile, parts: PlanParts, caller: Caller): Promise<FilePart> {
  const found = new Map<string, FilePart>();
  const planned: PlannedJob[] = [];
  const scopeOf = (job: WorkflowJob | null): Scope => {
    const needs = Object.fromEntries(
      [...found].filter(([id]) => job?.needs.includes(id)).map(([id, part]) => [id, part.ending()]),
    );
    const secrets = caller.secrets === undefined ? {} : { secrets: caller.secrets() };
    const contexts = { ...parts.contexts, ...secrets, inputs: caller.inputs(), needs };
    return {
      contexts: { ...contexts, env: fillAll(file.env ?? {}, { contexts, status: 'success' }) },
      status: statusOf(job, found),
    };
  };
  for (const [id, job] of ordered(file)) {
    const needs = [
      ...caller.above,
      ...job.needs.flatMap((need) => found.get(need)?.jobs.map(({ name }) => name) ?? []),
    ];
    const name = caller.prefix + fill(job.name ?? id, scopeOf(job));
    const begins = (): boolean => caller.begins() && holds(job.if, scopeOf(job));
    const permissions = grantedBy(file, job, caller.most ?? DEFAULT);
    if (caller.most !== undefined) checkPermissions(name, permissions, caller.most);
    if (job.uses !== undefined) {
      const called = await parts.find(job.uses);
      if (called.file.called === null) throw new TypeError(`${job.uses} is not made to be called`);
      const secrets = (): Readonly<Record<string, string>> =>
        fillAll(typeof job.secrets === 'object' && job.secrets !== null ? job.secrets : {}, scopeOf(job));
      const part = await planFile(called.file, parts, {
        prefix: `${name} / `,
        above: needs,
        begins,
        called,
        most: permissions,
        inputs: () => typed(called.file, fillAll(job.with ?? {}, scopeOf(job))),
        secrets: job.secrets === 'inherit' ? caller.secrets : secrets,
      });
      found.set(id, { ...part, ...chained(part.ending, () => statusOf(job, found)) });
      planned.push(...part.jobs);
      continue;
    }
    const own: PlannedJob = {
      name,
      id,
      job,
      file,
      called: caller.called ?? null,
      permissions,
      environment: job.environment === undefined ? undefined : fill(job.environment, scopeOf(job)),
      needs,
      scope: () => scopeOf(job),
      mayUse: (secret) => caller.secrets === undefined || file.called?.secrets.includes(secret) === true,
      begins,
    };
    planned.push(own);
    const none: Ending = { result: 'skipped', outputs: {} };
    found.set(id, {
      jobs: [own],
      ...chained(
        () => parts.endings.get(name) ?? none,
        () => statusOf(job, found),
      ),
    });
  }
  const ending = (): Ending => {
    const jobs = Object.fromEntries([...found].map(([id, part]) => [id, part.ending()]));
    const results = Object.values(jobs).map(({ result }) => result);
    const scope: Scope = { contexts: { ...scopeOf(null).contexts, jobs }, status: 'success' };
    return { result: worst(results), outputs: fillAll(file.called?.outputs, scope) };
  };
  return { jobs: planned, ...chained(ending, () => 'success') };
}

function chained(ending: () => Ending, before: () => Status): Pick<FilePart, 'ending' | 'status'> {
  return { ending, status: () => worst([ending().result, before()]) };
}

/** Needs first; a circle was refused by GitHub's parser. */
function ordered(file: WorkflowFile): readonly (readonly [string, WorkflowJob])[] {
  const done = new Map<string, WorkflowJob>();
  const add = (id: string): void => {
    const job = file.jobs[id];
    if (job === undefined || done.has(id)) return;
    for (const need of job.needs) add(need);
    done.set(id, job);
  };
  for (const id of Object.keys(file.jobs)) add(id);
  return [...done];
}

/** How everything before a job went: also what stands before the jobs that it names (actions/runner#491). */
function statusOf(job: WorkflowJob | null, found: ReadonlyMap<string, FilePart>): Status {
  return worst((job?.needs ?? []).flatMap((id) => found.get(id)?.status() ?? []));
}

function worst(results: readonly Status[]): Status {
  const order: readonly Status[] = ['failure', 'cancelled', 'skipped', 'success'];
  return order.find((status) => results.includes(status)) ?? 'success';
}

function typed(file: WorkflowFile, given: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(file.inputs).map(([name, input]) => {
      const value = given[name] ?? ('default' in input ? input.default : undefined) ?? '';
      if (input.type === 'boolean') return [name, value === 'true'];
      return [name, input.type === 'number' ? Number(value) : value];
    }),
  );
}

/** GitHub does not even start a run whose called job asks for more than its caller has. */
function checkPermissions(name: string, asked: Permissions, most: Permissions): void {
  for (const [permission, level] of Object.entries(asked)) {
    if (most[permission] === level || most[permission] === 'write') continue;
    throw new TypeError(`${name} requests ${permission}: ${level}, but is only allowed ${most[permission] ?? 'none'}`);
  }
}
