/** Text that is markup already. Only {@link html} makes it, so everything else is escaped exactly once. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Shown = Html | string | number | null | readonly Shown[];

/** Every value is escaped, in text as in a double-quoted attribute: titles, file names and summaries are hostile text. */
export function html(parts: TemplateStringsArray, ...values: readonly Shown[]): Html {
  return new Html(parts.map((part, index) => part + toText(values[index] ?? null)).join(''));
}

function toText(value: Shown): string {
  if (value === null) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(toText).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
