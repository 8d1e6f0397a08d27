/**
 * What each route asks of an installation token: any one of the listed permissions. `app` needs the App's own JWT,
 * `installation` any installation token, `id-token-request` the secret that a job was given for it, `signed-in` any credential, `public` none. The product's own list of
 * permissions is held against this table by a test, so it follows GitHub's documentation and nothing else.
 */
export type Needed = 'app' | 'id-token-request' | 'installation' | 'signed-in' | 'public' | readonly Permission[];

export type Permission = `${string}:${'read' | 'write'}`;

const R = '/repos/{owner}/{repo}';

export const routePermissions: Readonly<Record<string, Needed>> = {
  'GET /_services/token/.well-known/openid-configuration': 'public',
  'GET /_services/token/.well-known/jwks': 'public',
  'GET /_services/jobs/idtoken': 'id-token-request',
  'GET /app': 'app',
  'GET /app/installations': 'app',
  'GET /app/installations/{installation_id}': 'app',
  'POST /app/installations/{installation_id}/access_tokens': 'app',
  [`GET ${R}/installation`]: 'app',
  'GET /installation/repositories': 'installation',
  'GET /meta': 'public',
  'GET /rate_limit': 'signed-in',
  'GET /apps/{app_slug}': 'signed-in',
  'GET /users/{username}': 'signed-in',
  'GET /user/{account_id}': 'signed-in',
  'GET /repositories/{repository_id}': ['metadata:read'],
  [`GET ${R}`]: ['metadata:read'],
  [`GET ${R}/collaborators`]: ['metadata:read'],
  [`GET ${R}/collaborators/{username}/permission`]: ['metadata:read'],
  'GET /orgs/{org}/teams/{team_slug}/members': ['members:read'],
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': ['members:read'],

  [`GET ${R}/branches/{branch}`]: ['contents:read'],
  [`GET ${R}/git/ref/{ref}`]: ['contents:read'],
  [`GET ${R}/git/matching-refs/{ref}`]: ['contents:read'],
  [`POST ${R}/git/refs`]: ['contents:write'],
  [`PATCH ${R}/git/refs/{ref}`]: ['contents:write'],
  [`DELETE ${R}/git/refs/{ref}`]: ['contents:write'],
  [`GET ${R}/git/blobs/{file_sha}`]: ['contents:read'],
  [`POST ${R}/git/blobs`]: ['contents:write'],
  [`GET ${R}/git/trees/{tree_sha}`]: ['contents:read'],
  [`POST ${R}/git/trees`]: ['contents:write'],
  [`GET ${R}/git/tags/{tag_sha}`]: ['contents:read'],
  [`GET ${R}/git/commits/{commit_sha}`]: ['contents:read'],
  [`POST ${R}/git/commits`]: ['contents:write'],
  [`GET ${R}/contents/{path}`]: ['contents:read'],
  [`GET ${R}/commits`]: ['contents:read'],
  [`GET ${R}/commits/{ref}`]: ['contents:read'],
  [`GET ${R}/compare/{basehead}`]: ['contents:read'],
  [`GET ${R}/activity`]: ['contents:read'],
  [`GET ${R}/commits/{commit_sha}/pulls`]: ['pull_requests:read'],

  [`GET ${R}/pulls`]: ['pull_requests:read'],
  [`GET ${R}/pulls/{pull_number}`]: ['pull_requests:read'],
  [`GET ${R}/pulls/{pull_number}/files`]: ['pull_requests:read'],
  [`GET ${R}/pulls/{pull_number}/commits`]: ['pull_requests:read'],
  [`GET ${R}/pulls/{pull_number}/reviews`]: ['pull_requests:read'],
  [`POST ${R}/pulls/{pull_number}/requested_reviewers`]: ['pull_requests:write'],
  [`GET ${R}/issues/{issue_number}`]: ['issues:read', 'pull_requests:read'],
  [`GET ${R}/issues/{issue_number}/timeline`]: ['issues:read', 'pull_requests:read'],
  [`GET ${R}/issues/{issue_number}/comments`]: ['issues:read', 'pull_requests:read'],
  [`POST ${R}/issues/{issue_number}/comments`]: ['issues:write', 'pull_requests:write'],
  [`GET ${R}/issues/comments/{comment_id}`]: ['issues:read', 'pull_requests:read'],
  [`PATCH ${R}/issues/comments/{comment_id}`]: ['issues:write', 'pull_requests:write'],

  [`POST ${R}/check-runs`]: ['checks:write'],
  [`PATCH ${R}/check-runs/{check_run_id}`]: ['checks:write'],
  [`GET ${R}/check-runs/{check_run_id}`]: ['checks:read'],
  [`GET ${R}/commits/{ref}/check-runs`]: ['checks:read'],

  [`POST ${R}/attestations`]: ['attestations:write'],
  [`GET ${R}/attestations/{subject_digest}`]: ['attestations:read'],

  [`POST ${R}/statuses/{sha}`]: ['statuses:write'],
  [`GET ${R}/commits/{ref}/statuses`]: ['statuses:read'],

  [`GET ${R}/actions/runs`]: ['actions:read'],
  [`GET ${R}/actions/runs/{run_id}`]: ['actions:read'],
  [`GET ${R}/actions/runs/{run_id}/attempts/{attempt_number}`]: ['actions:read'],
  [`GET ${R}/actions/runs/{run_id}/jobs`]: ['actions:read'],
  [`GET ${R}/actions/runs/{run_id}/attempts/{attempt_number}/jobs`]: ['actions:read'],
  [`GET ${R}/actions/runs/{run_id}/pending_deployments`]: ['actions:read'],
  [`POST ${R}/actions/runs/{run_id}/pending_deployments`]: ['deployments:write'],
  [`GET ${R}/actions/runs/{run_id}/approvals`]: ['actions:read'],
  [`POST ${R}/actions/runs/{run_id}/deployment_protection_rule`]: ['deployments:write'],
  [`POST ${R}/actions/runs/{run_id}/cancel`]: ['actions:write'],

  [`GET ${R}/environments`]: ['actions:read'],
  [`GET ${R}/environments/{environment_name}`]: ['actions:read'],
  [`GET ${R}/environments/{environment_name}/deployment_protection_rules`]: ['actions:read'],
  [`GET ${R}/environments/{environment_name}/deployment-branch-policies`]: ['actions:read'],
  [`GET ${R}/deployments`]: ['deployments:read'],
  [`GET ${R}/deployments/{deployment_id}`]: ['deployments:read'],
  [`GET ${R}/deployments/{deployment_id}/statuses`]: ['deployments:read'],
  [`POST ${R}/deployments/{deployment_id}/statuses`]: ['deployments:write'],
};
