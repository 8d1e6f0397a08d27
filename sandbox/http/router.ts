import { routePermissions } from '../permissions.ts';
import { routes as appRoutes } from '../rest/apps.ts';
import { routes as actionsRoutes } from '../rest/actions.ts';
import { routes as attestationRoutes } from '../rest/attestations.ts';
import { routes as checkRoutes } from '../rest/checks.ts';
import { routes as commitRoutes } from '../rest/commits.ts';
import { routes as deploymentRoutes } from '../rest/deployments.ts';
import { routes as oidcRoutes } from '../oidc/routes.ts';
import { routes as gitRoutes } from '../rest/git.ts';
import { routes as issueRoutes } from '../rest/issues.ts';
import { routes as peopleRoutes } from '../rest/people.ts';
import { routes as pullRoutes } from '../rest/pulls.ts';
import { routes as repositoryRoutes } from '../rest/repositories.ts';
import { routes as statusRoutes } from '../rest/statuses.ts';
import type { Handler } from './call.ts';

export interface Match {
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly handler: Handler;
}

const handlers: Readonly<Record<string, Handler>> = {
  ...appRoutes,
  ...actionsRoutes,
  ...attestationRoutes,
  ...checkRoutes,
  ...commitRoutes,
  ...deploymentRoutes,
  ...gitRoutes,
  ...issueRoutes,
  ...oidcRoutes,
  ...peopleRoutes,
  ...pullRoutes,
  ...repositoryRoutes,
  ...statusRoutes,
};

/** These take the rest of the path, slashes included. */
const GREEDY = new Set(['path', 'basehead']);

interface Compiled {
  readonly route: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly handler: Handler;
}

const compiled: readonly Compiled[] = Object.entries(handlers).map(([route, handler]) => compile(route, handler));

function compile(route: string, handler: Handler): Compiled {
  const [method = '', template = ''] = route.split(' ');
  const names: string[] = [];
  const source = template.replaceAll(/\{(\w+)\}|[.+*]/g, (part, name: string | undefined) => {
    if (name === undefined) return `\\${part}`;
    names.push(name);
    const greedy = GREEDY.has(name) || (name === 'ref' && template.includes('/git/'));
    return greedy ? '(.*)' : '([^/]+)';
  });
  return { route, method, pattern: new RegExp(`^${source}$`), names, handler };
}

/** The route of a request, parameters decoded; undefined: no such route in the sandbox. */
export function findRoute(method: string, path: string): Match | undefined {
  for (const { route, method: wanted, pattern, names, handler } of compiled) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (match === null) continue;
    const params = Object.fromEntries(names.map((name, index) => [name, decode(match[index + 1] ?? '')]));
    return { route, params, handler };
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Routes with a permission and no handler, or the other way round; empty when the two tables agree. */
export function unmatchedRoutes(): readonly string[] {
  const written = Object.keys(routePermissions);
  const handled = Object.keys(handlers);
  return [
    ...written.filter((route) => !handled.includes(route)),
    ...handled.filter((route) => !written.includes(route)),
  ];
}
