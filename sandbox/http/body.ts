import { Refused } from '../refused.ts';

/** A body that GitHub would not take; also written down as a violation of the client. */
export class BadBody extends Refused {
  constructor(field: string, why: string) {
    super(422, `Invalid request.\n\n${field}: ${why}`, [{ field, code: 'invalid', message: why }]);
    this.name = 'BadBody';
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the fields of a JSON object; a wrong type, length or choice throws BadBody. */
export class Body {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #prefix: string;

  constructor(value: unknown, prefix = '') {
    if (!isRecord(value)) throw new BadBody(prefix === '' ? 'body' : prefix, 'must be an object');
    this.#fields = value;
    this.#prefix = prefix;
  }

  has(key: string): boolean {
    return this.#fields[key] !== undefined && this.#fields[key] !== null;
  }

  text(key: string, most = 65_535): string {
    const value = this.#fields[key];
    if (typeof value !== 'string') throw new BadBody(this.#prefix + key, 'must be a string');
    if (value.length > most) throw new BadBody(this.#prefix + key, `is too long (maximum is ${most} characters)`);
    return value;
  }

  filled(key: string, most?: number): string {
    const value = this.text(key, most);
    if (value === '') throw new BadBody(this.#prefix + key, 'must not be empty');
    return value;
  }

  optionalText(key: string, most?: number): string | undefined {
    return this.has(key) ? this.text(key, most) : undefined;
  }

  oneOf<const Choice extends string>(key: string, choices: readonly Choice[]): Choice {
    const value = this.text(key);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw new BadBody(this.#prefix + key, `must be one of ${choices.join(', ')}`);
    return choice;
  }

  flag(key: string): boolean | undefined {
    const value = this.#fields[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'boolean') throw new BadBody(this.#prefix + key, 'must be a boolean');
    return value;
  }

  list(key: string): readonly unknown[] {
    const value = this.#fields[key];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new BadBody(this.#prefix + key, 'must be a list');
    return value;
  }

  texts(key: string): readonly string[] {
    return this.list(key).map((item) => {
      if (typeof item !== 'string') throw new BadBody(this.#prefix + key, 'must be a list of strings');
      return item;
    });
  }

  numbers(key: string): readonly number[] {
    return this.list(key).map((item) => {
      if (typeof item !== 'number') throw new BadBody(this.#prefix + key, 'must be a list of numbers');
      return item;
    });
  }

  bodies(key: string): readonly Body[] {
    return this.list(key).map((item, index) => new Body(item, `${this.#prefix}${key}/${index}/`));
  }

  body(key: string): Body | undefined {
    return this.has(key) ? new Body(this.#fields[key], `${this.#prefix}${key}/`) : undefined;
  }

  /** An object that is kept as it is. */
  record(key: string): Readonly<Record<string, unknown>> {
    const value = this.#fields[key];
    if (!isRecord(value)) throw new BadBody(this.#prefix + key, 'must be an object');
    return value;
  }

  /** Field → text, e.g. permissions. */
  dictionary(key: string): Readonly<Record<string, string>> | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#fields[key];
    if (!isRecord(value)) throw new BadBody(this.#prefix + key, 'must be an object');
    const inner = new Body(value, `${this.#prefix}${key}/`);
    return Object.fromEntries(Object.keys(value).map((name) => [name, inner.text(name)]));
  }

  /** ISO-8601 → milliseconds. */
  time(key: string): number | undefined {
    const value = this.optionalText(key);
    if (value === undefined) return undefined;
    const ms = Date.parse(value);
    if (Number.isNaN(ms)) throw new BadBody(this.#prefix + key, 'must be a time');
    return ms;
  }
}
