import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';

/** Where and for what this job runs. The runner sets the `GITHUB_` variables itself and lets no workflow overwrite them. */
export interface RunnerContext {
  /** Without a slash at the end, as all three addresses. */
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly graphqlUrl: string;
  /** Lower case, with port where there is one, as `RepositoryRef.host`. */
  readonly host: string;
  readonly repository: { readonly owner: string; readonly name: string; readonly id: number };
  readonly ownerId: number;
  readonly runId: number;
  readonly attempt: number;
  /** Id of the job in the workflow file. */
  readonly job: string;
  /** Commit of the event: of a pull request the merge commit, not its head. */
  readonly sha: string;
  /** Full, e.g. `refs/tags/v1`; empty where the event names a commit alone. */
  readonly ref: string;
  readonly refType: 'branch' | 'tag';
  /** `owner/name/.github/workflows/file@ref`. */
  readonly workflowRef: string;
  readonly workflowSha: string;
  readonly eventName: string;
  /**
   * Repository of the head in the event, where it has one (pull requests, workflow runs); 0: GitHub no longer tells, because
   * the fork was deleted. null: the event has no head.
   */
  readonly headRepositoryId: number | null;
  /** Of the pull request in the event. */
  readonly pullRequestHeadSha: string | null;
  readonly workspace: string;
  /** What the workflow wrote after `@`; null: nothing, as for an action of the same repository. */
  readonly actionRef: string | null;
  readonly actor: string;
}

const id = z
  .string()
  .regex(/^[1-9]\d{0,15}$/)
  .transform(Number)
  .pipe(z.int());
const sha = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const text = z.string().min(1).max(2_000);

/** Tokens go to these addresses: only the runner's own machine is spoken to in clear. */
const address = z
  .string()
  .max(500)
  .regex(/^(?:https:\/\/|http:\/\/(?:localhost|127(?:\.\d{1,3}){3})(?::|\/|$))/)
  .refine((value) => URL.canParse(value))
  .transform((value) => value.replace(/\/+$/, ''));

const variables = z.object({
  GITHUB_SERVER_URL: address,
  GITHUB_API_URL: address,
  GITHUB_GRAPHQL_URL: address,
  GITHUB_REPOSITORY: z.string().regex(/^[A-Za-z0-9_.-]{1,100}\/[A-Za-z0-9_.-]{1,100}$/),
  GITHUB_REPOSITORY_ID: id,
  GITHUB_REPOSITORY_OWNER_ID: id,
  GITHUB_RUN_ID: id,
  GITHUB_RUN_ATTEMPT: id,
  GITHUB_JOB: text,
  GITHUB_SHA: sha,
  // A deployment that names a commit has no ref (event `deployment`).
  GITHUB_REF: z.string().max(2_000),
  GITHUB_REF_TYPE: z.enum(['branch', 'tag', '']),
  GITHUB_WORKFLOW_REF: text,
  GITHUB_WORKFLOW_SHA: sha,
  GITHUB_EVENT_NAME: z.string().regex(/^[a-z_]{1,100}$/),
  GITHUB_EVENT_PATH: text,
  GITHUB_WORKSPACE: text,
  GITHUB_ACTION_REF: z.string().max(500).optional(),
  GITHUB_ACTOR: text,
});

const headRepository = z.object({ id: z.int().positive() }).nullish();
const event = z.object({
  repository: z.object({ id: z.int().positive() }).optional(),
  pull_request: z.object({ head: z.object({ sha, repo: headRepository }) }).optional(),
  workflow_run: z.object({ head_repository: headRepository }).optional(),
});

/** Larger than any event that GitHub delivers. */
const MOST_EVENT_BYTES = 32 * 1024 * 1024;

/**
 * @param env the process's environment
 * @throws {ActionFailure} `runner-context-unusable`, naming the first variable that is not as a runner sets it
 */
export function readRunnerContext(env: NodeJS.ProcessEnv): RunnerContext {
  const parsed = variables.safeParse(env);
  if (!parsed.success) throw unusable(String(parsed.error.issues[0]?.path[0] ?? 'the environment'));
  const found = parsed.data;
  const payload = readEvent(found.GITHUB_EVENT_PATH);
  const [owner = '', name = ''] = found.GITHUB_REPOSITORY.split('/');
  if (payload.repository !== undefined && payload.repository.id !== found.GITHUB_REPOSITORY_ID) {
    throw unusable('the event is of another repository than GITHUB_REPOSITORY_ID');
  }
  return {
    serverUrl: found.GITHUB_SERVER_URL,
    apiUrl: found.GITHUB_API_URL,
    graphqlUrl: found.GITHUB_GRAPHQL_URL,
    host: new URL(found.GITHUB_SERVER_URL).host.toLowerCase(),
    repository: { owner, name, id: found.GITHUB_REPOSITORY_ID },
    ownerId: found.GITHUB_REPOSITORY_OWNER_ID,
    runId: found.GITHUB_RUN_ID,
    attempt: found.GITHUB_RUN_ATTEMPT,
    job: found.GITHUB_JOB,
    sha: found.GITHUB_SHA,
    ref: found.GITHUB_REF,
    refType: found.GITHUB_REF_TYPE === 'tag' || found.GITHUB_REF.startsWith('refs/tags/') ? 'tag' : 'branch',
    workflowRef: found.GITHUB_WORKFLOW_REF,
    workflowSha: found.GITHUB_WORKFLOW_SHA,
    eventName: found.GITHUB_EVENT_NAME,
    headRepositoryId: headRepositoryOf(payload),
    pullRequestHeadSha: payload.pull_request?.head.sha ?? null,
    workspace: found.GITHUB_WORKSPACE,
    actionRef: found.GITHUB_ACTION_REF === undefined || found.GITHUB_ACTION_REF === '' ? null : found.GITHUB_ACTION_REF,
    actor: found.GITHUB_ACTOR,
  };
}

/** Whether the event is about a commit of another repository (attack C66). */
export function isOfAnotherRepository({ headRepositoryId, repository }: RunnerContext): boolean {
  return headRepositoryId !== null && headRepositoryId !== repository.id;
}

function headRepositoryOf({ pull_request: pull, workflow_run: run }: z.infer<typeof event>): number | null {
  if (pull !== undefined) return pull.head.repo?.id ?? 0;
  return run === undefined ? null : (run.head_repository?.id ?? 0);
}

function readEvent(path: string): z.infer<typeof event> {
  let json: unknown;
  try {
    const bytes = readFileSync(path);
    if (bytes.length > MOST_EVENT_BYTES) throw unusable('the file that GITHUB_EVENT_PATH names is too large');
    json = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw error instanceof ActionFailure ? error : unusable('the file that GITHUB_EVENT_PATH names');
  }
  const parsed = event.safeParse(json);
  if (!parsed.success) throw unusable(`${parsed.error.issues[0]?.path.join('.') ?? 'a field'} of the event`);
  return parsed.data;
}

function unusable(what: string): ActionFailure {
  return new ActionFailure(because('runner-context-unusable', { what }));
}
