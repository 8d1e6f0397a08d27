import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { FaultList, Target } from '../faults.ts';
import { answerGraphql, parseOperation, type ParsedOperation } from '../graphql/execute.ts';
import { findPage, handlePage } from '../pages/door.ts';
import { Refused } from '../refused.ts';
import type { Fault, LoggedRequest } from '../sandbox.ts';
import type { RepoRecord, World } from '../state.ts';
import { admit } from './access.ts';
import { authenticate } from './auth.ts';
import { BadBody, Body } from './body.ts';
import { describePrincipal, type Answer, type Principal } from './call.ts';
import { handleGit, isGitPath } from './git-door.ts';
import { findRoute, type Match } from './router.ts';

const LIMIT = 5000;

type MutableEntry = { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] };

/** One request on its way: what it is, who sends it, what it asks. */
interface Visit {
  readonly entry: MutableEntry;
  readonly match: Match | undefined;
  readonly operation: ParsedOperation | null;
  readonly target: Target;
  readonly url: URL;
  readonly accept: string;
  readonly principal: Principal | Refused;
  readonly body: Body | Refused;
}

/** The HTTP side of the sandbox. State changes are single synchronous steps, so requests never mix. */
export class Door {
  readonly requests: MutableEntry[] = [];
  readonly #server: Server;
  readonly #faults: FaultList;
  /** Answers so far, by who asked: what is left of the rate limit. */
  readonly #answered = new Map<string, number>();
  #world: World | null = null;

  constructor(faults: FaultList) {
    this.#faults = faults;
    this.#server = createServer((request, response) => {
      const world = this.#world;
      if (world === null) {
        response.writeHead(503).end();
        return;
      }
      this.#receive(world, request, response).catch((error: unknown) => {
        world.violations.push(`the sandbox itself failed: ${error instanceof Error ? (error.stack ?? '') : ''}`);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
  }

  /** Answers the port; requests are served once a world is there. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        const address = this.#server.address();
        if (address === null || typeof address === 'string') reject(new TypeError('no port'));
        else resolve(address.port);
      });
    });
  }

  open(world: World): void {
    this.#world = world;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }

  async #receive(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', world.url);
    if (isGitPath(url.pathname)) {
      await handleGit(world, request, response, url);
      return;
    }
    const raw = await readAll(request);
    const page = findPage(world, request.method ?? 'GET', url.pathname);
    if (page !== undefined) {
      await handlePage(page, request, response, { url, body: raw });
      return;
    }
    const visit = this.#visit(world, request, url, raw);
    this.requests.push(visit.entry);
    const before = this.#faults.take('before', visit.target);
    if (before !== undefined && !(await this.#suffer(world, before, visit, response, null))) return;
    const answer = await this.#answer(world, visit);
    const after = this.#faults.take('after', visit.target);
    if (after !== undefined && !(await this.#suffer(world, after, visit, response, answer))) return;
    this.#send(world, visit.entry, response, answer);
  }

  #visit(world: World, request: IncomingMessage, url: URL, raw: string): Visit {
    const method = request.method ?? 'GET';
    const isGraphql = method === 'POST' && url.pathname === '/api/graphql';
    const path = url.pathname.replace(/^\/api\/v3(?=\/|$)/, '');
    const served = path !== url.pathname || path.startsWith('/_services/');
    const match = served ? findRoute(method, path) : undefined;
    const json = raw === '' ? {} : parseJson(raw);
    const operation = isGraphql ? parseOperation(json) : null;
    const route = operation === null ? (match?.route ?? 'unknown') : `graphql ${operation.name}`;
    const principal = caught(() => authenticate(world, request.headers.authorization));
    const n = this.requests.length + 1;
    const entry: MutableEntry = {
      n,
      at: new Date(world.now()).toISOString(),
      method,
      path,
      query: url.search.slice(1),
      route,
      status: null,
      actor: principal instanceof Refused ? 'anonymous' : describePrincipal(principal),
      requestId: `SBX:${n}`,
      ...(raw === '' ? {} : { body: json }),
      ...(operation === null ? {} : { operation: operation.name, mutation: operation.mutation }),
    };
    const target = { method, path, route, operations: operation?.names ?? [] };
    const body = caught(() => new Body(json));
    const accept = request.headers.accept ?? '';
    return { entry, match, operation, target, url, accept, principal, body };
  }

  async #answer(world: World, visit: Visit): Promise<Answer> {
    try {
      return await this.#handle(world, visit);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error instanceof BadBody) world.violations.push(`${visit.entry.route}: ${error.message}`);
      return refusal(error);
    }
  }

  async #handle(world: World, { match, operation, principal, body, url, accept, entry }: Visit): Promise<Answer> {
    if (principal instanceof Refused) throw principal;
    if (operation !== null) {
      if (principal.kind === 'anonymous') throw new Refused(401, 'This endpoint requires you to be authenticated.');
      if (principal.kind === 'id-token-request') throw new Refused(401, 'Bad credentials');
      if (principal.kind === 'app') throw new Refused(403, 'Resource not accessible by integration');
      return answerGraphql(world, principal, operation);
    }
    if (match === undefined) {
      const what = `unknown route ${entry.method} ${entry.path}`;
      world.violations.push(what);
      return { status: 404, body: { message: 'Not Found', sandbox: what } };
    }
    const repo = repositoryOf(world, match);
    admit(world, match.route, principal, repo);
    if (repo === null && match.params['repo'] !== undefined) throw new Refused(404, 'Not Found');
    if (body instanceof Refused) throw body;
    return match.handler({
      world: world,
      request: entry.n,
      path: entry.path,
      params: match.params,
      query: url.searchParams,
      accept,
      body,
      principal,
      repo,
    });
  }

  /** Does what the fault says; true when the request goes on normally. */
  async #suffer(
    world: World,
    fault: Fault,
    visit: Visit,
    response: ServerResponse,
    answer: Answer | null,
  ): Promise<boolean> {
    if (typeof fault.do === 'function') {
      await fault.do();
      return true;
    }
    if (fault.do === 'drop') response.destroy();
    else if (fault.do === 'truncate') {
      const bytes = bytesOf(answer ?? CUT);
      response.writeHead(answer?.status ?? 200, {
        'content-type': 'application/json',
        'content-length': bytes.length + 1,
      });
      response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
    } else if (fault.do === 'garble') {
      response.writeHead(answer?.status ?? 200, { 'content-type': 'application/json' });
      const bytes = bytesOf(answer ?? CUT);
      response.end(bytes.subarray(0, Math.floor(bytes.length / 2)));
    } else if (fault.do !== 'hang') {
      const { status, body, headers } = fault.do;
      this.#send(world, visit.entry, response, {
        status,
        ...(body === undefined ? {} : { body }),
        ...(headers === undefined ? {} : { headers }),
      });
    }
    world.changed();
    return false;
  }

  #send(world: World, entry: MutableEntry, response: ServerResponse, answer: Answer): void {
    entry.status = answer.status;
    const answered = (this.#answered.get(entry.actor) ?? 0) + 1;
    this.#answered.set(entry.actor, answered);
    const used = answered % LIMIT;
    const bytes = bytesOf(answer);
    response.writeHead(answer.status, {
      // The sandbox's clock, not the machine's: clients correct theirs by it.
      date: new Date(world.now()).toUTCString(),
      ...(bytes.length === 0 ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      'x-github-request-id': entry.requestId,
      'x-github-media-type': 'github.v3; format=json',
      'x-ratelimit-limit': String(LIMIT),
      'x-ratelimit-remaining': String(LIMIT - used),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(Math.ceil(world.now() / 1000) + 3600),
      'x-ratelimit-resource': entry.operation === undefined ? 'core' : 'graphql',
      ...answer.headers,
    });
    response.end(bytes);
    world.changed();
  }
}

const CUT: Answer = { status: 200, body: { message: 'cut' } };

function bytesOf(answer: Answer): Buffer {
  if (answer.raw !== undefined) return answer.raw;
  return Buffer.from(answer.body === undefined ? '' : JSON.stringify(answer.body));
}

function repositoryOf(world: World, { params }: Match): RepoRecord | null {
  const id = params['repository_id'];
  if (id !== undefined) return [...world.repos.values()].find((repo) => String(repo.id) === id) ?? null;
  const name = `${params['owner'] ?? ''}/${params['repo'] ?? ''}`;
  return world.repos.get(name.toLowerCase()) ?? null;
}

function refusal(error: Refused): Answer {
  const body = { message: error.message, ...(error.errors === undefined ? {} : { errors: error.errors }) };
  return { status: error.status, body };
}

function caught<Value>(make: () => Value): Value | Refused {
  try {
    return make();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

function parseJson(raw: string): unknown {
  try {
    const value: unknown = JSON.parse(raw);
    return value;
  } catch {
    return undefined;
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
