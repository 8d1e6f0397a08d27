import { html, type Html } from './html.ts';

const INLINE =
  /\\([!-/:-@[-`{-~])|&(?:amp|lt|gt|quot|#\d{1,6});|`([^`\n]+)`|\*\*((?:\\[^\n]|[^*\\])+)\*\*|<br>|[^\\&`*<]+|[^]/g;
const SEPARATOR = /^\|(?:\s*:?-+:?\s*\|)+$/;

/**
 * The little of GitHub's Markdown that check runs are written in: headings, lists, tables, fences, bold, code, `<br>`.
 * Whatever else stands there is shown as it is; there are no links and no markup of the text's own.
 */
export function renderMarkdown(text: string): Html {
  const lines = text.split(/\r?\n/);
  const blocks: Html[] = [];
  const take = (wanted: (line: string) => boolean): readonly string[] => {
    const end = lines.findIndex((line) => !wanted(line));
    return lines.splice(0, end === -1 ? lines.length : end);
  };
  for (let line = lines[0]; line !== undefined; line = lines[0]) {
    const heading = /^#{1,6} (.*)$/.exec(line);
    if (line.startsWith('```')) {
      lines.shift();
      blocks.push(html`<pre>${take((each) => !each.startsWith('```')).join('\n')}</pre>`);
      lines.shift();
    } else if (line.startsWith('|') && SEPARATOR.test(lines[1] ?? '')) {
      blocks.push(table(take((each) => each.startsWith('|'))));
    } else if (heading !== null) {
      lines.shift();
      blocks.push(html`<h4>${inline(heading[1] ?? '')}</h4>`);
    } else if (isItem(line)) {
      const items = take(isItem).map((item) => html`<li>${inline(item.slice(2))}</li>`);
      blocks.push(
        html`<ul>
          ${items}
        </ul>`,
      );
    } else if (line.trim() === '') {
      lines.shift();
    } else {
      const first = inline(lines.shift() ?? '');
      const more = take((each) => each.trim() !== '' && !isItem(each) && !/^(?:\||#|```)/.test(each));
      blocks.push(html`<p>${[first, ...more.map((each) => html`<br />${inline(each)}`)]}</p>`);
    }
  }
  return html`${blocks}`;
}

function isItem(line: string): boolean {
  return /^[-*] /.test(line);
}

/** A table without words in its head is a list of named rows: their first cells are its headings. */
function table([head = '', , ...rows]: readonly string[]): Html {
  const named = cells(head).every((cell) => cell === '');
  const columns = cells(head).map((cell) => html`<th scope="col">${inline(cell)}</th>`);
  const body = rows.map((row) => {
    const shown = cells(row).map((cell, index) =>
      named && index === 0 ? html`<th scope="row">${inline(cell)}</th>` : html`<td>${inline(cell)}</td>`,
    );
    return html`<tr>
      ${shown}
    </tr>`;
  });
  const top = named
    ? null
    : html`<thead>
        <tr>
          ${columns}
        </tr>
      </thead>`;
  return html`<div class="wide" tabindex="0">
    <table>
      ${top}
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

function cells(row: string): readonly string[] {
  return row
    .replace(/^\||(?<!\\)\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function inline(text: string): Html {
  const parts = [...text.matchAll(INLINE)].map(([whole, escaped, code, strong]) => {
    if (escaped !== undefined) return html`${escaped}`;
    if (code !== undefined) return html`<code>${code}</code>`;
    if (strong !== undefined) return html`<strong>${inline(strong)}</strong>`;
    if (whole === '<br>') return html`<br />`;
    return html`${entity(whole)}`;
  });
  return html`${parts}`;
}

/** The character that an entity stands for; it is escaped afterwards like any other. */
function entity(text: string): string {
  const named: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' };
  const number = /^&#(\d+);$/.exec(text)?.[1];
  return number === undefined ? (named[text] ?? text) : String.fromCodePoint(Number(number));
}
