import { createGitHubClient } from '../../../adapters/github/client.ts';
import { createGitHubGatekeeper } from '../../../adapters/github/github-gatekeeper.ts';
import { createGitHubPeople } from '../../../adapters/github/github-people.ts';
import { createGitHubPolicySource } from '../../../adapters/github/github-policy-source.ts';
import { createGitHubReader } from '../../../adapters/github/github-reader.ts';
import { readInstalledRepositories, readSelf } from '../../../adapters/github/github-installations.ts';
import type { RepositoryRef } from '../../../core/facts.ts';
import type { CheckRunInput } from '../../../core/ports.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import type { LoggedRequest, Sandbox } from '../../../sandbox/sandbox.ts';
import { checkRequest } from '../../support/openapi/request-check.ts';

export const REPO = 'acme/shop';
export const POLICY = 'version: 1\n';

/** One organisation with one of everything that the adapter reads. */
export interface World {
  readonly sandbox: Sandbox;
  readonly ref: RepositoryRef;
  readonly appId: number;
  readonly baseSha: string;
  readonly headSha: string;
  readonly pull: number;
  readonly reviewId: number;
  readonly commentId: number;
  readonly runId: number;
  readonly check: CheckRunInput;
  readonly client: ReturnType<typeof createGitHubClient>;
}

export async function buildWorld(): Promise<World> {
  const sandbox = await startSandbox();
  for (const login of ['kim', 'lee', 'pat', 'stranger']) sandbox.user(login, { email: `${login}@acme.example` });
  sandbox.org('acme', { owners: ['kim'] });
  sandbox.user('robot[bot]', { type: 'Bot' });
  const { id: repositoryId, sha: baseSha } = sandbox.repo(REPO, {
    by: 'kim',
    files: { 'readme.md': 'x', '.github/countersign.yml': POLICY },
  });
  sandbox.collaborator(REPO, 'lee', 'maintain');
  sandbox.collaborator(REPO, 'pat', 'write');
  sandbox.collaborator(REPO, 'robot[bot]', 'write');
  sandbox.team('acme', 'sre', ['lee']);
  const app = sandbox.app({
    slug: 'countersign',
    webhookSecret: 'not used here',
    permissions: {
      actions: 'write',
      checks: 'write',
      contents: 'write',
      deployments: 'write',
      issues: 'write',
      members: 'read',
      metadata: 'read',
      pull_requests: 'write',
    },
    events: [],
  });
  const { installationId } = sandbox.install('countersign', 'acme');
  sandbox.environment(REPO, 'Production', { customRule: 'countersign', reviewers: ['lee'], waitTimerMinutes: 5 });

  const robot = sandbox.as('robot[bot]');
  await robot.commit(REPO, 'topic', {
    files: { 'infra/main.tf': '1' },
    message: 'one\n\nCo-authored-by: pat <pat@acme.example>',
  });
  const { sha: headSha } = await robot.commit(REPO, 'topic', { files: { 'infra/main.tf': '2' }, message: 'two' });
  const pull = await robot.openPullRequest(REPO, { head: 'topic', title: 't', body: 'b', labels: ['infra'] });
  const review = await sandbox.as('lee').review(REPO, pull.number, { state: 'APPROVED', body: 'fine' });
  const comment = await sandbox.as('pat').comment(REPO, pull.number, 'hello');
  const run = await sandbox
    .as('pat')
    .dispatch(
      REPO,
      { name: 'deploy', jobs: [{ name: 'plan' }, { name: 'deploy', environment: 'production', needs: ['plan'] }] },
      { ref: 'topic' },
    );

  const host = new URL(sandbox.url).host;
  return {
    sandbox,
    appId: app.appId,
    ref: { host, installationId, id: repositoryId, owner: 'acme', name: 'shop' },
    baseSha,
    headSha,
    pull: pull.number,
    reviewId: review.id,
    commentId: comment.id,
    runId: run.id,
    check: {
      name: 'countersign',
      headSha,
      externalId: 'd'.repeat(64),
      conclusion: 'action_required',
      title: 'Held',
      summary: 'why',
      actions: [{ label: 'Approve', description: 'Countersign it', identifier: 'approve:K3M9QX2T' }],
    },
    client: createGitHubClient({
      host,
      baseUrl: sandbox.apiUrl,
      appId: app.appId,
      privateKeyPem: app.privateKeyPem,
      clock: sandbox.clock,
      sleep: async () => {},
      random: () => 0,
      timeoutMs: 2_000,
    }),
  };
}

export interface Call {
  readonly name: string;
  readonly run: (world: World) => Promise<unknown>;
}

/** Every method of every port that talks to GitHub. */
export const reads: readonly Call[] = [
  { name: 'repository', run: ({ client, ref }) => createGitHubReader(client).repository(ref) },
  { name: 'run', run: ({ client, ref, runId }) => createGitHubReader(client).run(ref, runId) },
  { name: 'runAttempt', run: ({ client, ref, runId }) => createGitHubReader(client).runAttempt(ref, runId, 1) },
  {
    name: 'waitingJobs',
    run: async ({ client, ref, runId }) => {
      const reader = createGitHubReader(client);
      return reader.waitingJobs(ref, await reader.run(ref, runId));
    },
  },
  {
    name: 'pendingEnvironments',
    run: ({ client, ref, runId }) => createGitHubReader(client).pendingEnvironments(ref, runId),
  },
  { name: 'environmentApps', run: ({ client, ref }) => createGitHubReader(client).environmentApps(ref, 'production') },
  { name: 'approvals', run: ({ client, ref, runId }) => createGitHubReader(client).approvals(ref, runId) },
  { name: 'attemptJobs', run: ({ client, ref, runId }) => createGitHubReader(client).attemptJobs(ref, runId, 1) },
  { name: 'waitingRuns', run: ({ client, ref }) => createGitHubReader(client).waitingRuns(ref) },
  {
    name: 'compare',
    run: ({ client, ref, baseSha, headSha }) => createGitHubReader(client).compare(ref, baseSha, headSha),
  },
  { name: 'commits', run: ({ client, ref, headSha }) => createGitHubReader(client).commits(ref, [headSha]) },
  { name: 'pullRequest', run: ({ client, ref, pull }) => createGitHubReader(client).pullRequest(ref, pull) },
  { name: 'pullCommits', run: ({ client, ref, pull }) => createGitHubReader(client).pullCommits(ref, pull) },
  { name: 'changedFiles', run: ({ client, ref, pull }) => createGitHubReader(client).changedFiles(ref, pull) },
  { name: 'pullReviews', run: ({ client, ref, pull }) => createGitHubReader(client).pullReviews(ref, pull) },
  { name: 'uneditedReviews', run: ({ client, ref, pull }) => createGitHubReader(client).uneditedReviews(ref, pull) },
  { name: 'timeline', run: ({ client, ref, pull }) => createGitHubReader(client).timeline(ref, pull) },
  {
    name: 'openPullsWithHead',
    run: ({ client, ref, headSha }) => createGitHubReader(client).openPullsWithHead(ref, headSha),
  },
  { name: 'openPulls', run: ({ client, ref }) => createGitHubReader(client).openPulls(ref) },
  { name: 'pushes', run: ({ client, ref }) => createGitHubReader(client).pushes(ref, 'topic') },
  { name: 'recentPushes', run: ({ client, ref }) => createGitHubReader(client).recentPushes(ref, 'topic') },
  { name: 'comment', run: ({ client, ref, commentId }) => createGitHubReader(client).comment(ref, commentId) },
  { name: 'permission', run: ({ client, ref }) => createGitHubPeople(client).permission(ref, 'lee') },
  { name: 'isTeamMember', run: ({ client, ref }) => createGitHubPeople(client).isTeamMember(ref, 'acme/sre', 'lee') },
  {
    name: 'isTeamMember of a stranger',
    run: ({ client, ref }) => createGitHubPeople(client).isTeamMember(ref, 'acme/sre', 'pat'),
  },
  { name: 'teamMembers', run: ({ client, ref }) => createGitHubPeople(client).teamMembers(ref, 'acme/sre') },
  { name: 'collaborators', run: ({ client, ref }) => createGitHubPeople(client).collaborators(ref) },
  { name: 'byLogin', run: ({ client, ref }) => createGitHubPeople(client).byLogin(ref, 'lee') },
  { name: 'readSelf', run: ({ client }) => readSelf(client) },
  { name: 'readInstalledRepositories', run: ({ client }) => readInstalledRepositories(client) },
];

export const policyRead: Call = {
  name: 'policy.read',
  run: ({ client, ref }) =>
    createGitHubPolicySource(client).read({ ref, defaultBranch: 'main', private: false, ownerType: 'Organization' }),
};

export const writes: readonly Call[] = [
  {
    name: 'reportDeployment',
    run: ({ client, ref, runId }) => createGitHubGatekeeper(client).reportDeployment(ref, runId, 'Production', 'held'),
  },
  { name: 'putCheck', run: ({ client, ref, check }) => createGitHubGatekeeper(client).putCheck(ref, check) },
  {
    name: 'requestReviewers',
    run: ({ client, ref, pull }) => createGitHubGatekeeper(client).requestReviewers(ref, pull, ['kim']),
  },
  { name: 'comment', run: ({ client, ref, pull }) => createGitHubGatekeeper(client).comment(ref, pull, 'a comment') },
];

/** What is wrong with the requests that were sent, by GitHub's published description and by the sandbox. */
export function problemsOf(world: World): readonly string[] {
  const rest = world.sandbox.requests.filter((request) => request.operation === undefined);
  return [...world.sandbox.violations, ...rest.flatMap((request) => checkRequest(published(request)))];
}

function published({ method, path, query, body }: LoggedRequest) {
  const below = path.replace(/^\/api\/v3/, '');
  return {
    method,
    path: below,
    query: query.replace(/^\?/, ''),
    body: body === null || body === '' ? undefined : body,
  };
}
