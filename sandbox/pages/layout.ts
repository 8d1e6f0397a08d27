import { createHash } from 'node:crypto';

import type { Account } from '../sandbox.ts';
import type { RepoRecord, World } from '../state.ts';
import { roleOf } from '../world/accounts.ts';
import { html, Html } from './html.ts';

/** What is particular to one showing of a page. */
export interface Visit {
  /** Login that the browser acted as last, or ''. */
  readonly chosen: string;
  /** Text of a form that was refused: nobody types it twice. */
  readonly typed: string;
  readonly notice: Html | null;
}

const STYLE = `
:root{color-scheme:light dark;--ink:light-dark(#1f2328,#e6edf3);--dim:light-dark(#59636e,#9aa4af);--line:light-dark(#d1d9e0,#3d444d);
--paper:light-dark(#fff,#0d1117);--tint:light-dark(#f6f8fa,#161b22);--link:light-dark(#0757ba,#6cb1ff);
--good:light-dark(#116329,#4ac26b);--bad:light-dark(#b3141d,#ff7b72);--wait:light-dark(#7d4e00,#e3b341)}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:var(--paper);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header,main{max-width:60rem;margin:auto;padding:.75rem 1rem}
header{color:var(--dim)}
h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 .5rem}
h2{font-size:1.15rem;margin:2rem 0 .5rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
h3,h4{font-size:1rem;margin:.25rem 0}
h4{margin-top:1rem}
a{color:var(--link)}
.dim{color:var(--dim)}
.act{position:sticky;top:0;z-index:1;background:var(--tint);border-block:1px solid var(--line)}
.act div{max-width:60rem;margin:auto;padding:.5rem 1rem;display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:center}
article{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:.75rem 0}
article p,article ul{margin:.4rem 0}
.row{display:flex;flex-wrap:wrap;gap:.5rem;margin:.5rem 0}
.wide{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:break-word}
article td:last-child{min-width:9rem}
th[scope=row]{font-weight:600;width:11rem;min-width:7rem}
pre{background:var(--tint);border:1px solid var(--line);border-radius:.5rem;padding:.75rem;margin:.5rem 0;font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere}
code{font-size:.9em;background:var(--tint);padding:.1em .25em;border-radius:.25em}
.badge{display:inline-block;border:1px solid;border-radius:1rem;padding:0 .6rem;font-size:.85rem;font-weight:600;white-space:nowrap;color:var(--dim)}
.good{color:var(--good)}.bad{color:var(--bad)}.waits{color:var(--wait)}
.notice{border-left:.35rem solid;background:var(--tint);padding:.6rem 1rem;font-weight:600}
button,select,textarea{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--dim);border-radius:.4rem;padding:.4rem .8rem;min-height:2.75rem;max-width:100%}
button{cursor:pointer;font-weight:600}
button small{display:block;font-weight:400;color:var(--dim)}
textarea{display:block;width:100%;margin:.25rem 0 .5rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
`;

const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);

/** Nothing is loaded and no script runs, whatever may stand in a page; forms go here only, no other page frames it. */
export const CONTENT_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
].join('; ');

/** A whole document; with a `bar` the visitor may act on it. */
export function layout(
  page: { readonly title: string; readonly repo: RepoRecord | null; readonly bar?: Html },
  visit: Visit,
  content: Html,
): Html {
  const { repo } = page;
  const way = repo === null ? null : html` / <a href="/${repo.fullName}">${repo.fullName}</a>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${page.title} · sandbox</title>
        <link rel="icon" href="data:," />
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <nav aria-label="Where you are"><a href="/">GitHub sandbox</a>${way}</nav>
        </header>
        ${page.bar ?? null}
        <main>${visit.notice}${content}</main>
      </body>
    </html>`;
}

/** The one form of a page: who acts. Buttons anywhere on the page belong to it. */
export function actingAs(world: World, repo: RepoRecord, path: string, visit: Visit): Html {
  const option = (account: Account): Html => {
    const selected = account.login === visit.chosen ? html` selected` : null;
    const role = account.type === 'Bot' ? 'bot' : (roleOf(world, repo, account) ?? 'no access');
    return html`<option value="${account.login}" ${selected}>${account.login} (${role})</option>`;
  };
  const accounts = [...world.accounts.values()].filter((account) => account.type !== 'Organization');
  const people = accounts.filter((account) => account.type === 'User').map(option);
  const bots = accounts.filter((account) => account.type === 'Bot').map(option);
  return html`<form class="act" id="act" method="post" action="${path}">
    <div>
      <label for="as">Act as</label>
      <select id="as" name="as" required>
        <option value="">choose a person…</option>
        ${people}${bots}
      </select>
    </div>
  </form>`;
}

export function actButton(action: string, label: string, note: string | null = null): Html {
  const small = note === null ? null : html`<small>${note}</small>`;
  return html`<button form="act" name="do" value="${action}">${label}${small}</button>`;
}

export function textField(label: string, visit: Visit): Html {
  return html`<label for="text">${label}</label>
    <textarea id="text" name="text" form="act" rows="3">${visit.typed}</textarea>`;
}

const GOOD = new Set(['success', 'approved', 'merged', 'neutral']);
const BAD = new Set(['failure', 'rejected', 'changes requested', 'timed out', 'cancelled']);
const WAITS = new Set(['action required', 'waiting', 'pending', 'in progress', 'queued']);

/** The word says it; the colour only helps. */
export function badge(state: string): Html {
  const word = state.toLowerCase().replaceAll('_', ' ');
  const tone = GOOD.has(word) ? 'good' : BAD.has(word) ? 'bad' : WAITS.has(word) ? 'waits' : '';
  return html`<span class="badge ${tone}">${word}</span>`;
}

/** Rows below column heads, or words when there is none. */
export function listing(heads: readonly string[], rows: readonly (readonly (Html | string)[])[], none: string): Html {
  if (rows.length === 0) return html`<p class="dim">${none}</p>`;
  const head = heads.map((each) => html`<th scope="col">${each}</th>`);
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map((cell) => html`<td>${cell}</td>`)}
      </tr>`,
  );
  return html`<div class="wide" tabindex="0">
    <table>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}
