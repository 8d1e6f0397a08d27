import type { IncomingMessage, ServerResponse } from 'node:http';

import { Refused } from '../refused.ts';
import type { PullRecord, RepoRecord, RunRecord, World } from '../state.ts';
import { runOf } from '../world/gates.ts';
import { pullOf } from '../world/pulls.ts';
import { actOnPull, actOnRun } from './act.ts';
import { filesPage } from './files.ts';
import { html, type Html } from './html.ts';
import { CONTENT_POLICY, layout, type Visit } from './layout.ts';
import { pullPage } from './pull.ts';
import { homePage, repositoryPage } from './repository.ts';
import { runPage } from './run.ts';

export interface Page {
  readonly show: (visit: Visit) => Html;
  /** Only a page with a form can be posted to. */
  readonly act?: (form: URLSearchParams) => Promise<void>;
}

const COOKIE = 'sandbox-as';

/** The page at a path, if its repository exists; everything else stays with the API, which notes what it does not know. */
export function findPage(world: World, method: string, path: string): Page | undefined {
  const [owner = '', name = '', ...rest] = path.slice(1).split('/').map(decode);
  const repo = world.repos.get(`${owner}/${name}`.toLowerCase());
  let page: Page | undefined;
  if (path === '/') page = { show: (visit) => homePage(world, visit) };
  else if (repo !== undefined) page = pageOf(world, repo, rest);
  const served = method === 'GET' || method === 'HEAD' || (method === 'POST' && page?.act !== undefined);
  return served ? page : undefined;
}

function pageOf(world: World, repo: RepoRecord, rest: readonly string[]): Page | undefined {
  const [kind, ...place] = rest.filter((part) => part !== '');
  if (kind === undefined) return { show: (visit) => repositoryPage(world, repo, visit) };
  if (kind === 'tree' || kind === 'blob') return { show: (visit) => filesPage(repo, place, visit) };
  if (kind === 'pull' && place.length === 1) {
    const pull = (): PullRecord => pullOf(repo, Number(place[0]));
    return { show: (visit) => pullPage(world, pull(), visit), act: (form) => actOnPull(world, pull(), form) };
  }
  // `…/job/{id}` is where a deployment's log address leads.
  if (kind !== 'actions' || place[0] !== 'runs' || (place.length !== 2 && place[2] !== 'job')) return undefined;
  const run = (): RunRecord => {
    const found = runOf(world, Number(place[1]));
    if (found.repo !== repo) throw new Refused(404, 'Not Found');
    return found;
  };
  return { show: (visit) => runPage(world, run(), visit), act: (form) => actOnRun(world, run(), form) };
}

/** Shows the page; a POST acts and then leads back to it, so that a reload acts only once. */
export async function handlePage(
  page: Page,
  request: IncomingMessage,
  response: ServerResponse,
  call: { readonly url: URL; readonly body: string },
): Promise<void> {
  const path = call.url.pathname;
  const chosen = new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(request.headers.cookie ?? '')?.[1] ?? '';
  const done = html`<p class="notice good" role="status">
    Done. Apps may still be at work: <a href="${path}">look again</a>.
  </p>`;
  const visit = { chosen: decode(chosen), typed: '', notice: call.url.searchParams.has('done') ? done : null };
  if (request.method !== 'POST') {
    show(response, page, visit, null);
    return;
  }
  const form = new URLSearchParams(call.body);
  try {
    checkSameOrigin(request);
    await page.act?.(form);
    const cookie = `${COOKIE}=${encodeURIComponent(form.get('as') ?? '')}; Path=/; HttpOnly; SameSite=Strict`;
    response.writeHead(303, { location: `${path}?done`, 'set-cookie': cookie }).end();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    show(response, page, { chosen: form.get('as') ?? '', typed: form.get('text') ?? '', notice: null }, error);
  }
}

/**
 * Any other site can make a browser post a form here. A browser always says whose page it was; who says nothing is no
 * browser. The host must be this machine's, so that a foreign name that resolves to it counts as foreign.
 */
function checkSameOrigin({ headers }: IncomingMessage): void {
  const host = headers.host ?? '';
  const own = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host) && headers.origin === `http://${host}`;
  if (!own) throw new Refused(403, 'This form was sent from another site: nothing was done');
}

function show(response: ServerResponse, page: Page, visit: Visit, refused: Refused | null): void {
  let [status, body] = [refused?.status ?? 200, html``];
  try {
    body = page.show(refused === null ? visit : { ...visit, notice: alert(refused) });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    status = error.status;
    body = layout({ title: error.message, repo: null }, visit, html`<h1>${error.message}</h1>`);
  }
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': CONTENT_POLICY,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // Not `no-referrer`: with it a browser sends its own forms with the origin `null`.
    'referrer-policy': 'same-origin',
  });
  response.end(body.text);
}

function alert({ message, errors }: Refused): Html {
  const more = (errors ?? []).map((each) => `: ${typeof each === 'string' ? each : JSON.stringify(each)}`);
  return html`<p class="notice bad" role="alert">Refused. ${message}${more}</p>`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
