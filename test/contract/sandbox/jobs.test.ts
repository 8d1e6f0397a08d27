import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { Refused } from '../../../sandbox/refused.ts';
import type { JobSpec } from '../../../sandbox/sandbox.ts';
import { at, call, graphql, openShop, textAt, type Shop } from './sandbox-client.ts';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
});

afterEach(() => shop.sandbox.close());

const SHOP = '/repos/acme/shop';

/** A run whose jobs wait to be ended by hand; they begin at once where no environment stops them. */
async function started(jobs: readonly Partial<JobSpec>[], options: { ref?: string } = {}): Promise<number> {
  const specs = jobs.map((job, index) => ({ name: `job${index}`, manual: true, ...job }));
  const run = await shop.sandbox.as('ann').dispatch('acme/shop', { name: 'deploy', jobs: specs }, options);
  return run.id;
}

async function idToken(runId: number, job: string, audience?: string): Promise<string> {
  const { url, token } = shop.sandbox.idTokenRequest(runId, job);
  const asked = audience === undefined ? url : `${url}&audience=${encodeURIComponent(audience)}`;
  const reply = await call(shop.sandbox, 'GET', asked.slice(asked.indexOf('/_services')), { token });
  return textAt(reply.body, 'value');
}

test('a job gets an OIDC token that verifies by the discovery document, with the claims of its run', async () => {
  const { sandbox } = shop;
  const runId = await started([{ name: 'plan' }]);
  const discovery = await fetch(`${sandbox.oidcIssuer}/.well-known/openid-configuration`);
  const keys = createRemoteJWKSet(new URL(textAt(await discovery.json(), 'jwks_uri')));
  const token = await idToken(runId, 'plan', 'https://countersign.example');
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: sandbox.oidcIssuer,
    audience: 'https://countersign.example',
  });
  expect(protectedHeader.alg).toBe('RS256');
  const repo = await call(sandbox, 'GET', SHOP, { token: shop.token });
  const [repoId, ownerId] = [String(at(repo.body, 'id')), String(at(repo.body, 'owner', 'id'))];
  expect(payload).toMatchObject({
    sub: `repo:acme@${ownerId}/shop@${repoId}:ref:refs/heads/main`,
    repository: 'acme/shop',
    repository_id: repoId,
    repository_owner_id: ownerId,
    repository_visibility: 'public',
    run_id: String(runId),
    run_attempt: '1',
    event_name: 'workflow_dispatch',
    ref: 'refs/heads/main',
    ref_type: 'branch',
    sha: sandbox.branchHead('acme/shop', 'main'),
    workflow_ref: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
    job_workflow_ref: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
    runner_environment: 'github-hosted',
    actor: 'ann',
  });
  expect(payload).not.toHaveProperty('environment');
  const { iat = 0, exp = 0, nbf = 0 } = payload;
  expect([exp - iat, iat - nbf]).toEqual([300, 600]);
  expect(decodeJwt(await idToken(runId, 'plan')).jti).not.toBe(payload.jti);
  expect(decodeJwt(await idToken(runId, 'plan')).aud).toBe(`${sandbox.url}/acme`);
});

test('the environment is a claim only of a job that names it, and only once the job was let in', async () => {
  const { sandbox } = shop;
  sandbox.environment('acme/shop', 'production', { reviewers: ['bob'] });
  const called = { ref: 'vendor/gate/.github/workflows/gate.yml@refs/tags/v1', sha: 'a'.repeat(40) };
  const runId = await started([{ name: 'apply', environment: 'Production' }, { calledWorkflow: called }]);
  expect(() => sandbox.idTokenRequest(runId, 'apply')).toThrow(Refused);
  await sandbox.as('bob').reviewDeployment(runId, { environments: ['production'], state: 'approved' });
  const claims = decodeJwt(await idToken(runId, 'apply'));
  expect([claims['environment'], claims.sub?.split(':').slice(2).join(':')]).toEqual([
    'Production',
    'environment:Production',
  ]);
  expect(decodeJwt(await idToken(runId, 'job1'))).toMatchObject({
    job_workflow_ref: called.ref,
    job_workflow_sha: called.sha,
  });
  const run = await call(sandbox, 'GET', `${SHOP}/actions/runs/${runId}`, { token: shop.token });
  expect(at(run.body, 'referenced_workflows')).toEqual([
    { path: 'vendor/gate/.github/workflows/gate.yml@v1', sha: called.sha, ref: 'refs/tags/v1' },
  ]);
});

test('the token of the request is good for OIDC tokens of its own running job and for nothing else', async () => {
  const { sandbox } = shop;
  const runId = await started([{}]);
  const { url, token } = sandbox.idTokenRequest(runId, 'job0');
  const path = url.slice(sandbox.url.length);
  expect((await call(sandbox, 'GET', SHOP, { token })).status).toBe(401);
  expect((await call(sandbox, 'GET', path, { token: shop.token })).status).toBe(401);
  await sandbox.finishJob(runId, 'job0', 'success');
  expect((await call(sandbox, 'GET', path, { token })).status).toBe(401);
});

test('keys of one sandbox do not verify what names another issuer', async () => {
  const { sandbox } = shop;
  const runId = await started([{}]);
  const reply = await call(sandbox, 'GET', '/_services/token/.well-known/jwks');
  const keys = createLocalJWKSet({ keys: [Object(at(reply.body, 'keys', 0))] });
  const token = await idToken(runId, 'job0', 'x');
  await expect(jwtVerify(token, keys, { issuer: 'http://elsewhere' })).rejects.toThrow('iss');
});

test('a job token does what its permissions say, as github-actions, until the job ends', async () => {
  const { sandbox } = shop;
  const runId = await started([{}]);
  const token = sandbox.jobToken(runId, 'job0', { contents: 'read', checks: 'write' });
  const sha = sandbox.branchHead('acme/shop', 'main') ?? '';
  expect((await call(sandbox, 'GET', `${SHOP}/contents/README.md`, { token })).status).toBe(200);
  const check = await call(sandbox, 'POST', `${SHOP}/check-runs`, { token, body: { name: 'plan', head_sha: sha } });
  expect([at(check.body, 'app', 'slug'), at(check.body, 'app', 'id')]).toEqual(['github-actions', 15_368]);
  const refused = await call(sandbox, 'GET', `${SHOP}/actions/runs/${runId}`, { token });
  expect([refused.status, at(refused.body, 'message')]).toEqual([403, 'Resource not accessible by integration']);
  const query = '{ repository(owner: "acme", name: "shop") { object(expression: "HEAD") { oid } } }';
  expect(at(await graphql(sandbox, token, query), 'data', 'repository', 'object', 'oid')).toBe(sha);
  const blind = sandbox.jobToken(runId, 'job0', { checks: 'write' });
  expect(at(await graphql(sandbox, blind, query), 'errors', 0, 'type')).toBe('FORBIDDEN');
  const ref = { ref: 'refs/heads/x', sha };
  expect((await call(sandbox, 'POST', `${SHOP}/git/refs`, { token, body: ref })).status).toBe(403);
  const writer = sandbox.jobToken(runId, 'job0', { contents: 'write' });
  expect((await call(sandbox, 'POST', `${SHOP}/git/refs`, { token: writer, body: ref })).status).toBe(201);
  const seen = await call(sandbox, 'GET', `${SHOP}/activity?ref=x`, { token: shop.token });
  expect(at(seen.body, 0, 'actor', 'login')).toBe('github-actions[bot]');
  expect(sandbox.requests.at(-2)?.actor).toBe(`job:${runId}/job0`);
  await sandbox.finishJob(runId, 'job0', 'failure');
  expect((await call(sandbox, 'GET', `${SHOP}/contents/README.md`, { token })).status).toBe(401);
});

test('a job token does not reach another repository; a cancelled job has five minutes for its last steps', async () => {
  const { sandbox } = shop;
  sandbox.repo('acme/other', { private: true });
  const runId = await started([{}]);
  const token = sandbox.jobToken(runId, 'job0', { contents: 'read' });
  expect((await call(sandbox, 'GET', '/repos/acme/other/contents/README.md', { token })).status).toBe(404);
  await sandbox.as('ann').cancel(runId);
  expect((await call(sandbox, 'GET', SHOP, { token })).status).toBe(200);
  sandbox.clock.advance(5 * 60_000);
  expect((await call(sandbox, 'GET', SHOP, { token })).status).toBe(401);
});

test('a pull request runs on its test merge; from a fork it gets a reading token and no OIDC token', async () => {
  const { sandbox } = shop;
  sandbox.repo('rita/shop', { forkOf: 'acme/shop' });
  const { sha } = await sandbox.as('rita').commit('rita/shop', 'fix', { files: { x: '1' }, message: 'fix' });
  const pull = await sandbox.as('rita').openPullRequest('acme/shop', { head: 'rita:fix', title: 'Fix' });
  const jobs = [{ name: 'plan', manual: true }];
  const options = { event: 'pull_request', ref: 'fix', headRepo: 'rita/shop' } as const;
  const run = await sandbox.as('ann').dispatch('acme/shop', { name: 'ci', jobs }, options);
  expect(run.headSha).toBe(sha);
  const { env, event } = sandbox.jobVariables(run.id, 'plan');
  expect(env).toMatchObject({
    GITHUB_REF: `refs/pull/${pull.number}/merge`,
    GITHUB_HEAD_REF: 'fix',
    GITHUB_BASE_REF: 'main',
  });
  expect(env['GITHUB_SHA']).not.toBe(sha);
  expect(at(event, 'pull_request', 'head', 'sha')).toBe(sha);
  expect(() => sandbox.idTokenRequest(run.id, 'plan')).toThrow('fork');
  const token = sandbox.jobToken(run.id, 'plan', { contents: 'write', checks: 'write' });
  const body = { name: 'plan', head_sha: sha };
  expect((await call(sandbox, 'POST', `${SHOP}/check-runs`, { token, body })).status).toBe(403);
  expect((await call(sandbox, 'GET', `${SHOP}/commits/${env['GITHUB_SHA']}`, { token })).status).toBe(200);
});

test('an environment says which branches may use it, and a job on another one fails before anybody is asked', async () => {
  const { sandbox, token } = shop;
  sandbox.environment('acme/shop', 'signing', { branches: ['main', 'release/*', 'refs/tags/v*'] });
  const url = `${SHOP}/environments/signing`;
  const shown = await call(sandbox, 'GET', url, { token });
  expect(at(shown.body, 'deployment_branch_policy')).toEqual({
    protected_branches: false,
    custom_branch_policies: true,
  });
  const policies = await call(sandbox, 'GET', `${url}/deployment-branch-policies`, { token });
  expect(at(policies.body, 'branch_policies')).toMatchObject([
    { name: 'main', type: 'branch' },
    { name: 'release/*', type: 'branch' },
    { name: 'v*', type: 'tag' },
  ]);
  const head = sandbox.branchHead('acme/shop', 'main') ?? '';
  await Promise.all(
    ['evil', 'release/1', 'release/2/x'].map((name) =>
      sandbox.as('ann').commit('acme/shop', name, { files: {}, message: name, from: head }),
    ),
  );
  await sandbox.as('ann').tag('acme/shop', 'v1', { to: 'main', message: 'one' });
  const statusOn = async (ref: string) =>
    sandbox.runState(await started([{ environment: 'signing' }], { ref })).jobs[0]?.conclusion ?? 'begun';
  const refs = ['main', 'release/1', 'release/2/x', 'evil', 'refs/tags/v1'];
  expect(await Promise.all(refs.map(statusOn))).toEqual(['begun', 'begun', 'failure', 'failure', 'begun']);
});

test('`protected` shuts others out only once the repository protects a branch', async () => {
  const { sandbox } = shop;
  sandbox.environment('acme/shop', 'signing', { branches: 'protected' });
  await sandbox.as('ann').commit('acme/shop', 'evil', { files: {}, message: 'x' });
  const conclusion = async () =>
    sandbox.runState(await started([{ environment: 'signing' }], { ref: 'evil' })).jobs[0]?.conclusion ?? 'begun';
  expect(await conclusion()).toBe('begun');
  sandbox.requireCheck('acme/shop', 'main', 'ci', 'gate');
  expect(await conclusion()).toBe('failure');
});

test('a condition decides whether a job runs, and a re-run of failed jobs runs what waits for them too', async () => {
  const { sandbox } = shop;
  const seen: unknown[] = [];
  const runId = await started([
    { name: 'plan', manual: false },
    { name: 'apply', needs: ['plan'], manual: false, outcome: 'failure' },
    {
      name: 'close',
      needs: ['apply'],
      manual: false,
      condition: (needs) => {
        seen.push(needs);
        return true;
      },
    },
  ]);
  await sandbox.as('ann').rerun(runId, { failedOnly: true });
  expect(seen).toEqual([{ apply: 'failure' }, { apply: 'failure' }]);
  const shown = sandbox.runState(runId).jobs.map((job) => `${job.name} ${job.attempt} ${job.conclusion ?? ''}`);
  expect(shown).toEqual(['plan 1 success', 'apply 1 failure', 'close 1 success', 'apply 2 failure', 'close 2 success']);
});
