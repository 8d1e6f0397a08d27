import { createSign } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';

import { startSandbox, type App, type Sandbox } from '../../../sandbox/sandbox.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Walks into JSON without believing anything about its shape. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Reflect.get(here, key);
  }
  return here;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  if (typeof found !== 'string') throw new TypeError(`no text at ${path.join('.')}: ${JSON.stringify(value)}`);
  return found;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  if (!Array.isArray(found)) throw new TypeError(`no list at ${path.join('.')}: ${JSON.stringify(value)}`);
  return found;
}

/** One API call, nothing hidden. */
export async function call(
  sandbox: Sandbox,
  method: string,
  path: string,
  options: { readonly token?: string; readonly body?: unknown } = {},
): Promise<Reply> {
  const response = await fetch(path.startsWith('/api/') ? sandbox.url + path : sandbox.apiUrl + path, {
    method,
    headers: {
      connection: 'close',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  const body: unknown = text === '' ? null : JSON.parse(text);
  return { status: response.status, headers: response.headers, body };
}

export async function graphql(
  sandbox: Sandbox,
  token: string,
  query: string,
  variables: unknown = {},
): Promise<unknown> {
  const { body } = await call(sandbox, 'POST', '/api/graphql', { token, body: { query, variables } });
  return body;
}

export function appJwt(app: App, nowMs: number, claims: Readonly<Record<string, unknown>> = {}): string {
  const now = Math.floor(nowMs / 1000);
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: now - 30, exp: now + 500, iss: String(app.appId), ...claims })}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(app.privateKeyPem).toString('base64url')}`;
}

export interface Hook {
  readonly url: string;
  readonly received: { readonly event: string; readonly headers: IncomingHttpHeaders; readonly body: string }[];
  /** Status of the next answers; default 200. */
  status: number;
  close(): Promise<void>;
}

/** A receiver that keeps what it gets. */
export async function openHook(): Promise<Hook> {
  const received: Hook['received'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const event = String(request.headers['x-github-event']);
      received.push({ event, headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(hook.status).end();
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const hook: Hook = {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    status: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return hook;
}

export const SECRET = 'a-secret-for-the-sandbox';

export interface Shop {
  readonly sandbox: Sandbox;
  readonly app: App;
  readonly installationId: number;
  /** Installation token with everything the App has. */
  readonly token: string;
}

const PERMISSIONS = {
  actions: 'write',
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  members: 'read',
  pull_requests: 'write',
} as const;

const EVENTS = [
  'check_run',
  'deployment',
  'deployment_protection_rule',
  'deployment_review',
  'deployment_status',
  'issue_comment',
  'merge_group',
  'pull_request',
  'pull_request_review',
  'push',
  'workflow_job',
  'workflow_run',
];

/**
 * acme/shop: olga owns the organisation, ann writes, bob maintains, rita reads; team `sre` is bob and carl.
 * The App `gate` is installed and its rule guards `production`.
 */
export async function openShop(hookUrl?: string): Promise<Shop> {
  const sandbox = await startSandbox();
  sandbox.org('acme', { owners: ['olga'] });
  for (const login of ['ann', 'bob', 'carl', 'rita']) sandbox.user(login);
  sandbox.repo('acme/shop', { files: { 'README.md': '# shop\n', 'infra/main.tf': 'one\n' } });
  sandbox.collaborator('acme/shop', 'ann', 'write');
  sandbox.collaborator('acme/shop', 'bob', 'maintain');
  sandbox.collaborator('acme/shop', 'rita', 'read');
  sandbox.team('acme', 'sre', ['bob', 'carl'], { 'acme/shop': 'write' });
  const app = sandbox.app({
    slug: 'gate',
    webhookSecret: SECRET,
    permissions: PERMISSIONS,
    events: EVENTS,
    ...(hookUrl === undefined ? {} : { webhookUrl: hookUrl }),
  });
  const { installationId } = sandbox.install('gate', 'acme');
  sandbox.environment('acme/shop', 'production', { customRule: 'gate' });
  const token = await tokenFor({ sandbox, app, installationId });
  return { sandbox, app, installationId, token };
}

export async function tokenFor(shop: Omit<Shop, 'token'>, body: unknown = {}): Promise<string> {
  const reply = await call(shop.sandbox, 'POST', `/app/installations/${shop.installationId}/access_tokens`, {
    token: appJwt(shop.app, shop.sandbox.clock.now()),
    body,
  });
  return textAt(reply.body, 'token');
}
