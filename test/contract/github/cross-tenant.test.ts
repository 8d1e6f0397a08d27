import { afterEach, expect, test } from 'vitest';
import { createGitHubPeople } from '../../../adapters/github/github-people.ts';
import { createGitHubReader } from '../../../adapters/github/github-reader.ts';
import type { RepositoryRef, RunFacts } from '../../../core/facts.ts';
import type { ForgeReader } from '../../../core/ports.ts';
import { errorOf, json, startFakeForge } from './fake-forge.ts';
import type { FakeForge } from './fake-forge.ts';

// C60: an answer about another repository, run, commit or person than was asked for is an error, whoever caused it.

const SHA = 'a'.repeat(40);
const OTHER_SHA = 'b'.repeat(40);

const open: FakeForge[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function answering(body: unknown): Promise<FakeForge> {
  const forge = await startFakeForge((_, response) => json(response, 200, body));
  open.push(forge);
  return forge;
}

const runFacts: RunFacts = {
  id: 5,
  nodeId: 'R5',
  attempt: 1,
  headSha: SHA,
  headBranch: null,
  headRepositoryId: 9,
  event: 'push',
  path: 'x.yml',
  calledWorkflows: [],
  status: 'waiting',
  conclusion: null,
  actor: null,
  triggeringActor: null,
};

const run = {
  id: 5,
  node_id: 'R5',
  run_attempt: 1,
  head_sha: SHA,
  head_branch: null,
  head_repository: null,
  repository: { id: 9 },
  event: 'push',
  path: 'x.yml',
  status: 'waiting',
  conclusion: null,
  actor: null,
  triggering_actor: null,
};

const pull = {
  number: 3,
  user: null,
  title: '',
  body: null,
  labels: [],
  state: 'open',
  merged: false,
  merged_by: null,
  head: { sha: SHA, ref: 'x', repo: null },
  base: { sha: SHA, ref: 'main', repo: { id: 9 } },
};

const repository = {
  id: 9,
  name: 'shop',
  owner: { login: 'acme', type: 'User' },
  default_branch: 'main',
  private: false,
};
const comment = { id: 4, user: null, body: '', created_at: 'x', updated_at: 'x' };

const node = {
  __typename: 'WorkflowRun',
  databaseId: 5,
  checkSuite: { checkRuns: { pageInfo: { hasNextPage: false, endCursor: null }, nodes: [] } },
};
const list = { pageInfo: { hasNextPage: false }, nodes: [] };
const commit = {
  __typename: 'Commit',
  oid: SHA,
  message: '',
  tree: { oid: SHA },
  parents: list,
  authors: { ...list, nodes: [{ name: '', email: '', user: { id: 'U_1', databaseId: 1, login: 'kim' } }] },
  committer: { name: '', email: '', user: { id: 'U_1', databaseId: 1, login: 'kim' } },
  authoredDate: '2026-06-01T10:00:00Z',
  signature: null,
  associatedPullRequests: list,
};

type Read = (reader: ForgeReader, ref: RepositoryRef) => Promise<unknown>;

const readRun: Read = (reader, ref) => reader.run(ref, 5);
const readAttempt: Read = (reader, ref) => reader.runAttempt(ref, 5, 1);
const readPull: Read = (reader, ref) => reader.pullRequest(ref, 3);
const readJobs: Read = (reader, ref) => reader.waitingJobs(ref, runFacts);
const readCommits: Read = (reader, ref) => reader.commits(ref, [SHA]);

test.each([
  ['a repository', (reader, ref) => reader.repository(ref), repository],
  ['a run', readRun, run],
  ['an attempt', readAttempt, run],
  ['a pull request', readPull, pull],
  ['waiting jobs', readJobs, { data: { node } }],
  ['commits', readCommits, { data: { repository: { databaseId: 9, notes: null, c0: commit } } }],
  ['a comment', (reader, ref) => reader.comment(ref, 4), comment],
] satisfies readonly (readonly [string, Read, unknown])[])(
  '%s that was asked for is a value',
  async (_name, read, body) => {
    const { client, ref } = await answering(body);
    expect(await read(createGitHubReader(client), ref)).not.toBeNull();
  },
);

test.each([
  ['a repository', (reader, ref) => reader.repository(ref), { ...repository, id: 10 }],
  ['a run of another repository', readRun, { ...run, repository: { id: 10 } }],
  ['another run', readRun, { ...run, id: 6 }],
  ['another attempt', readAttempt, { ...run, run_attempt: 2 }],
  [
    'a waiting run of another repository',
    (reader, ref) => reader.waitingRuns(ref),
    { total_count: 1, workflow_runs: [{ ...run, repository: { id: 10 } }] },
  ],
  ['a pull request of another repository', readPull, { ...pull, base: { ...pull.base, repo: { id: 10 } } }],
  ['another pull request', readPull, { ...pull, number: 4 }],
  ['waiting jobs of another run', readJobs, { data: { node: { ...node, databaseId: 6 } } }],
  ['waiting jobs of something that is no run', readJobs, { data: { node: { ...node, __typename: 'CheckSuite' } } }],
  ['commits of another repository', readCommits, { data: { repository: { databaseId: 10, notes: null, c0: commit } } }],
  [
    'another commit',
    readCommits,
    { data: { repository: { databaseId: 9, notes: null, c0: { ...commit, oid: OTHER_SHA } } } },
  ],
  [
    'a commit that is none',
    readCommits,
    { data: { repository: { databaseId: 9, notes: null, c0: { ...commit, __typename: 'Blob' } } } },
  ],
  ['a commit that is left out', readCommits, { data: { repository: { databaseId: 9, notes: null } } }],
  ['another comment', (reader, ref) => reader.comment(ref, 4), { ...comment, id: 5 }],
] satisfies readonly (readonly [string, Read, unknown])[])('%s is an error', async (_name, read, body) => {
  const { client, ref } = await answering(body);
  expect((await errorOf(read(createGitHubReader(client), ref))).code).toMatch(/^ERR_FORGE_(SHAPE|NOT_FOUND)$/);
});

test("another person's permission is an error", async () => {
  const user = { login: 'lee' };
  const { client, ref } = await answering({ permission: 'admin', role_name: 'admin', user });
  expect((await errorOf(createGitHubPeople(client).permission(ref, 'kim'))).code).toBe('ERR_FORGE_SHAPE');
});

test('another account than the login that was asked for is an error', async () => {
  const { client, ref } = await answering({ id: 7, login: 'lee', type: 'User' });
  expect((await errorOf(createGitHubPeople(client).byLogin(ref, 'kim'))).code).toBe('ERR_FORGE_SHAPE');
});

test('a team of another organisation is never asked for', async () => {
  const { client, ref, seen } = await answering([]);
  const people = createGitHubPeople(client);
  for (const team of ['other/sre', 'sre', 'acme/', 'acme/sre/x']) {
    expect((await errorOf(people.teamMembers(ref, team))).code).toBe('ERR_FORGE_NOT_FOUND');
  }
  expect(seen).toHaveLength(0);
});
