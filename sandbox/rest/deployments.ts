import { actorOf, appOf, idParam, ok, param, repoIn, type Answer, type Call, type Handler } from '../http/call.ts';
import { counted, listed } from '../http/paginate.ts';
import { presentDeployment, presentDeploymentStatus, presentEnvironment, presentReviewers } from '../present/run.ts';
import { Refused } from '../refused.ts';
import type { DeploymentRecord, EnvironmentRecord } from '../state.ts';
import { addDeploymentStatus } from '../world/run-events.ts';

const R = '/repos/{owner}/{repo}';

export const routes: Readonly<Record<string, Handler>> = {
  [`GET ${R}/environments`]: (call) =>
    counted(call, 'environments', [...repoIn(call).environments.values()], (item) => present(call, item)),
  [`GET ${R}/environments/{environment_name}`]: (call) => ok(present(call, environmentIn(call))),
  [`GET ${R}/environments/{environment_name}/deployment_protection_rules`]: (call) => {
    const rules = environmentIn(call).customRules.map((rule) => ({
      id: rule.id,
      node_id: `GA_${rule.id}`,
      enabled: true,
      app: {
        id: rule.app.id,
        slug: rule.app.slug,
        integration_url: `${call.world.apiUrl}/apps/${rule.app.slug}`,
        node_id: rule.app.nodeId,
      },
    }));
    return ok({ total_count: rules.length, custom_deployment_protection_rules: rules });
  },
  [`GET ${R}/environments/{environment_name}/deployment-branch-policies`]: (call) => {
    const { branches } = environmentIn(call);
    const patterns = branches === null || branches === 'protected' ? [] : branches;
    return counted(call, 'branch_policies', patterns, ({ id, name, type }) => ({
      id,
      node_id: `GBP_${id}`,
      name,
      type,
    }));
  },
  [`GET ${R}/deployments`]: (call) => {
    const { query } = call;
    const sha = query.get('sha');
    const ref = query.get('ref');
    const environment = query.get('environment')?.toLowerCase();
    const found = [...repoIn(call).deployments.values()]
      .filter((item) => (sha === null || item.sha === sha) && (ref === null || item.ref === ref))
      .filter((item) => environment === undefined || item.environment.toLowerCase() === environment)
      .toReversed();
    return listed(call, found, (item) => presentDeployment(call.world, item));
  },
  [`GET ${R}/deployments/{deployment_id}`]: (call) => ok(presentDeployment(call.world, deploymentIn(call))),
  [`GET ${R}/deployments/{deployment_id}/statuses`]: (call) => {
    const deployment = deploymentIn(call);
    return listed(call, deployment.statuses.toReversed(), (status) =>
      presentDeploymentStatus(call.world, deployment, status),
    );
  },
  [`POST ${R}/deployments/{deployment_id}/statuses`]: makeStatus,
};

function environmentIn(call: Call): EnvironmentRecord {
  const environment = repoIn(call).environments.get(param(call, 'environment_name').toLowerCase());
  if (environment === undefined) throw new Refused(404, 'Not Found');
  return environment;
}

function deploymentIn(call: Call): DeploymentRecord {
  const deployment = repoIn(call).deployments.get(idParam(call, 'deployment_id'));
  if (deployment === undefined) throw new Refused(404, 'Not Found');
  return deployment;
}

/** Lists built-in rules only; `can_admins_bypass` is real although no published type has it. */
function present(call: Call, environment: EnvironmentRecord): unknown {
  const rules: unknown[] = [];
  const rule = (id: number, fields: Readonly<Record<string, unknown>>): void => {
    rules.push({ id, node_id: `GA_${id}`, ...fields });
  };
  if (environment.waitTimerMinutes > 0) {
    rule(environment.id * 10 + 1, { type: 'wait_timer', wait_timer: environment.waitTimerMinutes });
  }
  if (environment.reviewers.length > 0) {
    rule(environment.id * 10 + 2, {
      type: 'required_reviewers',
      prevent_self_review: environment.preventSelfReview,
      reviewers: presentReviewers(call.world, environment),
    });
  }
  const { branches } = environment;
  if (branches !== null) rule(environment.id * 10 + 3, { type: 'branch_policy' });
  return {
    ...presentEnvironment(call.world, { repo: repoIn(call) }, environment),
    can_admins_bypass: environment.canAdminsBypass,
    protection_rules: rules,
    deployment_branch_policy:
      branches === null
        ? null
        : { protected_branches: branches === 'protected', custom_branch_policies: branches !== 'protected' },
  };
}

/** Anyone with `deployments: write` can invent any state, success too; that is GitHub's rule. */
function makeStatus(call: Call): Answer {
  const deployment = deploymentIn(call);
  const { body } = call;
  const state = body.oneOf('state', ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']);
  const description = body.optionalText('description', 140);
  const environmentUrl = body.optionalText('environment_url');
  const logUrl = body.optionalText('log_url');
  const creator = actorOf(call);
  const viaApp = call.principal.kind === 'installation' ? appOf(call) : null;
  const by = { creator, viaApp, sender: creator };
  const status = addDeploymentStatus(call.world, deployment, state, by, {
    ...(description === undefined ? {} : { description }),
    ...(environmentUrl === undefined ? {} : { environmentUrl }),
    ...(logUrl === undefined ? {} : { logUrl }),
  });
  return ok(presentDeploymentStatus(call.world, deployment, status), 201);
}
