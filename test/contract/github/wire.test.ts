import { expect, test } from 'vitest';
import type { z } from 'zod';
import {
  accountSchema,
  actorSchema,
  nullableAccountSchema,
  userSchema,
} from '../../../adapters/github/wire/account.ts';
import { graphqlCommitSchema } from '../../../adapters/github/wire/commit.ts';
import { parseWire } from '../../../adapters/github/wire/parse-wire.ts';
import { commentSchema, pullSchema, reviewsSchema, timelineSchema } from '../../../adapters/github/wire/pull.ts';
import { collaboratorSchema, permissionSchema } from '../../../adapters/github/wire/repository.ts';
import { jobListSchema, pendingEnvironmentsSchema, runSchema } from '../../../adapters/github/wire/run.ts';
import { GateError } from '../../../core/errors.ts';

const SHA = 'a'.repeat(40);
const kim = { id: 7, login: 'kim', type: 'User' };

const read = (schema: z.ZodType, data: unknown): unknown => parseWire(schema, data, 'GET /x');

test.each([
  ['a person', kim, kim],
  ['a bot', { id: 8, login: 'x[bot]', type: 'Bot', node_id: 'dropped' }, { id: 8, login: 'x[bot]', type: 'Bot' }],
  ['a type that GitHub may invent', { ...kim, type: 'Agent' }, { ...kim, type: 'Unknown' }],
  ['a type named like something every object has', { ...kim, type: 'constructor' }, { ...kim, type: 'Unknown' }],
])('%s is read by id, with its type only as far as it is known', (_name, data, expected) => {
  expect(read(accountSchema, data)).toEqual(expected);
});

test.each([
  ['null', null],
  ['left out', undefined],
  ['an empty object', {}],
])('an account that is %s is nobody', (_name, data) => {
  expect(read(nullableAccountSchema, data)).toBeNull();
});

test.each([
  ['no id', { login: 'kim', type: 'User' }],
  ['an id of 0', { ...kim, id: 0 }],
  ['a text as id', { ...kim, id: '7' }],
  ['an id beyond what a number holds', { ...kim, id: 2 ** 53 }],
  ['an empty login', { ...kim, login: '' }],
])('an account with %s is refused, not nobody', (_name, data) => {
  expect(() => read(nullableAccountSchema, data)).toThrow(GateError);
});

test('a GraphQL bot gets the login that REST gives it, and an actor without id is nobody', () => {
  expect(read(actorSchema, { __typename: 'Bot', login: 'agent', databaseId: 8 })).toEqual({
    id: 8,
    login: 'agent[bot]',
    type: 'Bot',
  });
  expect(read(actorSchema, { __typename: 'EnterpriseUserAccount', login: 'kim' })).toBeNull();
  expect(read(actorSchema, null)).toBeNull();
});

test.each([
  ['a person', 'U_kgDOAAAAAQ', 'kim', 'User'],
  ['a bot by its login', 'U_kgDOAAAAAQ', 'agent[bot]', 'Bot'],
  ['a bot by its node', 'BOT_kgDOAAAAAQ', 'Agent', 'Bot'],
  ['a bot by its older node', 'MDM6Qm90NzU=', 'agent', 'Bot'],
])('what GraphQL calls the user of a commit is %s', (_name, id, login, type) => {
  expect(read(userSchema, { id, databaseId: 8, login })).toEqual({ id: 8, login, type });
});

test('an unknown shape names the fields and none of their values', () => {
  const error = (() => {
    try {
      return read(accountSchema, { id: 'secret-id', login: 'kim', type: 'User' });
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toMatchObject({ code: 'ERR_FORGE_SHAPE', message: 'GET /x answered in an unknown shape at id' });
});

const run = {
  id: 1,
  node_id: 'WFR_1',
  run_attempt: 2,
  head_sha: SHA,
  head_branch: null,
  head_repository: null,
  repository: { id: 9 },
  event: 'push',
  path: '.github/workflows/deploy.yml',
  status: 'waiting',
  conclusion: null,
  actor: kim,
  triggering_actor: null,
};

test('a run keeps its actor and its triggering actor apart, and a deleted fork is null', () => {
  expect(read(runSchema, run)).toMatchObject({
    repositoryId: 9,
    run: { attempt: 2, actor: kim, triggeringActor: null, headRepositoryId: null },
  });
});

test.each(['head_sha', 'run_attempt', 'repository', 'status', 'node_id'])('a run without %s is refused', (field) => {
  expect(() => read(runSchema, { ...run, [field]: undefined })).toThrow(GateError);
});

test.each([
  ['waits', { status: 'waiting', runner_id: null, steps: [] }, false],
  ['was skipped', { status: 'completed', runner_id: 0, steps: [] }, false],
  ['was cancelled before a runner took it', { status: 'completed', steps: null }, false],
  ['runs', { status: 'in_progress', runner_id: null, steps: [] }, true],
  ['had a runner', { status: 'completed', runner_id: 12, steps: [] }, true],
  ['has steps', { status: 'completed', runner_id: 0, steps: [{ name: 'x' }] }, true],
])('a job that %s', (_name, fields, started) => {
  const jobs = { total_count: 1, jobs: [{ id: 3, name: 'deploy', conclusion: null, ...fields }] };
  expect(read(jobListSchema, jobs)).toMatchObject({ jobs: [{ started }] });
});

test('a pending environment counts its native reviewers and its timer', () => {
  const pending = {
    environment: { id: 1, name: 'Prod' },
    wait_timer: 30,
    wait_timer_started_at: null,
    reviewers: [{ type: 'Team' }],
  };
  expect(read(pendingEnvironmentsSchema, [pending])).toEqual([
    { name: 'Prod', nativeReviewers: 1, waitTimerMinutes: 30, waitTimerStartedAt: null },
  ]);
});

test('review states are compared in upper case, and a review whose commit is gone is bound to none', () => {
  const review = {
    id: 4,
    user: kim,
    state: 'approved',
    commit_id: null,
    submitted_at: '2026-11-21T00:00:00Z',
    body: null,
  };
  expect(read(reviewsSchema, [review])).toMatchObject([{ state: 'APPROVED', commitSha: null, body: '' }]);
});

test('the timeline keeps what the gate uses, in order, and drops the rest', () => {
  const at = '2026-11-21T00:00:00Z';
  const agent = { id: 198982749, login: 'Copilot', type: 'Bot' };
  const said = (body: string | null) => ({ user: kim, body, created_at: at });
  const events = [
    { event: 'committed', sha: SHA },
    { event: 'reviewed', id: 4, user: kim },
    { path: 'a line comment' },
    { event: 'base_ref_changed', actor: kim },
    { event: 'automatic_base_change_succeeded', actor: kim },
    { event: 'head_ref_force_pushed', actor: null },
    { event: 'copilot_work_started', actor: kim, performed_via_github_app: { id: 5, slug: 'agent', name: 'x' } },
    { event: 'labeled', actor: kim, label: { name: 'x' } },
    { event: 'assigned', actor: agent, assigner: kim, assignee: agent },
    { event: 'assigned', actor: kim, assignee: agent },
    { event: 'ready_for_review', actor: kim },
    { event: 'auto_squash_enabled', actor: kim },
    { event: 'added_to_merge_queue', actor: kim },
    { event: 'commented', ...said('looks good') },
    { event: 'commented', ...said('@Claude, please') },
    { event: 'reviewed', id: 5, user: kim, body: '/devin fix it', submitted_at: at },
    { event: 'line-commented', comments: [said('no'), said('`@codex` here')] },
    { event: 'commented', user: null, body: '@claude' },
  ];
  expect(read(timelineSchema, events)).toEqual([
    [],
    [{ kind: 'reviewed', reviewId: 4 }],
    [],
    [{ kind: 'base-changed' }],
    [{ kind: 'base-changed' }],
    [{ kind: 'force-pushed', actor: null }],
    [{ kind: 'agent-started', actor: kim, viaApp: { id: 5, slug: 'agent' } }],
    [{ kind: 'labelled', actor: kim, label: 'x' }],
    [{ kind: 'assigned', actor: kim, assignee: agent }],
    [{ kind: 'assigned', actor: kim, assignee: agent }],
    [{ kind: 'ready', actor: kim }],
    [{ kind: 'auto-merge', actor: kim }],
    [{ kind: 'auto-merge', actor: kim }],
    [],
    [{ kind: 'commented', actor: kim, handles: ['@claude'], at }],
    [
      { kind: 'reviewed', reviewId: 5 },
      { kind: 'commented', actor: kim, handles: ['/devin'], at },
    ],
    [{ kind: 'commented', actor: kim, handles: ['@codex'], at }],
    [{ kind: 'commented', actor: null, handles: ['@claude'], at: '' }],
  ]);
});

test.each([
  ['a review without id', { event: 'reviewed' }],
  ['an agent start by somebody without id', { event: 'copilot_work_started', actor: { login: 'kim' } }],
  ['an assignment to somebody without id', { event: 'assigned', actor: kim, assignee: { login: 'x' } }],
  ['a label without a name', { event: 'labeled', actor: kim }],
  ['a comment that is no text', { event: 'commented', user: kim, body: 7 }],
  ['an entry that is no object', 'reviewed'],
  ['an event that is no text', { event: 7 }],
])('a timeline with %s is refused', (_name, event) => {
  expect(() => read(timelineSchema, [event])).toThrow(GateError);
});

test.each([
  ['as it was written', '2026-11-21T00:00:00Z', false],
  ['changed later', '2026-11-21T00:00:01Z', true],
])('a comment %s', (_name, updatedAt, edited) => {
  const comment = { id: 5, user: kim, body: 'x', created_at: '2026-11-21T00:00:00Z', updated_at: updatedAt };
  expect(read(commentSchema, comment)).toMatchObject({ edited, viaApp: null });
});

test.each([
  ['write', 'maintain', 'maintain'],
  ['write', 'write', 'write'],
  ['read', 'triage', 'triage'],
  ['admin', 'admin', 'admin'],
  ['none', 'none', 'none'],
  ['write', 'release-manager', 'write'],
  ['read', 'maintain', 'read'],
  ['read', 'admin', 'read'],
])('permission %s in the role %s counts as %s', (permission, role, expected) => {
  const answer = { permission, role_name: role, user: kim };
  expect(read(permissionSchema, answer)).toEqual({ permission: expected, login: 'kim' });
});

test('a collaborator has the highest level that GitHub lists', () => {
  const permissions = { pull: true, triage: true, push: true, maintain: true, admin: false };
  expect(read(collaboratorSchema, { ...kim, permissions })).toEqual({ account: kim, permission: 'maintain' });
});

const pull = {
  number: 3,
  user: null,
  title: 't',
  body: null,
  labels: [],
  state: 'open',
  merged: false,
  merged_by: null,
  head: { sha: SHA, ref: 'x', repo: null },
  base: { sha: SHA, ref: 'main', repo: { id: 9 } },
};

test('a pull request of a deleted account and a deleted fork is read as such', () => {
  expect(read(pullSchema, pull)).toMatchObject({
    pull: { author: null, headRepositoryId: null, body: '', draft: false },
  });
});

const person = { name: 'Kim', email: 'kim@example.com', user: null };
const list = (nodes: readonly unknown[], hasNextPage = false): unknown => ({ pageInfo: { hasNextPage }, nodes });
const commit = {
  __typename: 'Commit',
  oid: SHA,
  message: 'm',
  tree: { oid: SHA },
  parents: list([]),
  authors: list([person]),
  committer: null,
  authoredDate: '2026-06-01T10:00:00Z',
  signature: null,
  associatedPullRequests: list([]),
};

test('a commit without committer or signature is signed by nobody', () => {
  expect(read(graphqlCommitSchema, commit)).toMatchObject({
    whole: true,
    commit: { committer: { account: null }, signature: { verified: false, byGitHub: false, signer: null } },
  });
});

test("a signature that does not hold is not GitHub's either", () => {
  const signature = { isValid: false, wasSignedByGitHub: true, signer: null, signature: 's', payload: 'p' };
  expect(read(graphqlCommitSchema, { ...commit, signature })).toMatchObject({
    commit: { signature: { byGitHub: false } },
  });
});

test('where the authors of a commit go on is told, and without a place to go on they are refused', () => {
  const authors = { pageInfo: { hasNextPage: true, endCursor: 'c' }, nodes: [person] };
  expect(read(graphqlCommitSchema, commit)).toMatchObject({ moreAuthors: null });
  expect(read(graphqlCommitSchema, { ...commit, authors })).toMatchObject({ whole: true, moreAuthors: 'c' });
  expect(() => read(graphqlCommitSchema, { ...commit, authors: list([person], true) })).toThrow(GateError);
});

test('a commit with more parents than were answered is not whole', () => {
  expect(read(graphqlCommitSchema, { ...commit, parents: list([], true) })).toMatchObject({ whole: false });
});

test('where the pull requests of a commit go on is told, and without a place to go on they are refused', () => {
  const associatedPullRequests = { pageInfo: { hasNextPage: true, endCursor: 'c' }, nodes: [] };
  expect(read(graphqlCommitSchema, commit)).toMatchObject({ morePulls: null });
  expect(read(graphqlCommitSchema, { ...commit, associatedPullRequests })).toMatchObject({ morePulls: 'c' });
  expect(() => read(graphqlCommitSchema, { ...commit, associatedPullRequests: list([], true) })).toThrow(GateError);
});
