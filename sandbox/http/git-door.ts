import type { IncomingMessage, ServerResponse } from 'node:http';

import { serveGit } from '../git/smart-http.ts';
import { Refused } from '../refused.ts';
import type { Account } from '../sandbox.ts';
import type { RepoRecord, World } from '../state.ts';
import { hasRole } from '../world/accounts.ts';
import { tellPushedRefs } from '../world/push.ts';
import { grants, reaches } from './access.ts';
import { authenticate } from './auth.ts';
import type { Principal } from './call.ts';

/** With `.git` or without, as GitHub takes it. */
const GIT_PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?(\/(?:info\/refs|git-upload-pack|git-receive-pack|HEAD|objects\/.*))$/;

export function isGitPath(path: string): boolean {
  return GIT_PATH.test(path);
}

/** Pushes to one repository take turns, so that what each has moved is known. */
const pushing = new WeakMap<RepoRecord, Promise<void>>();

/** git over HTTP: anyone reads a public repository; a push needs somebody's token and is told like any other. */
export async function handleGit(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const [, owner = '', name = '', rest = ''] = GIT_PATH.exec(url.pathname) ?? [];
  const writes = rest.endsWith('git-receive-pack') || url.searchParams.get('service') === 'git-receive-pack';
  try {
    const principal = authenticate(world, request.headers.authorization);
    const repo = world.repos.get(`${owner}/${name}`.toLowerCase());
    const actor = admitGit(world, principal, repo, writes);
    if (repo === undefined) throw new Refused(404, 'Not Found');
    const serve = async (): Promise<void> => {
      const path = `/${repo.owner.login}/${repo.name}.git${rest}`;
      const user = writes ? (actor?.login ?? null) : null;
      await serveGit(request, response, { root: world.root, path, query: url.search.slice(1), user });
      if (actor !== null && rest === '/git-receive-pack') tellPushedRefs(world, repo, actor);
      response.end();
    };
    if (rest !== '/git-receive-pack') {
      await serve();
      return;
    }
    const turn = afterTurn(pushing.get(repo), serve);
    pushing.set(repo, turn);
    await turn;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const ask = error.status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {};
    response.writeHead(error.status, { 'content-type': 'text/plain', ...ask }).end(error.message);
  }
}

async function afterTurn(before: Promise<void> | undefined, serve: () => Promise<void>): Promise<void> {
  await before;
  await serve();
}

function admitGit(world: World, principal: Principal, repo: RepoRecord | undefined, writes: boolean): Account | null {
  if (principal.kind === 'anonymous') {
    if (writes || repo === undefined || repo.isPrivate) throw new Refused(401, 'Authentication required');
    return null;
  }
  if (principal.kind === 'id-token-request') throw new Refused(401, 'Bad credentials');
  if (repo === undefined || principal.kind === 'app') throw new Refused(404, 'Not Found');
  if (principal.kind === 'installation') {
    const isOpen = !writes && !repo.isPrivate && !reaches(principal.token, repo);
    const allowed =
      isOpen ||
      (reaches(principal.token, repo) && grants(principal.token, writes ? 'contents:write' : 'contents:read'));
    if (!allowed) throw new Refused(403, 'Permission denied');
    return principal.token.installation.app.bot;
  }
  if (!hasRole(world, repo, principal.account, writes ? 'write' : 'read')) throw new Refused(403, 'Permission denied');
  return principal.account;
}
