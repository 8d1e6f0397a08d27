import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDecidingAlone } from '../support/deciding-alone.ts';
import type { DecidingAlone } from '../support/deciding-alone.ts';

// Anybody can open pull requests from a fork with our commit as their head (C3, C31).

let alone: DecidingAlone;

beforeAll(async () => {
  alone = await openDecidingAlone();
  for (const login of ['mallory', 'trudy']) alone.sandbox.user(login);
  alone.sandbox.user('bob');
  alone.sandbox.collaborator(alone.repo, 'bob', 'maintain');
  alone.sandbox.collaborator(alone.repo, 'mallory', 'triage');
});
afterAll(() => alone.close());

/** The numbers of `count` pull requests from the fork of `login`. */
async function openFromFork(login: string, sha: string, count: number): Promise<readonly number[]> {
  const { sandbox, repo } = alone;
  sandbox.repo(`${login}/shop`, { forkOf: repo, by: login });
  const numbers: number[] = [];
  for (let n = 0; n < count; n += 1) {
    await sandbox.as(login).updateRef(`${login}/shop`, `b${n}`, sha);
    const asked = { head: `${login}:b${n}`, base: 'production', title: 'x' };
    numbers.push((await sandbox.as(login).openPullRequest(repo, asked)).number);
  }
  return numbers;
}

test('who may write here and asked an agent on one of them does not countersign, whoever opened it', async () => {
  const { sandbox, repo } = alone;
  const run = await alone.run();
  const [number = 0] = await openFromFork('mallory', run.sha, 1);
  await sandbox.as('bob').timelineEvent(repo, number, 'copilot_work_started');
  await sandbox.as('mallory').timelineEvent(repo, number, 'copilot_work_started');
  const { line } = await alone.decide(run, 'a');
  const ours = await alone.askForReview(run);
  await alone.approve('bob', ours, line);
  await alone.rerun(run);
  expect((await alone.decide(run, 'a')).kind).toBe('held');
  await alone.approve('dave', ours, line);
  await alone.rerun(run);
  expect((await alone.decide(run, 'a')).kind).toBe('released');
  await alone.succeed(run);
});

test('more of them than are looked at hold nothing, on the default branch or beside it', async () => {
  const { sandbox, repo } = alone;
  const before = sandbox.branchHead(repo, 'main') ?? '';
  const run = await alone.run();
  const ours = await alone.askForReview(run);
  await openFromFork('trudy', run.sha, 51);
  await alone.approve('dave', ours, (await alone.decide(run, 'a')).line);
  await alone.rerun(run);
  // Beside it GitHub lists the open ones with the commit, too: two pages of them.
  await sandbox.as('alice').forcePush(repo, 'main', before);
  const from = sandbox.requests.length;
  expect((await alone.decide(run, 'a')).kind).toBe('released');
  expect(sandbox.requests.slice(from).map(({ route }) => route)).toContain('graphql morePulls');
});
