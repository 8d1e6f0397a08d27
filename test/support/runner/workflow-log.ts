export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: string;
}

const COMMAND = /^\s*::([\w-]+)(?:\s+(.*?))?::(.*)$/s;

/** The log of a step as the runner writes it: commands are obeyed, and what was masked before stays hidden. */
export class WorkflowLog {
  readonly annotations: Annotation[] = [];
  /** What the step asked to be masked. */
  readonly masks: string[] = [];
  readonly #hidden: Set<string>;
  readonly #written: string[] = [];
  #stopped: string | null = null;

  /** `secrets`: what the runner hides from the beginning; masks are added to it. */
  constructor(secrets: Set<string>) {
    this.#hidden = secrets;
  }

  /** One line of output as it comes; answers how it stands in the log. */
  take(line: string): string {
    const [, name = '', properties = '', data = ''] = COMMAND.exec(line) ?? [];
    if (this.#stopped !== null) {
      if (name === this.#stopped) this.#stopped = null;
    } else if (name !== '') this.#obey(name, properties, decode(data));
    if (name !== 'add-mask') this.#written.push(line);
    return this.hide(line);
  }

  hide(text: string): string {
    const longestFirst = [...this.#hidden].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  }

  /** What was written, and of `more`, with a secret in it that was known then or later; the runner hides only what comes after. */
  leaks(more: readonly string[]): readonly string[] {
    return [...this.#written, ...more]
      .map((text) => [text, this.hide(text)] as const)
      .flatMap(([text, hidden]) => (text === hidden ? [] : [hidden]));
  }

  #obey(name: string, properties: string, data: string): void {
    if (name === 'stop-commands') this.#stopped = data;
    if (name === 'add-mask' && data.trim() !== '') {
      this.masks.push(data);
      for (const part of [data, ...data.split(/\r?\n/)]) if (part.trim() !== '') this.#hidden.add(part);
    }
    if (name !== 'error' && name !== 'warning' && name !== 'notice') return;
    const fields = new Map(
      properties.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1)]),
    );
    const field = (key: 'title' | 'file' | 'line'): Partial<Annotation> => {
      const value = fields.get(key);
      return value === undefined ? {} : { [key]: decode(value, /%0D|%0A|%25|%3A|%2C/g) };
    };
    this.annotations.push({ level: name, message: data, ...field('title'), ...field('file'), ...field('line') });
  }
}

/** In one pass, so that what was encoded twice is decoded once. Only properties know the last two. */
function decode(text: string, codes: RegExp = /%0D|%0A|%25/g): string {
  return text.replaceAll(codes, (code) => decodeURIComponent(code));
}
