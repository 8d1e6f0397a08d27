import {
  execute,
  getOperationAST,
  type GraphQLError,
  Kind,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
} from 'graphql';

import { isRecord } from '../http/body.ts';
import type { Answer, Principal } from '../http/call.ts';
import { isoTime, parseNodeId } from '../present/schemas.ts';
import type { World } from '../state.ts';
import type { Args } from './connection.ts';
import { createCommitOnBranch } from './create-commit.ts';
import { actorObject } from './people.ts';
import { pullObject } from './pull.ts';
import { GraphqlRefusal, Unfilled } from './refusal.ts';
import { repositoryObject } from './repository.ts';
import { jobObject, runObject } from './run.ts';
import { gitHubSchema } from './schema.ts';
import { demand, sees, viewerAccount, type Viewer } from './viewer.ts';

export interface ParsedOperation {
  readonly document: DocumentNode | null;
  readonly name: string;
  readonly mutation: boolean;
  /** Top-level fields and the operation's own name: what a fault may name. */
  readonly names: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly problem: string | null;
}

export function parseOperation(body: unknown): ParsedOperation {
  const none = { document: null, name: 'unknown', mutation: false, names: [], variables: {} };
  if (!isRecord(body) || typeof body['query'] !== 'string')
    return { ...none, problem: 'A query attribute must be specified and must be a string.' };
  try {
    const document = parse(body['query']);
    const operation = getOperationAST(
      document,
      typeof body['operationName'] === 'string' ? body['operationName'] : null,
    );
    const fields =
      operation?.selectionSet.selections.flatMap((item) => (item.kind === Kind.FIELD ? [item.name.value] : [])) ?? [];
    const own = operation?.name?.value;
    const mutation = operation?.operation === 'mutation';
    const name = (mutation ? fields[0] : (own ?? fields[0])) ?? 'unknown';
    const variables = isRecord(body['variables']) ? body['variables'] : {};
    return { document, name, mutation, names: own === undefined ? fields : [own, ...fields], variables, problem: null };
  } catch (error) {
    return { ...none, problem: error instanceof Error ? error.message : 'cannot be parsed' };
  }
}

/** Validates against GitHub's whole schema, then fills what the sandbox knows; anything else is an error and a violation. */
export async function answerGraphql(world: World, principal: Principal, operation: ParsedOperation): Promise<Answer> {
  const { document, variables } = operation;
  const violate = (message: string): void => {
    world.violations.push(`graphql ${operation.name}: ${message}`);
  };
  if (document === null) {
    violate(operation.problem ?? 'no document');
    return { status: 200, body: { errors: [{ message: operation.problem }] } };
  }
  const schema = gitHubSchema();
  const problems = validate(schema, document);
  if (problems.length > 0) {
    for (const problem of problems) violate(problem.message);
    return { status: 200, body: { errors: problems } };
  }
  const viewer: Viewer = { world, principal };
  const result: ExecutionResult = await execute({
    schema,
    document,
    variableValues: variables,
    rootValue: rootOf(viewer),
    fieldResolver: (source: unknown, args: Args, _context, info) => {
      const value = isRecord(source) ? source[info.fieldName] : undefined;
      if (value === undefined) throw new Unfilled(`${info.parentType.name}.${info.fieldName}`);
      return typeof value === 'function' ? callField(value, args) : value;
    },
  });
  const errors = result.errors?.map((error) => presentError(error, violate));
  return { status: 200, body: { data: result.data ?? null, ...(errors === undefined ? {} : { errors }) } };
}

/** Fields are plain values or functions of their arguments, all made by this folder. */
function callField(field: Function, args: Args): unknown {
  const value: unknown = Reflect.apply(field, undefined, [args]);
  return value;
}

function presentError(error: GraphQLError, violate: (message: string) => void): unknown {
  const cause = error.originalError;
  if (!(cause instanceof GraphqlRefusal)) violate(error.message);
  const { message, locations, path } = error;
  return { ...(cause instanceof GraphqlRefusal ? { type: cause.type } : {}), path, locations, message };
}

function rootOf(viewer: Viewer): Readonly<Record<string, unknown>> {
  const { world } = viewer;
  const node = (id: string): object => {
    const found = findNode(viewer, id);
    if (found === null)
      throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
    return found;
  };
  return {
    repository: (args: Args) => {
      const name = `${String(args['owner'])}/${String(args['name'])}`;
      const repo = world.repos.get(name.toLowerCase());
      if (repo === undefined || !sees(viewer, repo)) {
        throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a Repository with the name '${name}'.`);
      }
      return repositoryObject(viewer, repo);
    },
    node: (args: Args) => node(String(args['id'])),
    nodes: (args: Args) => (Array.isArray(args['ids']) ? args['ids'].map((id) => node(String(id))) : []),
    viewer: () => actorObject(world, viewerAccount(viewer)),
    rateLimit: {
      cost: 1,
      limit: 5000,
      nodeCount: 1,
      remaining: 4999,
      used: 1,
      resetAt: isoTime(world.now() + 3_600_000),
    },
    createCommitOnBranch: (args: Args) => createCommitOnBranch(viewer, args),
  };
}

function findNode(viewer: Viewer, text: string): object | null {
  const { world } = viewer;
  const parsed = parseNodeId(text);
  const id = Number(parsed?.id);
  const repos = [...world.repos.values()].filter((repo) => sees(viewer, repo));
  switch (parsed?.kind ?? '') {
    case 'WFR': {
      const run = world.runs.get(id);
      return run === undefined || !repos.includes(run.repo) ? null : runObject(viewer, run);
    }
    case 'CR': {
      const jobs = [...world.runs.values()].flatMap((run) => run.attempts.flatMap((attempt) => attempt.jobs));
      const job = jobs.find((candidate) => candidate.id === id);
      if (job === undefined || !repos.includes(job.run.repo)) return null;
      demand(viewer, job.run.repo, 'checks:read');
      return jobObject(viewer, job);
    }
    case 'PR': {
      const pull = repos.flatMap((repo) => [...repo.pulls.values()]).find((candidate) => candidate.id === id);
      if (pull === undefined) return null;
      demand(viewer, pull.repo, 'pull_requests:read');
      return pullObject(viewer, pull);
    }
    case 'R': {
      const repo = repos.find((candidate) => candidate.id === id);
      return repo === undefined ? null : repositoryObject(viewer, repo);
    }
    default: {
      const account = [...world.accounts.values()].find((candidate) => candidate.nodeId === text);
      return account === undefined ? null : actorObject(world, account);
    }
  }
}
