import { afterEach, expect, test } from 'vitest';
import type { GitHubClient } from '../../../adapters/github/client.ts';
import { readInstalledRepositories } from '../../../adapters/github/github-installations.ts';
import { createGitHubPeople } from '../../../adapters/github/github-people.ts';
import { createGitHubReader } from '../../../adapters/github/github-reader.ts';
import type { RepositoryRef } from '../../../core/facts.ts';
import { errorOf, json, startFakeForge } from './fake-forge.ts';
import type { Answer, FakeForge } from './fake-forge.ts';

// C40: a denial as item 31 or 101, an approver as team member 31, 250 reviews. C81: lists that GitHub cuts off.

const open: FakeForge[] = [];

async function forge(answer: Answer): Promise<FakeForge> {
  const started = await startFakeForge(answer);
  open.push(started);
  return started;
}

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const sha = (n: number): string => n.toString(16).padStart(40, '0');
const account = (n: number) => ({ id: n, login: `person-${n}`, type: 'User' });

/** A list of `total` entries as GitHub pages it: by number, or by an opaque cursor. */
function paged(
  total: number,
  item: (n: number) => unknown,
  options: {
    readonly wrap?: (items: readonly unknown[]) => unknown;
    readonly cursor?: boolean;
    readonly link?: boolean;
  } = {},
): Answer {
  return (request, response) => {
    const { searchParams } = new URL(request.url, 'http://127.0.0.1');
    const size = Number(searchParams.get('per_page') ?? '30');
    const page = Number((options.cursor === true ? searchParams.get('after') : searchParams.get('page')) ?? '1');
    const items = Array.from({ length: total }, (_, index) => item(index + 1)).slice((page - 1) * size, page * size);
    const next = options.cursor === true ? `after=${page + 1}` : `page=${page + 1}`;
    const more = page * size < total && options.link !== false;
    json(
      response,
      200,
      options.wrap?.(items) ?? items,
      more ? { link: `<http://127.0.0.1/x?a=b&${next}>; rel="next"` } : {},
    );
  };
}

interface Listing {
  readonly name: string;
  readonly answer: (total: number) => Answer;
  readonly read: (client: GitHubClient, ref: RepositoryRef) => Promise<readonly unknown[]>;
  /** Entries from which on reading stops with an error; null: another rule, tested on its own. */
  readonly limit: number | null;
}

const jobs = (items: readonly unknown[]) => ({ total_count: items.length, jobs: items });
const pullShort = (n: number) => ({ number: n, head: { sha: sha(1), repo: null } });
const run = (n: number) => ({
  id: n,
  node_id: `R${n}`,
  run_attempt: 1,
  head_sha: sha(n),
  head_branch: 'main',
  head_repository: { id: 9 },
  repository: { id: 9 },
  event: 'push',
  path: 'x.yml',
  status: 'waiting',
  conclusion: null,
  actor: account(1),
  triggering_actor: account(1),
});

const listings: readonly Listing[] = [
  {
    name: 'reviews',
    answer: (total) => paged(total, (n) => ({ id: n, user: account(n), state: 'COMMENTED', commit_id: sha(n) })),
    read: (client, ref) => createGitHubReader(client).pullReviews(ref, 1),
    limit: 3_000,
  },
  {
    name: 'timeline events',
    answer: (total) => paged(total, (n) => ({ event: 'reviewed', id: n })),
    read: (client, ref) => createGitHubReader(client).timeline(ref, 1),
    limit: 5_000,
  },
  {
    name: 'jobs',
    answer: (total) =>
      paged(total, (n) => ({ id: n, name: `j${n}`, status: 'queued', conclusion: null }), { wrap: jobs }),
    read: (client, ref) => createGitHubReader(client).attemptJobs(ref, 1, 1),
    limit: 1_000,
  },
  {
    name: 'waiting runs',
    answer: (total) => paged(total, run, { wrap: (items) => ({ total_count: total, workflow_runs: items }) }),
    read: (client, ref) => createGitHubReader(client).waitingRuns(ref),
    limit: 1_000,
  },
  {
    name: 'open pull requests',
    answer: (total) => paged(total, pullShort),
    read: (client, ref) => createGitHubReader(client).openPulls(ref),
    limit: 3_000,
  },
  {
    name: 'open pull requests of one head',
    answer: (total) => paged(total, pullShort),
    read: (client, ref) => createGitHubReader(client).openPullsWithHead(ref, sha(1)),
    limit: 3_000,
  },
  {
    name: 'pushes',
    answer: (total) =>
      paged(total, (n) => ({ actor: account(n), before: sha(n), after: sha(n + 1), activity_type: 'push' }), {
        cursor: true,
      }),
    read: (client, ref) => createGitHubReader(client).pushes(ref, 'topic'),
    limit: 3_000,
  },
  {
    name: 'team members',
    answer: (total) => paged(total, account),
    read: (client, ref) => createGitHubPeople(client).teamMembers(ref, 'acme/sre'),
    limit: 5_000,
  },
  {
    name: 'collaborators',
    answer: (total) => paged(total, (n) => ({ ...account(n), permissions: { pull: true, push: true, admin: false } })),
    read: (client, ref) => createGitHubPeople(client).collaborators(ref),
    limit: 5_000,
  },
  {
    name: 'changed files',
    answer: (total) => paged(total, (n) => ({ filename: `f${n}`, status: 'modified' })),
    read: async (client, ref) => (await createGitHubReader(client).changedFiles(ref, 1)).files,
    limit: null,
  },
];

const cases = listings.flatMap((listing) => [0, 30, 31, 100, 101, 250].map((total) => ({ ...listing, total })));

test.each(cases)('all of $total $name are read', async ({ answer, read, total }) => {
  const { client, ref } = await forge(answer(total));
  expect(await read(client, ref)).toHaveLength(total);
});

test.each(listings.filter(({ limit }) => limit !== null))(
  'more $name than are read is an error, never a shorter list',
  async (listing) => {
    const { client, ref } = await forge(listing.answer((listing.limit ?? 0) + 1));
    expect((await errorOf(listing.read(client, ref))).code).toBe('ERR_FORGE_TRUNCATED');
  },
);

test('full pages are followed even where no Link header says that there is a next one', async () => {
  const review = (n: number) => ({ id: n, user: account(n), state: 'APPROVED', commit_id: sha(n) });
  const { client, ref } = await forge(paged(250, review, { link: false }));
  expect(await createGitHubReader(client).pullReviews(ref, 1)).toHaveLength(250);
});

test('a short page in the middle does not end the list', async () => {
  const review = { id: 1, user: account(1), state: 'APPROVED', commit_id: sha(1) };
  const { client, ref } = await forge((request, response) => {
    const last = request.url.includes('page=3');
    json(response, 200, [review], last ? {} : { link: '<http://127.0.0.1/x?page=9>; rel="next"' });
  });
  expect(await createGitHubReader(client).pullReviews(ref, 1)).toHaveLength(3);
});

test('a cursor that leads nowhere is an error', async () => {
  const { client, ref } = await forge((_, response) =>
    json(response, 200, [], { link: '<http://127.0.0.1/x?after=same>; rel="next"' }),
  );
  expect((await errorOf(createGitHubReader(client).pushes(ref, 'topic'))).code).toBe('ERR_FORGE_TRUNCATED');
});

test.each([
  [2_999, true],
  [3_000, false],
])('%i changed files are complete: %s', async (total, complete) => {
  const { client, ref } = await forge(paged(total, (n) => ({ filename: `f${n}`, status: 'added' })));
  expect(await createGitHubReader(client).changedFiles(ref, 1)).toMatchObject({ complete, files: { length: total } });
});

/** A comparison whose commits are paged by number; GitHub never lists more than `listed` of them. */
function comparison(total: number, files: number, listed = total): Answer {
  return (request, response) => {
    const page = Number(new URL(request.url, 'http://127.0.0.1').searchParams.get('page'));
    const commits = Array.from({ length: listed }, (_, index) => ({
      sha: sha(index + 1),
      author: account(1),
      committer: {},
    }));
    json(response, 200, {
      status: 'ahead',
      merge_base_commit: { sha: sha(0) },
      total_commits: total,
      commits: commits.slice((page - 1) * 100, page * 100),
      ...(page === 1
        ? { files: Array.from({ length: files }, (_, n) => ({ filename: `f${n}`, status: 'added' })) }
        : {}),
    });
  };
}

test.each([
  ['one commit', 1, 3, undefined, { commits: 1, truncated: false, filesComplete: true, calls: 1 }],
  ['100 commits', 100, 3, undefined, { commits: 100, truncated: false, filesComplete: true, calls: 1 }],
  ['251 commits', 251, 299, undefined, { commits: 251, truncated: false, filesComplete: true, calls: 3 }],
  ['300 files', 1, 300, undefined, { commits: 1, truncated: false, filesComplete: false, calls: 1 }],
  ['10,000 commits', 10_000, 3, undefined, { commits: 10_000, truncated: false, filesComplete: true, calls: 100 }],
  ['10,001 commits', 10_001, 3, undefined, { commits: 10_000, truncated: true, filesComplete: true, calls: 100 }],
  ['commits that GitHub does not list', 400, 3, 250, { commits: 250, truncated: true, filesComplete: true, calls: 4 }],
] as const)('a comparison of %s says whether it is whole', async (_name, total, files, listed, expected) => {
  const { client, ref, seen } = await forge(comparison(total, files, listed));
  const found = await createGitHubReader(client).compare(ref, sha(0), sha(total));
  expect({
    commits: found?.commits.length,
    truncated: found?.truncated,
    filesComplete: found?.filesComplete,
    calls: seen.length,
  }).toEqual(expected);
});

test('repositories of every installation are found, and a suspended one has none', async () => {
  const { client } = await forge((request, response, n) => {
    if (request.url.includes('/app/installations')) {
      return json(response, 200, [
        { id: 1, suspended_at: null },
        { id: 2, suspended_at: '2026-11-21T00:00:00Z' },
        { id: 3 },
      ]);
    }
    const repositories = [{ id: n, name: 'shop', owner: { login: 'acme' } }];
    return json(response, 200, { total_count: 1, repositories });
  });
  const found = await readInstalledRepositories(client);
  expect(found.map(({ installationId, id, owner, name }) => [installationId, id, owner, name])).toEqual([
    [1, 2, 'acme', 'shop'],
    [3, 3, 'acme', 'shop'],
  ]);
});
