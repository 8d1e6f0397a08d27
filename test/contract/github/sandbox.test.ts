import { buildSchema, parse, validate } from 'graphql';
import { schema as sdl } from '@octokit/graphql-schema';
import { z } from 'zod';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGitHubGatekeeper } from '../../../adapters/github/github-gatekeeper.ts';
import { createGitHubPeople } from '../../../adapters/github/github-people.ts';
import { createGitHubPolicySource } from '../../../adapters/github/github-policy-source.ts';
import { createGitHubReader } from '../../../adapters/github/github-reader.ts';
import { readInstalledRepositories, readSelf } from '../../../adapters/github/github-installations.ts';
import { errorOf } from './fake-forge.ts';
import { buildWorld, policyRead, POLICY, problemsOf, reads, REPO, writes } from './sandbox-world.ts';
import type { World } from './sandbox-world.ts';

// The adapter against the sandbox, which shares no code with it; every request also against GitHub's own description.

let world: World;

beforeAll(async () => {
  world = await buildWorld();
});

afterAll(async () => {
  await world.sandbox.close();
});

const reader = () => createGitHubReader(world.client);
const people = () => createGitHubPeople(world.client);
const login = (account: { readonly login: string } | null | undefined) => account?.login;

test('a repository is read under its numeric id, and not under its name alone', async () => {
  const facts = await reader().repository(world.ref);
  expect(facts).toEqual({ ref: world.ref, defaultBranch: 'main', private: false, ownerType: 'Organization' });
  const other = { ...world.ref, id: world.ref.id + 1 };
  expect((await errorOf(reader().repository(other))).code).toMatch(/FORBIDDEN|NOT_FOUND/);
});

test('a waiting run, its jobs and its environment are read', async () => {
  const { ref, runId, headSha, appId } = world;
  const run = await reader().run(ref, runId);
  expect(run).toMatchObject({
    id: runId,
    attempt: 1,
    headSha,
    status: 'waiting',
    event: 'workflow_dispatch',
    headRepositoryId: ref.id,
  });
  expect([login(run.actor), login(run.triggeringActor)]).toEqual(['pat', 'pat']);
  expect(await reader().runAttempt(ref, runId, 1)).toEqual(run);
  const waiting = await reader().waitingJobs(ref, run);
  expect(waiting.map(({ name, environment }) => [name, environment.toLowerCase()])).toEqual([['deploy', 'production']]);
  const jobs = await reader().attemptJobs(ref, runId, 1);
  expect(jobs.map(({ name, started }) => [name, started])).toEqual([
    ['plan', true],
    ['deploy', false],
  ]);
  expect(jobs.find(({ name }) => name === 'deploy')?.id).toBe(waiting[0]?.id);
  expect(await reader().pendingEnvironments(ref, runId)).toMatchObject([{ nativeReviewers: 1, waitTimerMinutes: 5 }]);
  expect(await reader().environmentApps(ref, 'PRODUCTION')).toEqual([appId]);
  expect(await reader().environmentApps(ref, 'nowhere')).toEqual([]);
  expect((await reader().waitingRuns(ref)).map(({ id }) => id)).toEqual([runId]);
});

test('a native approval is read with its person', async () => {
  const { sandbox, ref, runId } = world;
  expect(await reader().approvals(ref, runId)).toEqual([]);
  await sandbox.as('lee').reviewDeployment(runId, { environments: ['Production'], state: 'approved', comment: 'go' });
  expect(await reader().approvals(ref, runId)).toMatchObject([
    { state: 'approved', comment: 'go', user: { login: 'lee' } },
  ]);
});

test('a range is compared, and its commits are read with their bots, co-authors and pull requests', async () => {
  const { ref, baseSha, headSha, pull } = world;
  const range = await reader().compare(ref, baseSha, headSha);
  expect(range).toMatchObject({ status: 'ahead', mergeBaseSha: baseSha, truncated: false, filesComplete: true });
  expect(range?.files.map(({ path }) => path)).toEqual(['infra/main.tf']);
  const commits = await reader().commits(ref, range?.commits ?? []);
  expect(commits.map(({ sha }) => sha)).toEqual(range?.commits);
  expect(commits.map(({ authors }) => authors.map(({ account }) => login(account)))).toEqual([
    ['robot[bot]', 'pat'],
    ['robot[bot]'],
  ]);
  expect(commits[1]).toMatchObject({
    sha: headSha,
    parents: [commits[0]?.sha],
    committer: { account: { type: 'Bot' } },
  });
  expect(commits[1]?.pulls).toMatchObject([
    { number: pull, author: { type: 'Bot' }, headSha, headRef: 'topic', baseRef: 'main', merged: false },
  ]);
  // The same commits under a list that nobody remembers.
  expect(await reader().commits(ref, [...(range?.commits ?? [])])).toEqual(commits);
  expect(await reader().pullCommits(ref, pull)).toEqual(commits);
});

test('no base, no common history and a way back are told apart', async () => {
  const { ref, baseSha, headSha } = world;
  expect(await reader().compare(ref, 'f'.repeat(40), headSha)).toBeNull();
  expect(await reader().compare(ref, headSha, baseSha)).toMatchObject({ status: 'behind', commits: [] });
  expect(await reader().compare(ref, headSha, headSha)).toMatchObject({ status: 'identical', commits: [] });
  expect((await errorOf(reader().commits(ref, [headSha, 'f'.repeat(40)]))).code).toBe('ERR_FORGE_NOT_FOUND');
});

test('a pull request is read with its files, reviews, timeline and pushes', async () => {
  const { ref, headSha, pull, reviewId, commentId } = world;
  expect(await reader().pullRequest(ref, pull)).toMatchObject({
    number: pull,
    author: { login: 'robot[bot]', type: 'Bot' },
    title: 't',
    body: 'b',
    labels: ['infra'],
    state: 'open',
    headSha,
    baseRef: 'main',
    headRepositoryId: ref.id,
  });
  expect(await reader().changedFiles(ref, pull)).toMatchObject({ files: [{ path: 'infra/main.tf' }], complete: true });
  expect(await reader().pullReviews(ref, pull)).toMatchObject([
    { id: reviewId, reviewer: { login: 'lee' }, state: 'APPROVED', commitSha: headSha, body: 'fine' },
  ]);
  expect(await reader().uneditedReviews(ref, pull)).toEqual(new Set([reviewId]));
  expect(await reader().timeline(ref, pull)).toContainEqual({ kind: 'reviewed', reviewId });
  expect((await reader().pushes(ref, 'topic')).map(({ after, actor }) => [after === headSha, login(actor)])[0]).toEqual(
    [true, 'robot[bot]'],
  );
  expect(await reader().openPulls(ref)).toEqual([pull]);
  expect(await reader().openPullsWithHead(ref, headSha)).toEqual([{ number: pull, fromFork: false }]);
  expect(await reader().openPullsWithHead(ref, world.baseSha)).toEqual([]);
  expect(await reader().comment(ref, commentId)).toMatchObject({
    author: { login: 'pat' },
    body: 'hello',
    edited: false,
    viaApp: null,
  });
  expect(await reader().comment(ref, 999_999)).toBeNull();
});

test('people, roles and teams are read', async () => {
  const { ref } = world;
  expect(await people().permission(ref, 'lee')).toBe('maintain');
  expect(await people().permission(ref, 'Pat')).toBe('write');
  expect(await people().permission(ref, 'nobody-of-this-name')).toBe('none');
  expect(await people().isTeamMember(ref, 'acme/sre', 'lee')).toBe(true);
  expect(await people().isTeamMember(ref, 'acme/sre', 'pat')).toBe(false);
  expect((await errorOf(people().isTeamMember(ref, 'acme/gone', 'pat'))).code).toBe('ERR_FORGE_NOT_FOUND');
  expect((await errorOf(people().isTeamMember(ref, 'other/sre', 'lee'))).code).toBe('ERR_FORGE_NOT_FOUND');
  expect((await people().teamMembers(ref, 'acme/sre')).map(login)).toEqual(['lee']);
  const collaborators = await people().collaborators(ref);
  expect(collaborators.map(({ account, permission }) => `${account.login} ${permission}`).toSorted()).toEqual([
    'kim admin',
    'lee maintain',
    'pat write',
  ]);
  expect(await people().byLogin(ref, 'lee')).toMatchObject({ login: 'lee', type: 'User' });
  expect(await people().byLogin(ref, 'nobody-of-this-name')).toBeNull();
});

test('an edited comment and a deleted one are seen', async () => {
  const { sandbox, ref, pull } = world;
  const { id } = await sandbox.as('pat').comment(REPO, pull, 'first');
  sandbox.clock.advance(2_000);
  await sandbox.as('pat').editComment(REPO, id, 'second');
  expect(await reader().comment(ref, id)).toMatchObject({ body: 'second', edited: true });
  await sandbox.as('pat').deleteComment(REPO, id);
  expect(await reader().comment(ref, id)).toBeNull();
});

test('the policy is found at the head of the default branch, and its absence is proven', async () => {
  const { sandbox, client, ref } = world;
  const facts = { ref, defaultBranch: 'main', private: false, ownerType: 'Organization' } as const;
  const source = createGitHubPolicySource(client);
  expect(await source.read(facts)).toEqual({
    kind: 'found',
    commitSha: sandbox.branchHead(REPO, 'main'),
    text: POLICY,
  });
  const { sha } = await sandbox
    .as('kim')
    .commit(REPO, 'main', { files: { '.github/countersign.yml': null }, message: 'x' });
  expect(await source.read(facts)).toEqual({ kind: 'absent', commitSha: sha });
  await sandbox.as('kim').commit(REPO, 'main', { files: { '.github/countersign.yml/nested': '' }, message: 'x' });
  expect(await source.read(facts)).toMatchObject({ kind: 'unreadable' });
  await sandbox.as('kim').commit(REPO, 'main', { files: { '.github/countersign.yml/nested': null }, message: 'x' });
  await sandbox.as('kim').commit(REPO, 'main', { files: { '.github/countersign.yml': POLICY }, message: 'x' });
  expect(await source.read(facts)).toMatchObject({ kind: 'found' });
});

test('one check run is made and then updated, never two', async () => {
  const { sandbox, client, ref, check } = world;
  const gatekeeper = createGitHubGatekeeper(client);
  const id = await gatekeeper.putCheck(ref, check);
  expect(await gatekeeper.putCheck(ref, { ...check, conclusion: 'success', title: 'Released', actions: [] })).toBe(id);
  expect(sandbox.checkRuns(REPO, check.headSha)).toMatchObject([
    { id, conclusion: 'success', title: 'Released', actions: [] },
  ]);
});

test('a gate is reported on, answered, and then no longer pending', async () => {
  const { sandbox, client, ref } = world;
  sandbox.environment(REPO, 'staging', { customRule: 'countersign' });
  const { id } = await sandbox
    .as('pat')
    .dispatch(REPO, { name: 'stage', jobs: [{ name: 'deploy', environment: 'staging' }] }, { ref: 'topic' });
  const gatekeeper = createGitHubGatekeeper(client);
  await gatekeeper.reportDeployment(ref, id, 'staging', 'held');
  expect(sandbox.effectiveReleases.filter(({ runId }) => runId === id)).toEqual([]);
  expect(await gatekeeper.answerDeployment(ref, id, 'staging', 'approved', 'released')).toEqual({ kind: 'accepted' });
  expect(sandbox.effectiveReleases.filter(({ runId }) => runId === id)).toMatchObject([
    { environment: 'staging', jobs: ['deploy'] },
  ]);
  expect(await gatekeeper.answerDeployment(ref, id, 'staging', 'approved', 'again')).toMatchObject({
    kind: 'not-pending',
  });
});

test('a run is cancelled, reviewers are asked, a comment is written', async () => {
  const { sandbox, client, ref, pull } = world;
  const gatekeeper = createGitHubGatekeeper(client);
  const { id } = await sandbox
    .as('pat')
    .dispatch(REPO, { name: 'stage', jobs: [{ name: 'deploy', environment: 'Production' }] }, { ref: 'topic' });
  await gatekeeper.cancelRun(ref, id);
  expect(sandbox.runState(id).conclusion).toBe('cancelled');
  await gatekeeper.requestReviewers(ref, pull, ['kim']);
  expect(sandbox.pullRequest(REPO, pull).requestedReviewers).toEqual(['kim']);
  await gatekeeper.comment(ref, pull, 'a comment');
  expect(sandbox.comments(REPO, pull).at(-1)?.body).toBe('a comment');
});

test('the App knows itself and where it is installed', async () => {
  const { client, ref, appId } = world;
  expect(await readSelf(client)).toEqual({ id: appId, slug: 'countersign' });
  expect(await readInstalledRepositories(client)).toEqual([ref]);
});

test('each method costs no more calls than the budget allows', async () => {
  const cost: Record<string, number> = {};
  for (const { name, run } of [...reads, policyRead, ...writes]) {
    await run(world);
    const before = world.sandbox.requests.length;
    await run(world);
    cost[name] = world.sandbox.requests.length - before;
  }
  const dearer = Object.entries(cost).filter(([, calls]) => calls > 1);
  expect(Object.fromEntries(dearer)).toEqual({
    // The first of each pair is the run, which the caller has already.
    waitingJobs: 2,
    pullRequest: 2,
    pullCommits: 2,
    'isTeamMember of a stranger': 2,
    readInstalledRepositories: 2,
    'policy.read': 3,
    putCheck: 2,
  });
});

test('everything that was sent is as GitHub publishes it', () => {
  expect(problemsOf(world)).toEqual([]);
  const schema = buildSchema(sdl.idl, { assumeValid: true, assumeValidSDL: true });
  const documents = world.sandbox.requests.filter((request) => request.operation !== undefined);
  expect(documents.length).toBeGreaterThan(0);
  for (const { body } of documents) {
    expect(validate(schema, parse(z.object({ query: z.string() }).parse(body).query))).toEqual([]);
  }
  expect(world.sandbox.requests.length).toBeGreaterThan(50);
});
