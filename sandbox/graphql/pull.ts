import { presentReview } from '../present/pull.ts';
import { isoOrNull, isoTime } from '../present/schemas.ts';
import type { PullRecord } from '../state.ts';
import { pullCommits } from '../world/pull-range.ts';
import { commitObject } from './commit.ts';
import { connection, type Args } from './connection.ts';
import { actorObject } from './people.ts';
import { repositoryObject } from './repository.ts';
import type { Viewer } from './viewer.ts';

export function pullObject(viewer: Viewer, pull: PullRecord): object {
  const { world } = viewer;
  const commit = (sha: string | null): object | null => {
    const found = sha === null ? undefined : pull.repo.git.commit(sha);
    return found === undefined ? null : commitObject(viewer, pull.repo, found);
  };
  const closed = pull.mergedAt === null ? 'CLOSED' : 'MERGED';
  return {
    __typename: 'PullRequest',
    id: pull.nodeId,
    databaseId: pull.id,
    fullDatabaseId: String(pull.id),
    number: pull.number,
    title: pull.title,
    body: pull.body ?? '',
    state: pull.state === 'open' ? 'OPEN' : closed,
    closed: pull.state === 'closed',
    merged: pull.mergedAt !== null,
    mergedAt: isoOrNull(pull.mergedAt),
    closedAt: isoOrNull(pull.closedAt),
    createdAt: isoTime(pull.createdAt),
    updatedAt: isoTime(pull.updatedAt),
    isDraft: pull.draft,
    isCrossRepository: pull.headRepo.id !== pull.repo.id,
    headRefName: pull.headRef,
    headRefOid: pull.headSha,
    baseRefName: pull.baseRef,
    baseRefOid: pull.baseSha,
    url: `${world.url}/${pull.repo.fullName}/pull/${pull.number}`,
    author: actorObject(world, pull.author),
    mergedBy: pull.mergedBy === null ? null : actorObject(world, pull.mergedBy),
    mergeCommit: () => commit(pull.mergeCommitSha),
    repository: () => repositoryObject(viewer, pull.repo),
    headRepository: () => repositoryObject(viewer, pull.headRepo),
    labels: (args: Args) => connection('labels', pull.labels, args, (name) => ({ name })),
    commits: (args: Args) =>
      connection('commits', pullCommits(pull), args, (item) => ({
        __typename: 'PullRequestCommit',
        id: `PRC_${item.sha}`,
        commit: commitObject(viewer, pull.repo, item),
      })),
    reviews: (args: Args) =>
      connection('reviews', pull.reviews, args, (review) => ({
        __typename: 'PullRequestReview',
        id: review.nodeId,
        databaseId: review.id,
        fullDatabaseId: String(review.id),
        state: review.state,
        body: review.body,
        author: actorObject(world, review.user),
        submittedAt: isoTime(review.submittedAt),
        lastEditedAt: review.edited ? isoTime(review.updatedAt) : null,
        url: presentReview(world, pull, review).html_url,
        commit: commit(review.commitId),
      })),
  };
}
