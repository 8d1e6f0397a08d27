import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ActionFailure } from '../../../action/failure.ts';
import { readRunnerContext } from '../../../action/runner-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'runner-context-'));
const eventPath = join(folder, 'event.json');

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const SHA = 'a'.repeat(40);
const usual = {
  GITHUB_SERVER_URL: 'https://GitHub.com/',
  GITHUB_API_URL: 'https://api.github.com',
  GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_REPOSITORY_ID: '42',
  GITHUB_REPOSITORY_OWNER_ID: '7',
  GITHUB_RUN_ID: '19000000001',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_JOB: 'deploy',
  GITHUB_SHA: SHA,
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REF_TYPE: 'branch',
  GITHUB_WORKFLOW_REF: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
  GITHUB_WORKFLOW_SHA: SHA,
  GITHUB_EVENT_NAME: 'push',
  GITHUB_EVENT_PATH: eventPath,
  GITHUB_WORKSPACE: '/work',
  GITHUB_ACTOR: 'carol',
};

function read(env: NodeJS.ProcessEnv, event: string | object = {}) {
  writeFileSync(eventPath, typeof event === 'string' ? event : JSON.stringify(event));
  try {
    return readRunnerContext({ ...usual, ...env });
  } catch (error) {
    if (error instanceof ActionFailure) return String(error.because.params['what']);
    throw error;
  }
}

describe('the context of a runner', () => {
  test('is read from the variables that the runner sets', () => {
    expect(read({ GITHUB_ACTION_REF: 'v1' })).toMatchObject({
      host: 'github.com',
      serverUrl: 'https://GitHub.com',
      repository: { owner: 'acme', name: 'shop', id: 42 },
      runId: 19_000_000_001,
      attempt: 2,
      actionRef: 'v1',
      headRepositoryId: null,
      pullRequestHeadSha: null,
    });
  });

  test('has the port of a host that is not at the usual one', () => {
    expect(read({ GITHUB_SERVER_URL: 'http://127.0.0.1:8123' })).toMatchObject({ host: '127.0.0.1:8123' });
  });

  test.each([
    ['of this repository', { id: 42 }, 42],
    ['of a fork', { id: 43 }, 43],
    ['of a fork that was deleted', null, 0],
  ])('knows the head of a pull request %s', (_, repo, expected) => {
    const event = { repository: { id: 42 }, pull_request: { head: { sha: 'b'.repeat(40), repo } } };
    expect(read({}, event)).toMatchObject({ headRepositoryId: expected, pullRequestHeadSha: 'b'.repeat(40) });
  });

  test('knows where the run came from that a workflow_run event tells of', () => {
    expect(read({}, { workflow_run: { head_repository: { id: 9 } } })).toMatchObject({ headRepositoryId: 9 });
    expect(read({}, { workflow_run: { head_repository: null } })).toMatchObject({ headRepositoryId: 0 });
  });

  test('may be of a commit without a ref, as of a deployment that names one', () => {
    expect(read({ GITHUB_REF: '', GITHUB_REF_TYPE: '' })).toMatchObject({ ref: '', refType: 'branch' });
    expect(read({ GITHUB_REF: 'refs/tags/v1', GITHUB_REF_TYPE: '' })).toMatchObject({ refType: 'tag' });
  });

  test.each(Object.keys(usual))('without %s is refused by its name', (name) => {
    const answer = read({ [name]: undefined });
    expect(answer).toBe(name);
  });

  test.each([
    ['GITHUB_API_URL', 'http://api.github.com'],
    ['GITHUB_API_URL', 'ftp://api.github.com'],
    ['GITHUB_REPOSITORY', 'acme/shop/../other'],
    ['GITHUB_REPOSITORY_ID', '0'],
    ['GITHUB_REPOSITORY_ID', '42.0'],
    ['GITHUB_RUN_ID', '99999999999999999999'],
    ['GITHUB_RUN_ATTEMPT', '-1'],
    ['GITHUB_SHA', 'HEAD'],
    ['GITHUB_REF_TYPE', 'commit'],
  ])('with %s %s is refused', (name, value) => {
    expect(read({ [name]: value })).toBe(name);
  });

  test.each([
    ['no JSON', 'not json', 'the file that GITHUB_EVENT_PATH names'],
    ['a list', '[]', ' of the event'],
    ['another repository', { repository: { id: 43 } }, 'the event is of another repository than GITHUB_REPOSITORY_ID'],
    ['a head without a commit', { pull_request: { head: { repo: { id: 42 } } } }, 'pull_request.head.sha of the event'],
  ])('with an event that is %s is refused', (_, event, what) => {
    expect(read({}, event)).toBe(what);
  });
});
