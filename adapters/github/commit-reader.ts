import { z } from 'zod';
import type { Account } from '../../core/actors/account.ts';
import { GateError } from '../../core/errors.ts';
import type { AssociatedPull, CommitFacts, Comparison, GitPerson, RepositoryRef } from '../../core/facts.ts';
import type { ForgeReader } from '../../core/ports.ts';
import type { RepositoryClients } from './client.ts';
import { readAiNotes } from './ai-notes.ts';
import { COMMITS_A_CALL, commitsOperation, MORE_AUTHORS, MORE_PULLS } from './graphql-operations.ts';
import type { GraphqlOperation } from './graphql-operations.ts';
import { inGroups } from './in-groups.ts';
import { PER_PAGE, readAllCursors, readAllPages } from './paginate.ts';
import { idSchema, shaSchema } from './wire/account.ts';
import {
  commitAccountsSchema,
  commitListSchema,
  comparisonSchema,
  graphqlCommitSchema,
  moreAuthorsSchema,
  morePullsSchema,
  pushesSchema,
} from './wire/commit.ts';
import type { CommitAccounts } from './wire/commit.ts';
import { parseWire } from './wire/parse-wire.ts';
import { signingKey } from './signing-key.ts';

/** 10,000 commits; a longer range is `truncated`. */
const MAX_COMPARE_PAGES = 100;

/** GitHub lists at most 250 commits of a pull request. */
const MAX_PULL_COMMIT_PAGES = 3;

const MAX_PUSH_PAGES = 30;

/** With the first hundred 10,000 authors of one commit, and as many pull requests. */
const MAX_MORE_PAGES = 99;

const PUSHES = 'GET /repos/{owner}/{repo}/activity';

/** GitHub stops here and does not say so. */
const MAX_COMPARED_FILES = 300;

const commitsSchema = z.object({
  repository: z.object({ databaseId: idSchema, notes: z.object({ oid: shaSchema }).nullable() }).catchall(z.unknown()),
});

type CommitReader = Pick<ForgeReader, 'compare' | 'commits' | 'pullCommits' | 'pushes' | 'recentPushes'>;

/** Commits and who made and pushed them. */
export function createCommitReader(client: RepositoryClients): CommitReader {
  /**
   * Accounts that came with a list of commits, under that very list: only REST tells whether an author is a bot, and asking
   * again would cost a call a commit. Nothing is kept longer than the caller keeps its list.
   */
  const accountsOf = new WeakMap<readonly string[], ReadonlyMap<string, CommitAccounts>>();

  const commits = async (ref: RepositoryRef, shas: readonly string[]): Promise<readonly CommitFacts[]> => {
    const calls = Array.from({ length: Math.ceil(shas.length / COMMITS_A_CALL) }, (_, index) =>
      shas.slice(index * COMMITS_A_CALL, (index + 1) * COMMITS_A_CALL),
    );
    const found = (await inGroups(calls, (some) => readCommits(client, ref, some))).flat();
    const known = accountsOf.get(shas) ?? new Map<string, CommitAccounts>();
    const whole: CommitFacts[] = [];
    for (const commit of found) {
      const listed = known.get(commit.sha);
      const accounts = listed ?? (isOpen(commit) ? await readAccounts(client, ref, commit.sha) : null);
      whole.push(accounts === null ? commit : withAccounts(commit, accounts));
    }
    return whole;
  };

  const pushPage = async (ref: RepositoryRef, branch: string, after: string | null) => {
    const reply = await client.clientFor(ref).request(PUSHES, {
      ref: `refs/heads/${branch}`,
      direction: 'desc',
      per_page: PER_PAGE,
      ...(after === null ? {} : { after }),
    });
    return { reply, items: parseWire(pushesSchema, reply.data, PUSHES) };
  };

  return {
    commits,

    compare: async (ref, baseSha, headSha) => {
      const route = 'GET /repos/{owner}/{repo}/compare/{basehead}';
      const readPage = async (page: number): Promise<z.infer<typeof comparisonSchema>> => {
        const parameters = { basehead: `${baseSha}...${headSha}`, per_page: PER_PAGE, page };
        const { data } = await client.clientFor(ref).request(route, parameters);
        return parseWire(comparisonSchema, data, route);
      };
      let first: z.infer<typeof comparisonSchema>;
      try {
        first = await readPage(1);
      } catch (error) {
        if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return null;
        throw error;
      }
      const pages = Math.min(Math.ceil(first.total_commits / PER_PAGE), MAX_COMPARE_PAGES);
      const more = await inGroups(
        Array.from({ length: Math.max(0, pages - 1) }, (_, index) => index + 2),
        readPage,
      );
      // Pages with a commit twice, or with fewer than they should have, leave some out: then the list is not the whole one.
      const accounts = new Map<string, CommitAccounts>();
      for (const each of [first, ...more].flatMap((page) => page.commits)) accounts.set(each.sha, each.accounts);
      const shas = [...accounts.keys()];
      accountsOf.set(shas, accounts);
      return toComparison(first, shas);
    },

    pullCommits: async (ref, number) => {
      const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/commits';
      const listed = await readAllPages(route, MAX_PULL_COMMIT_PAGES, async (page) => {
        const reply = await client.clientFor(ref).request(route, { pull_number: number, per_page: PER_PAGE, page });
        return { reply, items: parseWire(commitListSchema, reply.data, route) };
      });
      const shas = listed.map(({ sha }) => sha);
      accountsOf.set(shas, new Map(listed.map(({ sha, accounts }) => [sha, accounts])));
      return commits(ref, shas);
    },

    pushes: (ref, branch) => readAllCursors(PUSHES, MAX_PUSH_PAGES, (after) => pushPage(ref, branch, after)),

    recentPushes: async (ref, branch) => {
      try {
        return (await pushPage(ref, branch, null)).items;
      } catch (error) {
        // A run of a tag names the tag as its branch; no branch, no push to it, and the commit asks for one seat more.
        if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return [];
        throw error;
      }
    },
  };
}

function toComparison(first: z.infer<typeof comparisonSchema>, commits: readonly string[]): Comparison {
  return {
    status: first.status,
    mergeBaseSha: first.merge_base_commit.sha,
    commits,
    truncated: commits.length < first.total_commits,
    files: first.files ?? [],
    filesComplete: first.files !== undefined && first.files.length < MAX_COMPARED_FILES,
  };
}

/** At most COMMITS_A_CALL commits in one call, in the order asked. */
async function readCommits(
  client: RepositoryClients,
  ref: RepositoryRef,
  shas: readonly string[],
): Promise<readonly CommitFacts[]> {
  const variables = Object.fromEntries(shas.map((sha, index) => [`c${index}`, sha]));
  const data = await client
    .clientFor(ref)
    .graphql(commitsOperation(shas.length), { owner: ref.owner, repo: ref.name, ...variables });
  const { repository } = parseWire(commitsSchema, data, 'graphql commits');
  if (repository.databaseId !== ref.id)
    throw new GateError('ERR_FORGE_NOT_FOUND', 'graphql commits answered another repository');
  // By the commit that the notes stood at, so that no push between two calls mixes them.
  const notes = repository.notes === null ? null : await readAiNotes(client, ref, repository.notes.oid, shas);
  const found: CommitFacts[] = [];
  for (const [index, sha] of shas.entries()) {
    const answer = repository[`c${index}`];
    if (answer === null) throw new GateError('ERR_FORGE_NOT_FOUND', 'graphql commits does not know a commit');
    const { commit, whole, moreAuthors, morePulls, signed } = parseWire(graphqlCommitSchema, answer, 'graphql commits');
    if (commit.sha !== sha) throw new GateError('ERR_FORGE_SHAPE', 'graphql commits answered another commit');
    if (!whole) throw new GateError('ERR_FORGE_TRUNCATED', 'graphql commits left out parents');
    const key = signed === null ? null : await signingKey(signed.signature, signed.payload);
    found.push({
      ...commit,
      authors: [...commit.authors, ...(await readMore(client, ref, sha, moreAuthors, MORE_AUTHORS, authorsPage))],
      pulls: [...commit.pulls, ...(await readMore(client, ref, sha, morePulls, MORE_PULLS, pullsPage))],
      signature: { ...commit.signature, key },
      aiNote: notes?.get(sha) ?? null,
    });
  }
  return found;
}

interface MorePage<T> {
  readonly repositoryId: number;
  readonly sha: string;
  readonly page: { readonly items: readonly T[]; readonly next: string | null };
}

function authorsPage(data: unknown): MorePage<GitPerson> {
  const { databaseId, object } = parseWire(moreAuthorsSchema, data, 'graphql moreAuthors').repository;
  return { repositoryId: databaseId, sha: object.oid, page: object.authors };
}

function pullsPage(data: unknown): MorePage<AssociatedPull> {
  const { databaseId, object } = parseWire(morePullsSchema, data, 'graphql morePulls').repository;
  return { repositoryId: databaseId, sha: object.oid, page: object.associatedPullRequests };
}

/** @param after where the first ones ended; null: there are no more */
async function readMore<T>(
  client: RepositoryClients,
  ref: RepositoryRef,
  sha: string,
  after: string | null,
  operation: GraphqlOperation,
  pageIn: (data: unknown) => MorePage<T>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let next = after;
  for (let page = 1; next !== null; page += 1) {
    if (page > MAX_MORE_PAGES)
      throw new GateError('ERR_FORGE_TRUNCATED', `graphql ${operation.name} has more pages than are read`);
    const variables = { owner: ref.owner, repo: ref.name, sha, after: next };
    const answer = pageIn(await client.clientFor(ref).graphql(operation, variables));
    if (answer.repositoryId !== ref.id || answer.sha !== sha)
      throw new GateError('ERR_FORGE_SHAPE', `graphql ${operation.name} answered another commit`);
    found.push(...answer.page.items);
    next = answer.page.next;
  }
  return found;
}

async function readAccounts(client: RepositoryClients, ref: RepositoryRef, sha: string): Promise<CommitAccounts> {
  const route = 'GET /repos/{owner}/{repo}/commits/{ref}';
  const { data } = await client.clientFor(ref).request(route, { ref: sha });
  const answer = parseWire(commitAccountsSchema, data, route);
  if (answer.sha !== sha) throw new GateError('ERR_FORGE_SHAPE', `${route} answered another commit`);
  return answer.accounts;
}

/** GraphQL named nobody: that may be a bot, or really nobody. */
function isOpen(commit: CommitFacts): boolean {
  return commit.authors[0]?.account === null || commit.committer.account === null;
}

/** REST's answer goes first, because it has the type; the git author always stands first among the authors. */
function withAccounts(commit: CommitFacts, accounts: CommitAccounts): CommitFacts {
  const fill = (person: GitPerson, account: Account | null): GitPerson => ({
    ...person,
    account: account ?? person.account,
  });
  return {
    ...commit,
    authors: commit.authors.map((person, index) => (index === 0 ? fill(person, accounts.author) : person)),
    committer: fill(commit.committer, accounts.committer),
  };
}
