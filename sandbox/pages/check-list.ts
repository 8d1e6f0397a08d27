import type { CheckRecord, RepoRecord, World } from '../state.ts';
import { checksOf } from '../world/checks.ts';
import { html, type Html } from './html.ts';
import { actButton, badge } from './layout.ts';
import { renderMarkdown } from './markdown.ts';

/** The newest check run of each name and App on a commit; buttons only where GitHub has them, on completed ones. */
export function checkList(world: World, repo: RepoRecord, sha: string): Html {
  const newest = new Map<string, CheckRecord>();
  for (const check of checksOf(world, repo, sha)) newest.set(`${check.app.id} ${check.name}`, check);
  if (newest.size === 0) return html`<p class="dim">No App has said anything about this commit yet.</p>`;
  return html`${[...newest.values()].map(oneCheck)}`;
}

function oneCheck(check: CheckRecord): Html {
  const { title, summary } = check.output;
  const buttons = (check.status === 'completed' ? check.actions : []).map(({ label, description, identifier }) =>
    actButton(`check:${check.id}:${identifier}`, label, description),
  );
  return html`<article>
    <h3>${check.name} ${badge(check.conclusion ?? check.status)}</h3>
    <p class="dim">by the App ${check.app.slug}</p>
    ${title === null ? null : html`<p><strong>${title}</strong></p>`}
    ${summary === null ? null : renderMarkdown(summary)}
    <div class="row">${buttons}</div>
  </article>`;
}
