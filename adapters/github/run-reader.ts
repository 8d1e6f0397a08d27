import { GateError } from '../../core/errors.ts';
import type { PendingEnvironment, RepositoryRef, RunFacts, WaitingJob } from '../../core/facts.ts';
import type { ForgeReader } from '../../core/ports.ts';
import type { RepositoryClients } from './client.ts';
import { WAITING_JOBS } from './graphql-operations.ts';
import { PER_PAGE, readAllPages } from './paginate.ts';
import { parseWire } from './wire/parse-wire.ts';
import {
  approvalsSchema,
  jobListSchema,
  pendingEnvironmentsSchema,
  protectionRulesSchema,
  runListSchema,
  runSchema,
  waitingJobsSchema,
} from './wire/run.ts';

/** 256 jobs a run; a re-run keeps the numbers of what it does not repeat. */
const MAX_JOB_PAGES = 10;

/** GitHub answers at most 1,000 runs of a filtered list. */
const MAX_RUN_PAGES = 10;

/** 256 jobs in each of 51 attempts are 131 pages, but only those that are not completed are asked for. */
const MAX_WAITING_PAGES = 10;

type RunReader = Pick<
  ForgeReader,
  | 'run'
  | 'runAttempt'
  | 'waitingJobs'
  | 'pendingEnvironments'
  | 'environmentApps'
  | 'approvals'
  | 'attemptJobs'
  | 'waitingRuns'
>;

/** Runs, their jobs and what they wait for. */
export function createRunReader(client: RepositoryClients): RunReader {
  return {
    run: async (ref, runId) => {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}';
      const { data } = await client.clientFor(ref).request(route, { run_id: runId });
      return ownRun(ref, parseWire(runSchema, data, route), route, (run) => run.id === runId);
    },

    runAttempt: async (ref, runId, attempt) => {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}';
      const { data } = await client.clientFor(ref).request(route, { run_id: runId, attempt_number: attempt });
      const isAsked = (run: RunFacts): boolean => run.id === runId && run.attempt === attempt;
      return ownRun(ref, parseWire(runSchema, data, route), route, isAsked);
    },

    waitingJobs: async (ref, run) => {
      const jobs: WaitingJob[] = [];
      let after: string | null = null;
      for (let page = 1; page <= MAX_WAITING_PAGES; page += 1) {
        const data = await client.clientFor(ref).graphql(WAITING_JOBS, { run: run.nodeId, after });
        const { node } = parseWire(waitingJobsSchema, data, 'graphql waitingJobs');
        if (node.databaseId !== run.id)
          throw new GateError('ERR_FORGE_SHAPE', 'graphql waitingJobs answered another run');
        const { nodes, pageInfo } = node.checkSuite.checkRuns;
        jobs.push(...nodes.filter((job) => job !== null));
        if (!pageInfo.hasNextPage) return jobs;
        after = pageInfo.endCursor;
      }
      throw new GateError('ERR_FORGE_TRUNCATED', 'graphql waitingJobs has more pages than are read');
    },

    pendingEnvironments: async (ref, runId): Promise<readonly PendingEnvironment[]> => {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments';
      const { data } = await client.clientFor(ref).request(route, { run_id: runId });
      return parseWire(pendingEnvironmentsSchema, data, route);
    },

    environmentApps: async (ref, environment) => {
      const route = 'GET /repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules';
      try {
        const { data } = await client.clientFor(ref).request(route, { environment_name: environment });
        const list = parseWire(protectionRulesSchema, data, route);
        const rules = list.custom_deployment_protection_rules;
        if (rules.length < list.total_count)
          throw new GateError('ERR_FORGE_TRUNCATED', `${route} answered only some rules`);
        return rules.filter((rule) => rule.enabled).map((rule) => rule.app.id);
      } catch (error) {
        if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return [];
        throw error;
      }
    },

    approvals: async (ref, runId) => {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals';
      const { data } = await client.clientFor(ref).request(route, { run_id: runId });
      return parseWire(approvalsSchema, data, route);
    },

    attemptJobs: (ref, runId, attempt) => {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs';
      return readAllPages(route, MAX_JOB_PAGES, async (page) => {
        const parameters = { run_id: runId, attempt_number: attempt, per_page: PER_PAGE, page };
        const reply = await client.clientFor(ref).request(route, parameters);
        return { reply, items: parseWire(jobListSchema, reply.data, route).jobs };
      });
    },

    waitingRuns: async (ref) => {
      const route = 'GET /repos/{owner}/{repo}/actions/runs';
      const runs = await readAllPages(route, MAX_RUN_PAGES, async (page) => {
        const reply = await client.clientFor(ref).request(route, { status: 'waiting', per_page: PER_PAGE, page });
        return { reply, items: parseWire(runListSchema, reply.data, route).workflow_runs };
      });
      return runs.map((run) => ownRun(ref, run, route, () => true));
    },
  };
}

/** The run, if it is the asked one of this repository: ids of another tenant must never be answered (C60). */
function ownRun(
  ref: RepositoryRef,
  answer: { readonly repositoryId: number; readonly run: RunFacts },
  route: string,
  isAsked: (run: RunFacts) => boolean,
): RunFacts {
  if (answer.repositoryId !== ref.id || !isAsked(answer.run)) {
    throw new GateError('ERR_FORGE_SHAPE', `${route} answered another run`);
  }
  return answer.run;
}
