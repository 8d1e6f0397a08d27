import { z } from 'zod';
import type { ApprovalEntry, JobFacts, PendingEnvironment, RunFacts, WaitingJob } from '../../../core/facts.ts';
import { idSchema, nullableAccountSchema, shaSchema } from './account.ts';

/** A run; `repositoryId` says whose it is, which the caller compares (C60). */
export const runSchema = z
  .object({
    id: idSchema,
    node_id: z.string().min(1),
    run_attempt: idSchema,
    head_sha: shaSchema,
    head_branch: z.string().nullable(),
    head_repository: z.object({ id: idSchema }).nullish(),
    repository: z.object({ id: idSchema }),
    event: z.string().min(1),
    path: z.string(),
    // Missing on servers from before there were any.
    referenced_workflows: z.array(z.object({ path: z.string().min(1), sha: shaSchema })).nullish(),
    status: z.string().min(1),
    conclusion: z.string().nullable(),
    actor: nullableAccountSchema,
    triggering_actor: nullableAccountSchema,
  })
  .transform((run): { readonly repositoryId: number; readonly run: RunFacts } => ({
    repositoryId: run.repository.id,
    run: {
      id: run.id,
      nodeId: run.node_id,
      attempt: run.run_attempt,
      headSha: run.head_sha,
      headBranch: run.head_branch,
      headRepositoryId: run.head_repository?.id ?? null,
      event: run.event,
      path: run.path,
      calledWorkflows: run.referenced_workflows ?? [],
      status: run.status,
      conclusion: run.conclusion,
      actor: run.actor,
      triggeringActor: run.triggering_actor,
    },
  }));

export const runListSchema = z.object({ total_count: z.int().min(0), workflow_runs: z.array(runSchema) });

export const pendingEnvironmentsSchema = z.array(
  z
    .object({
      environment: z.object({ name: z.string().min(1) }),
      wait_timer: z.int().min(0),
      wait_timer_started_at: z.string().nullable(),
      reviewers: z.array(z.unknown()),
    })
    .transform((pending): PendingEnvironment => ({
      name: pending.environment.name,
      nativeReviewers: pending.reviewers.length,
      waitTimerMinutes: pending.wait_timer,
      waitTimerStartedAt: pending.wait_timer_started_at,
    })),
);

export const protectionRulesSchema = z.object({
  total_count: z.int().min(0),
  custom_deployment_protection_rules: z.array(z.object({ enabled: z.boolean(), app: z.object({ id: idSchema }) })),
});

/** States are GitHub's own and more than documented (`skipped` after an admin's bypass): kept as they are. */
export const approvalsSchema = z.array(
  z
    .object({
      environments: z.array(z.object({ name: z.string().min(1) })),
      state: z.string().min(1),
      user: nullableAccountSchema,
      comment: z.string().nullish(),
    })
    .transform((entry): ApprovalEntry => ({
      environments: entry.environments.map(({ name }) => name),
      state: entry.state,
      user: entry.user,
      comment: entry.comment ?? '',
    })),
);

export const jobListSchema = z.object({
  total_count: z.int().min(0),
  jobs: z.array(
    z
      .object({
        id: idSchema,
        name: z.string(),
        status: z.string().min(1),
        conclusion: z.string().nullable(),
        runner_id: z.int().nullish(),
        steps: z.array(z.unknown()).nullish(),
      })
      .transform((job): JobFacts => ({
        id: job.id,
        name: job.name,
        status: job.status,
        conclusion: job.conclusion,
        // `started_at` is set on jobs that never ran, so it proves nothing; GitHub writes 0 for "no runner" too.
        started: (job.runner_id ?? 0) > 0 || (job.steps ?? []).length > 0 || job.status === 'in_progress',
      })),
  ),
});

/** Answer of `waitingJobs`; other nodes and other runs are refused by the caller. */
export const waitingJobsSchema = z.object({
  node: z.object({
    __typename: z.literal('WorkflowRun'),
    databaseId: idSchema,
    checkSuite: z.object({
      checkRuns: z.object({
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
        nodes: z.array(
          z
            .object({
              databaseId: idSchema,
              name: z.string(),
              pendingDeploymentRequest: z.object({ environment: z.object({ name: z.string().min(1) }) }).nullable(),
            })
            .transform((job): WaitingJob | null =>
              job.pendingDeploymentRequest === null
                ? null
                : { id: job.databaseId, name: job.name, environment: job.pendingDeploymentRequest.environment.name },
            ),
        ),
      }),
    }),
  }),
});
