import { Refused } from '../refused.ts';
import type { Account } from '../sandbox.ts';
import type { AppRecord, JobRecord, RepoRecord, TokenRecord, World } from '../state.ts';
import type { Body } from './body.ts';

export type Principal =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'app'; readonly app: AppRecord }
  | { readonly kind: 'installation'; readonly token: TokenRecord }
  | { readonly kind: 'user'; readonly account: Account }
  | { readonly kind: 'id-token-request'; readonly job: JobRecord };

/** One request that was let in: the route's permission is checked, its repository found. */
export interface Call {
  readonly world: World;
  /** Number in the request log. */
  readonly request: number;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The `Accept` header. */
  readonly accept: string;
  readonly body: Body;
  readonly principal: Principal;
  readonly repo: RepoRecord | null;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (call: Call) => Answer | Promise<Answer>;

export function ok(body: unknown, status = 200): Answer {
  return { status, body };
}

export function repoIn(call: Call): RepoRecord {
  if (call.repo === null) throw new Refused(404, 'Not Found');
  return call.repo;
}

export function param(call: Call, name: string): string {
  return call.params[name] ?? '';
}

/** 404 where the path holds no number, as GitHub answers. */
export function idParam(call: Call, name: string): number {
  const text = param(call, name);
  if (!/^\d{1,16}$/.test(text)) throw new Refused(404, 'Not Found');
  return Number(text);
}

/** Who acts: the person, or the App's bot. */
export function actorOf(call: Call): Account {
  const { principal } = call;
  if (principal.kind === 'user') return principal.account;
  if (principal.kind === 'installation') return principal.token.installation.app.bot;
  if (principal.kind === 'app') return principal.app.bot;
  throw new Refused(401, 'Requires authentication');
}

/** The App that acts; people cannot do what only Apps may. */
export function appOf(call: Call): AppRecord {
  const { principal } = call;
  if (principal.kind === 'installation') return principal.token.installation.app;
  if (principal.kind === 'app') return principal.app;
  throw new Refused(403, 'You must authenticate via a GitHub App.');
}

export function describePrincipal(principal: Principal): string {
  if (principal.kind === 'app') return `app:${principal.app.slug}`;
  const job = principal.kind === 'installation' ? principal.token.job : undefined;
  if (job !== undefined) return describeJob(job);
  if (principal.kind === 'id-token-request') return describeJob(principal.job);
  if (principal.kind === 'installation') return `installation:${principal.token.installation.id}`;
  if (principal.kind === 'user') return `user:${principal.account.login}`;
  return 'anonymous';
}

function describeJob(job: JobRecord): string {
  return `job:${job.run.id}/${job.spec.name}`;
}
