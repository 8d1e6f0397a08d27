import { checkRun } from './check-run.ts';
import { deploymentProtectionRule } from './deployment-protection-rule.ts';
import { deploymentReview } from './deployment-review.ts';
import { deploymentStatus } from './deployment-status.ts';
import type { EventHandler } from './event-handler.ts';
import { installation, installationRepositories } from './installation.ts';
import { issueComment } from './issue-comment.ts';
import { mergeGroup } from './merge-group.ts';
import { pullRequest } from './pull-request.ts';
import { pullRequestReview } from './pull-request-review.ts';
import { push } from './push.ts';
import { workflowRun } from './workflow-run.ts';

/** Every event that leads to work, by its name; `app.yml` subscribes to exactly these (a test compares them). */
export const handledEvents: ReadonlyMap<string, EventHandler> = new Map(
  [
    checkRun,
    deploymentProtectionRule,
    deploymentReview,
    deploymentStatus,
    installation,
    installationRepositories,
    issueComment,
    mergeGroup,
    pullRequest,
    pullRequestReview,
    push,
    workflowRun,
  ].map((handler) => [handler.event, handler]),
);
