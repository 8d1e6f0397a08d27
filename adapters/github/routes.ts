/** What an installation token may be narrowed to; names as GitHub's token call spells them. */
type PermissionName =
  | 'actions'
  | 'checks'
  | 'contents'
  | 'deployments'
  | 'issues'
  | 'members'
  | 'metadata'
  | 'pull_requests';

export type Permissions = Readonly<Partial<Record<PermissionName, 'read' | 'write'>>>;

/**
 * Every REST call that the product makes, with the permission that it needs (GitHub's "Permissions required for GitHub
 * Apps"). The list is closed: the client takes no other route, a test holds it against `app/app.yml` and another one holds
 * every request against GitHub's published OpenAPI. No URL of a payload is ever called (C59).
 */
export const REPOSITORY_ROUTES = {
  'GET /repos/{owner}/{repo}': { metadata: 'read' },
  'GET /repos/{owner}/{repo}/collaborators': { metadata: 'read' },
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': { metadata: 'read' },
  'GET /apps/{app_slug}': { metadata: 'read' },
  'GET /users/{username}': { metadata: 'read' },
  'GET /orgs/{org}/teams/{team_slug}/members': { members: 'read' },
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': { members: 'read' },

  'GET /repos/{owner}/{repo}/actions/runs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments': { actions: 'read' },
  'GET /repos/{owner}/{repo}/environments/{environment_name}': { actions: 'read' },
  'GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies': { actions: 'read' },
  'GET /repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules': { actions: 'read' },
  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel': { actions: 'write' },
  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule': { deployments: 'write' },

  'GET /repos/{owner}/{repo}/activity': { contents: 'read' },
  'GET /repos/{owner}/{repo}/branches/{branch}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/commits/{ref}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/compare/{basehead}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/contents/{path}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/git/ref/{ref}': { contents: 'read' },

  'GET /repos/{owner}/{repo}/pulls': { pull_requests: 'read' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': { pull_requests: 'read' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/commits': { pull_requests: 'read' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': { pull_requests: 'read' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews': { pull_requests: 'read' },
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': { pull_requests: 'write' },

  'GET /repos/{owner}/{repo}/issues/{issue_number}': { issues: 'read' },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/timeline': { issues: 'read' },
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}': { issues: 'read' },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': { issues: 'write' },

  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': { checks: 'read' },
  'POST /repos/{owner}/{repo}/check-runs': { checks: 'write' },
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': { checks: 'write' },

  // The evidence branch: read to find out where it stands, written by createCommitOnBranch, made once by these.
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/git/commits/{commit_sha}': { contents: 'read' },
  // The Action's gate: where a tag leads to now.
  'GET /repos/{owner}/{repo}/git/tags/{tag_sha}': { contents: 'read' },
  'POST /repos/{owner}/{repo}/git/blobs': { contents: 'write' },
  'POST /repos/{owner}/{repo}/git/trees': { contents: 'write' },
  'POST /repos/{owner}/{repo}/git/commits': { contents: 'write' },
  'POST /repos/{owner}/{repo}/git/refs': { contents: 'write' },
  'PATCH /repos/{owner}/{repo}/git/refs/{ref}': { contents: 'write' },
} as const satisfies Readonly<Record<string, Permissions>>;

export type RepositoryRoute = keyof typeof REPOSITORY_ROUTES;

/** Calls with a token for everything that one installation can see: only to learn which repositories there are. */
export const INSTALLATION_ROUTES = {
  'GET /installation/repositories': { metadata: 'read' },
} as const satisfies Readonly<Record<string, Permissions>>;

export type InstallationRoute = keyof typeof INSTALLATION_ROUTES;

/** Calls as the App itself (JWT); no permission belongs to them. */
export const APP_ROUTES = [
  'GET /app',
  'GET /app/installations',
  'GET /repos/{owner}/{repo}/installation',
  'POST /app/installations/{installation_id}/access_tokens',
] as const;

export type AppRoute = (typeof APP_ROUTES)[number];
