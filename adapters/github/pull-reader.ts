import type { z } from 'zod';
import { GateError } from '../../core/errors.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { ForgeReader } from '../../core/ports.ts';
import type { RepositoryClients } from './client.ts';
import { REVIEW_EDITS } from './graphql-operations.ts';
import { PER_PAGE, readAllPages } from './paginate.ts';
import { parseWire } from './wire/parse-wire.ts';
import {
  commentSchema,
  filesSchema,
  issueSchema,
  pullListSchema,
  pullSchema,
  reviewEditsSchema,
  reviewsSchema,
  timelineSchema,
} from './wire/pull.ts';

/** GitHub lists 3,000 files and stops without a word (C81). */
const MAX_FILES = 3_000;

const MAX_REVIEW_PAGES = 30;
const MAX_TIMELINE_PAGES = 50;
const MAX_OPEN_PAGES = 30;

type PullReader = Pick<
  ForgeReader,
  | 'pullRequest'
  | 'changedFiles'
  | 'pullReviews'
  | 'uneditedReviews'
  | 'timeline'
  | 'openPullsWithHead'
  | 'openPulls'
  | 'comment'
>;

/** Pull requests and what people said on them. */
export function createPullReader(client: RepositoryClients): PullReader {
  const openPulls = (ref: RepositoryRef): Promise<Readonly<z.infer<typeof pullListSchema>>> => {
    const route = 'GET /repos/{owner}/{repo}/pulls';
    return readAllPages(route, MAX_OPEN_PAGES, async (page) => {
      // Oldest first, so that a pull request opened meanwhile moves no other one to a page already read.
      const order = { state: 'open', sort: 'created', direction: 'asc', per_page: PER_PAGE, page };
      const reply = await client.clientFor(ref).request(route, order);
      return { reply, items: parseWire(pullListSchema, reply.data, route) };
    });
  };

  return {
    pullRequest: async (ref, number) => {
      const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}';
      const issueRoute = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
      const [pullReply, issueReply] = await Promise.all([
        client.clientFor(ref).request(route, { pull_number: number }),
        client.clientFor(ref).request(issueRoute, { issue_number: number }),
      ]);
      const { repositoryId, pull } = parseWire(pullSchema, pullReply.data, route);
      const issue = parseWire(issueSchema, issueReply.data, issueRoute);
      if (repositoryId !== ref.id || pull.number !== number || issue.number !== number) {
        throw new GateError('ERR_FORGE_SHAPE', `${route} answered another pull request`);
      }
      return { ...pull, viaApp: issue.performed_via_github_app ?? null };
    },

    changedFiles: async (ref, number) => {
      const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files';
      // One page more than GitHub has: at its limit the list ends like any other.
      const files = await readAllPages(route, MAX_FILES / PER_PAGE + 1, async (page) => {
        const reply = await client.clientFor(ref).request(route, { pull_number: number, per_page: PER_PAGE, page });
        return { reply, items: parseWire(filesSchema, reply.data, route) };
      });
      return { files, complete: files.length < MAX_FILES };
    },

    pullReviews: (ref, number) => {
      const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews';
      return readAllPages(route, MAX_REVIEW_PAGES, async (page) => {
        const reply = await client.clientFor(ref).request(route, { pull_number: number, per_page: PER_PAGE, page });
        return { reply, items: parseWire(reviewsSchema, reply.data, route) };
      });
    },

    uneditedReviews: async (ref, number) => {
      const unedited = new Set<number>();
      let after: string | null = null;
      for (let page = 1; page <= MAX_REVIEW_PAGES; page += 1) {
        const variables = { owner: ref.owner, repo: ref.name, number, after };
        const data = await client.clientFor(ref).graphql(REVIEW_EDITS, variables);
        const { repository } = parseWire(reviewEditsSchema, data, 'graphql reviewEdits');
        if (repository.databaseId !== ref.id) {
          throw new GateError('ERR_FORGE_SHAPE', 'graphql reviewEdits answered another repository');
        }
        const { nodes, pageInfo } = repository.pullRequest.reviews;
        for (const { fullDatabaseId, lastEditedAt } of nodes) if (lastEditedAt === null) unedited.add(fullDatabaseId);
        if (!pageInfo.hasNextPage) return unedited;
        after = pageInfo.endCursor;
      }
      throw new GateError('ERR_FORGE_TRUNCATED', 'graphql reviewEdits has more pages than are read');
    },

    timeline: async (ref, number) => {
      const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/timeline';
      const events = await readAllPages(route, MAX_TIMELINE_PAGES, async (page) => {
        const reply = await client.clientFor(ref).request(route, { issue_number: number, per_page: PER_PAGE, page });
        return { reply, items: parseWire(timelineSchema, reply.data, route) };
      });
      return events.flat();
    },

    // Not `commits/{sha}/pulls`: that leaves out open pull requests whose head is in the default branch already.
    openPullsWithHead: async (ref, headSha) =>
      (await openPulls(ref))
        .filter(({ head }) => head.sha === headSha)
        .map(({ number, head }) => ({ number, fromFork: head.repo?.id !== ref.id })),

    openPulls: async (ref) => (await openPulls(ref)).map((pull) => pull.number),

    comment: async (ref, commentId) => {
      const route = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}';
      try {
        const { data } = await client.clientFor(ref).request(route, { comment_id: commentId });
        const comment = parseWire(commentSchema, data, route);
        if (comment.id !== commentId) throw new GateError('ERR_FORGE_SHAPE', `${route} answered another comment`);
        return comment;
      } catch (error) {
        if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return null;
        throw error;
      }
    },
  };
}
