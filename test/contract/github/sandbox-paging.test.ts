import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGitHubGatekeeper } from '../../../adapters/github/github-gatekeeper.ts';
import { createGitHubPeople } from '../../../adapters/github/github-people.ts';
import { createGitHubReader } from '../../../adapters/github/github-reader.ts';
import { buildWorld, problemsOf, REPO } from './sandbox-world.ts';
import type { World } from './sandbox-world.ts';

// C40 against the sandbox's own paging: what stands on page two and three counts.

const MANY = 101;

let world: World;
let longHead: string;

beforeAll(async () => {
  world = await buildWorld();
  const { sandbox, pull } = world;
  for (let n = 1; n <= MANY; n += 1) {
    sandbox.user(`person-${n}`, { email: `person-${n}@acme.example` });
    sandbox.collaborator(REPO, `person-${n}`, 'write');
  }
  sandbox.team(
    'acme',
    'crowd',
    Array.from({ length: MANY }, (_, index) => `person-${index + 1}`),
  );
  for (let n = 1; n < MANY; n += 1) {
    await sandbox.as(`person-${n}`).review(REPO, pull, { state: 'COMMENTED', body: 'hm' });
  }
  await sandbox.as(`person-${MANY}`).review(REPO, pull, { state: 'CHANGES_REQUESTED', body: 'no' });
  longHead = world.baseSha;
  for (let n = 1; n <= 250; n += 1) {
    const author = { name: 'p', email: `person-${(n % MANY) + 1}@acme.example` };
    const message = `change ${n}\n\nCo-authored-by: kim <kim@acme.example>`;
    ({ sha: longHead } = await sandbox
      .as('robot[bot]')
      .commit(REPO, 'long', { files: { [`f${n}`]: `${n}` }, message, author }));
  }
});

afterAll(async () => {
  await world.sandbox.close();
});

test('a denial as review 102 is read', async () => {
  const reviews = await createGitHubReader(world.client).pullReviews(world.ref, world.pull);
  expect(reviews).toHaveLength(MANY + 1);
  expect(reviews.at(-1)).toMatchObject({ state: 'CHANGES_REQUESTED', reviewer: { login: `person-${MANY}` } });
  const events = await createGitHubReader(world.client).timeline(world.ref, world.pull);
  expect(events.filter(({ kind }) => kind === 'reviewed')).toHaveLength(MANY + 1);
});

test('team member and collaborator 101 are read', async () => {
  const people = createGitHubPeople(world.client);
  const members = await people.teamMembers(world.ref, 'acme/crowd');
  expect(members.map(({ login }) => login)).toContain(`person-${MANY}`);
  const collaborators = await people.collaborators(world.ref);
  expect(collaborators.map(({ account }) => account.login)).toContain(`person-${MANY}`);
});

test('a range of 250 commits is read whole, in order, with every author and co-author', async () => {
  const reader = createGitHubReader(world.client);
  const before = world.sandbox.requests.length;
  const range = await reader.compare(world.ref, world.baseSha, longHead);
  expect(range).toMatchObject({ truncated: false, filesComplete: true, files: { length: 250 } });
  const commits = await reader.commits(world.ref, range?.commits ?? []);
  expect(world.sandbox.requests.slice(before).filter(({ route }) => !route.includes('access_tokens'))).toHaveLength(6);
  expect(commits).toHaveLength(250);
  expect(commits.at(-1)?.sha).toBe(longHead);
  expect(commits.every((commit, index) => index === 0 || commit.parents[0] === commits[index - 1]?.sha)).toBe(true);
  const unlike = commits.filter(({ authors }) => authors.length !== 2 || authors[1]?.account?.login !== 'kim');
  expect(unlike.map(({ message, authors }) => [message, authors])).toEqual([]);
  expect(commits[0]?.authors[0]?.account?.login).toBe('person-2');
});

test('every push of a long branch is read, newest first', async () => {
  const pushes = await createGitHubReader(world.client).pushes(world.ref, 'long');
  expect(pushes).toHaveLength(250);
  expect(pushes[0]?.after).toBe(longHead);
});

test('the own check run is found behind 101 others', async () => {
  const { sandbox, client, ref, check } = world;
  const gatekeeper = createGitHubGatekeeper(client);
  for (let n = 1; n <= MANY; n += 1) await gatekeeper.putCheck(ref, { ...check, name: `other ${n}` });
  const id = await gatekeeper.putCheck(ref, check);
  expect(await gatekeeper.putCheck(ref, { ...check, conclusion: 'success', actions: [] })).toBe(id);
  expect(sandbox.checkRuns(REPO, check.headSha).filter(({ name }) => name === check.name)).toHaveLength(1);
});

test('everything that was sent is as GitHub publishes it', () => {
  expect(problemsOf(world)).toEqual([]);
});
