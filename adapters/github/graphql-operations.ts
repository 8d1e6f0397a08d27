import type { Permissions } from './routes.ts';

/** One GraphQL document that the product sends, with the permissions that it needs. */
export interface GraphqlOperation {
  /** Name inside the document. */
  readonly name: string;
  readonly mutates: boolean;
  readonly permissions: Permissions;
  readonly text: string;
}

/** 100 commits of the largest kind are well inside GitHub's 500,000 nodes and answer in a few seconds. */
export const COMMITS_A_CALL = 100;

/**
 * Jobs of a run that are not completed, with the environment that each waits on; REST jobs carry no environment. `ALL`,
 * because `LATEST` answers one check run a name and two jobs may have one name.
 */
export const WAITING_JOBS: GraphqlOperation = {
  name: 'waitingJobs',
  mutates: false,
  permissions: { actions: 'read', checks: 'read', deployments: 'read' },
  text: `query waitingJobs($run: ID!, $after: String) {
  node(id: $run) {
    __typename
    ... on WorkflowRun {
      databaseId
      checkSuite {
        checkRuns(
          first: 100
          after: $after
          filterBy: { checkType: ALL, statuses: [IN_PROGRESS, PENDING, QUEUED, REQUESTED, WAITING] }
        ) {
          pageInfo { hasNextPage endCursor }
          nodes {
            databaseId
            name
            pendingDeploymentRequest { environment { name } }
          }
        }
      }
    }
  }
}`,
};

/** Which reviews of a pull request were edited: variables `owner`, `repo`, `number` and `after`; REST does not tell. */
export const REVIEW_EDITS: GraphqlOperation = {
  name: 'reviewEdits',
  mutates: false,
  permissions: { pull_requests: 'read' },
  text: `query reviewEdits($owner: String!, $repo: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $repo) {
    databaseId
    pullRequest(number: $number) {
      reviews(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { fullDatabaseId lastEditedAt }
      }
    }
  }
}`,
};

const ACTOR = `__typename
      login
      ... on User { databaseId }
      ... on Bot { databaseId }
      ... on Organization { databaseId }
      ... on Mannequin { databaseId }`;

const PULL_FIELDS = `fragment pullFields on PullRequest {
  number
  headRefOid
  headRefName
  baseRefName
  merged
  isCrossRepository
  mergeCommit { oid }
  author {
      ${ACTOR}
  }
}`;

const COMMIT_FIELDS = `fragment commitFields on Commit {
  oid
  message
  tree { oid }
  parents(first: 100) { pageInfo { hasNextPage } nodes { oid } }
  authors(first: 100) { pageInfo { hasNextPage endCursor } nodes { name email user { id databaseId login } } }
  committer { name email user { id databaseId login } }
  authoredDate
  signature { isValid wasSignedByGitHub signer { id databaseId login } signature payload }
  associatedPullRequests(first: 50) {
    pageInfo { hasNextPage endCursor }
    nodes { ...pullFields }
  }
}
${PULL_FIELDS}`;

/** `count` commits (1 to 100) by their object ids: variables `owner`, `repo`, `c0` … ; answers under the same names. */
export function commitsOperation(count: number): GraphqlOperation {
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  const variables = names.map((name) => `$${name}: GitObjectID!`).join(', ');
  const fields = names.map((name) => `${name}: object(oid: $${name}) { __typename ...commitFields }`).join('\n    ');
  return {
    name: 'commits',
    mutates: false,
    permissions: { contents: 'read', pull_requests: 'read' },
    text: `query commits($owner: String!, $repo: String!, ${variables}) {
  repository(owner: $owner, name: $repo) {
    databaseId
    notes: object(expression: "${AI_NOTES_REF}") { oid }
    ${fields}
  }
}
${COMMIT_FIELDS}`,
  };
}

/** Authors of one commit beyond the first hundred: variables `owner`, `repo`, `sha` and `after`. */
export const MORE_AUTHORS: GraphqlOperation = {
  name: 'moreAuthors',
  mutates: false,
  permissions: { contents: 'read' },
  text: `query moreAuthors($owner: String!, $repo: String!, $sha: GitObjectID!, $after: String!) {
  repository(owner: $owner, name: $repo) {
    databaseId
    object(oid: $sha) {
      __typename
      ... on Commit {
        oid
        authors(first: 100, after: $after) {
          pageInfo { hasNextPage endCursor }
          nodes { name email user { id databaseId login } }
        }
      }
    }
  }
}`,
};

/** Pull requests of one commit beyond the first fifty: variables `owner`, `repo`, `sha` and `after`. */
export const MORE_PULLS: GraphqlOperation = {
  name: 'morePulls',
  mutates: false,
  permissions: { contents: 'read', pull_requests: 'read' },
  text: `query morePulls($owner: String!, $repo: String!, $sha: GitObjectID!, $after: String!) {
  repository(owner: $owner, name: $repo) {
    databaseId
    object(oid: $sha) {
      __typename
      ... on Commit {
        oid
        associatedPullRequests(first: 100, after: $after) {
          pageInfo { hasNextPage endCursor }
          nodes { ...pullFields }
        }
      }
    }
  }
}
${PULL_FIELDS}`,
};

/** Where git-ai keeps, for each commit, which tool wrote which lines and for whom. */
const AI_NOTES_REF = 'refs/notes/ai';

/** Notes may be long: this many are a few megabytes at the worst that is usual. */
export const NOTES_A_CALL = 25;

/**
 * Notes of `count` commits (1 to 25): variables `owner`, `repo` and, for each commit, `p0x0` … `p0x2`: the three paths at
 * which git may keep its note, which depend on how many notes there are. Answers under the same names, null where none is.
 */
export function notesOperation(count: number): GraphqlOperation {
  const names = Array.from({ length: count }, (_, index) => [0, 1, 2].map((depth) => `p${index}x${depth}`)).flat();
  const variables = names.map((name) => `$${name}: String!`).join(', ');
  const blob = '{ __typename ... on Blob { text isTruncated } }';
  return {
    name: 'notes',
    mutates: false,
    permissions: { contents: 'read' },
    text: `query notes($owner: String!, $repo: String!, ${variables}) {
  repository(owner: $owner, name: $repo) {
    databaseId
    ${names.map((name) => `${name}: object(expression: $${name}) ${blob}`).join('\n    ')}
  }
}`,
  };
}

/** A compare-and-swap: another head than `expectedHeadOid` answers the error type STALE_DATA and changes nothing. */
export const CREATE_COMMIT: GraphqlOperation = {
  name: 'createCommit',
  mutates: true,
  permissions: { contents: 'write' },
  text: `mutation createCommit($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) {
    commit { oid }
  }
}`,
};

const BLOB_FIELDS = '... on Blob { oid text isBinary isTruncated }';

/**
 * The default branch's policy, and a branch's checkpoint with the files of `folders` folders, each at the one commit that the
 * branch names now: variables `owner`, `repo`, `branch` (a full ref) and `f0` …; folders answer under the same names.
 */
export function liveBranchOperation(folders: number): GraphqlOperation {
  const names = Array.from({ length: folders }, (_, index) => `f${index}`);
  const variables = names.map((name) => `, $${name}: String!`).join('');
  const listed = names.map(
    (name) => `${name}: file(path: $${name}) { object { __typename ... on Tree { entries { name mode oid } } } }`,
  );
  return {
    name: 'liveBranch',
    mutates: false,
    permissions: { contents: 'read' },
    text: `query liveBranch($owner: String!, $repo: String!, $branch: String!${variables}) {
  repository(owner: $owner, name: $repo) {
    databaseId
    defaultBranchRef {
      target {
        __typename
        oid
        ... on Commit { policy: file(path: ".github/countersign.yml") { mode object { __typename ${BLOB_FIELDS} } } }
      }
    }
    ref(qualifiedName: $branch) {
      target {
        __typename
        oid
        ... on Commit {
          checkpoint: file(path: "checkpoint") { mode object { __typename ${BLOB_FIELDS} } }
          ${listed.join('\n          ')}
        }
      }
    }
  }
}`,
  };
}

/** `count` files (1 to 50) by their object ids: variables `owner`, `repo`, `b0` …; answers under the same names. */
export function blobsOperation(count: number): GraphqlOperation {
  const names = Array.from({ length: count }, (_, index) => `b${index}`);
  const variables = names.map((name) => `$${name}: GitObjectID!`).join(', ');
  const fields = names.map((name) => `${name}: object(oid: $${name}) { __typename ${BLOB_FIELDS} }`).join('\n    ');
  return {
    name: 'blobs',
    mutates: false,
    permissions: { contents: 'read' },
    text: `query blobs($owner: String!, $repo: String!, ${variables}) {
  repository(owner: $owner, name: $repo) {
    databaseId
    ${fields}
  }
}`,
  };
}
