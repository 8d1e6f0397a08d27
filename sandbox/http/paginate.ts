import { BadBody } from './body.ts';
import type { Answer, Call } from './call.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly headers: Readonly<Record<string, string>>;
}

/** One page of a list with GitHub's Link header; `per_page` at most 100 (more is cut, as GitHub does), default 30. */
export function paginate<Item>(call: Call, all: readonly Item[], defaultSize = 30): Page<Item> {
  const size = Math.min(100, positive(call, 'per_page', defaultSize));
  const page = positive(call, 'page', 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const links: string[] = [];
  const link = (number: number, rel: string): void => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(number));
    links.push(`<${call.world.apiUrl}${call.path}?${query.toString()}>; rel="${rel}"`);
  };
  if (page > 1) link(page - 1, 'prev');
  if (page < last) link(page + 1, 'next');
  if (page < last) link(last, 'last');
  if (page > 1) link(1, 'first');
  const items = all.slice((page - 1) * size, page * size);
  return { items, headers: links.length === 0 ? {} : { link: links.join(', ') } };
}

/** A page as a bare list. */
export function listed<Item>(call: Call, all: readonly Item[], present: (item: Item) => unknown): Answer {
  const { items, headers } = paginate(call, all);
  return { status: 200, body: items.map(present), headers };
}

/** A page under a name, with `total_count`. */
export function counted<Item>(
  call: Call,
  name: string,
  all: readonly Item[],
  present: (item: Item) => unknown,
): Answer {
  const { items, headers } = paginate(call, all);
  return { status: 200, body: { total_count: all.length, [name]: items.map(present) }, headers };
}

function positive(call: Call, key: string, fallback: number): number {
  const text = call.query.get(key);
  if (text === null) return fallback;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new BadBody(key, 'must be a positive number');
  return Number(text);
}
