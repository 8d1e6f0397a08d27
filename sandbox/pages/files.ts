import { entryAt, readTree } from '../git/tree.ts';
import { Refused } from '../refused.ts';
import type { RepoRecord } from '../state.ts';
import { html, type Html } from './html.ts';
import { layout, type Visit } from './layout.ts';

const MOST_CHARACTERS = 200_000;

/** A folder or a file of a branch or commit; `place` is the address behind `tree` or `blob`, branch first. */
export function filesPage(repo: RepoRecord, place: readonly string[], visit: Visit): Html {
  const { ref, path } = locate(repo, place);
  const root = repo.git.resolve(ref)?.tree ?? '';
  const entry = entryAt(repo.git.objects, root, path);
  if (entry === undefined) throw new Refused(404, 'No such file');
  const above = path
    .split('/')
    .slice(0, -1)
    .map((name, index, names) => {
      const folder = names.slice(0, index + 1).join('/');
      return html`<a href="${address(repo, 'tree', ref, folder)}">${name}</a> / `;
    });
  const way = html`<p><a href="${address(repo, 'tree', ref, '')}">${ref}</a> / ${above}</p>`;
  const shown = entry.mode === '040000' ? folder(repo, ref, path) : file(repo, entry.sha);
  const name = path.split('/').at(-1) ?? '';
  return layout(
    { title: `${path} · ${ref}`, repo },
    visit,
    html`<h1>${name === '' ? ref : name}</h1>
      ${way}${shown}`,
  );
}

/** Folders first, each name a link. */
export function folder(repo: RepoRecord, ref: string, path: string): Html {
  const { objects } = repo.git;
  const tree = entryAt(objects, repo.git.resolve(ref)?.tree ?? '', path);
  const entries = tree === undefined ? [] : readTree(objects, tree.sha);
  const sorted = entries.toSorted((a, b) => Number(b.mode === '040000') - Number(a.mode === '040000'));
  const items = sorted.map(({ mode, name }) => {
    const kind = mode === '040000' ? 'tree' : 'blob';
    const inner = path === '' ? name : `${path}/${name}`;
    return html`<li><a href="${address(repo, kind, ref, inner)}">${name}${kind === 'tree' ? '/' : ''}</a></li>`;
  });
  return html`<ul>
    ${items}
  </ul>`;
}

export function address(repo: RepoRecord, kind: 'tree' | 'blob', ref: string, path: string): string {
  const parts = `${ref}/${path}`.split('/').filter((part) => part !== '');
  return `/${repo.fullName}/${kind}/${parts.map((part) => encodeURIComponent(part)).join('/')}`;
}

function file(repo: RepoRecord, sha: string): Html {
  const body = repo.git.objects.read(sha)?.body ?? Buffer.alloc(0);
  if (body.includes(0)) return html`<p class="dim">Not text: ${body.length} bytes.</p>`;
  const text = body.toString('utf8');
  const cut =
    text.length > MOST_CHARACTERS ? html`<p class="dim">Cut here: it has ${text.length} characters.</p>` : null;
  return html`<pre>${text.slice(0, MOST_CHARACTERS)}</pre>
    ${cut}`;
}

/** A branch's name may hold slashes, so the shortest one that exists is meant; two never share a beginning in git. */
function locate(repo: RepoRecord, place: readonly string[]): { readonly ref: string; readonly path: string } {
  for (let length = 1; length <= place.length; length += 1) {
    const ref = place.slice(0, length).join('/');
    if (repo.git.resolve(ref) !== undefined) return { ref, path: place.slice(length).join('/') };
  }
  throw new Refused(404, 'No such branch');
}
