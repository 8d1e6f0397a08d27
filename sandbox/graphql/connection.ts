import { GraphqlRefusal } from './refusal.ts';

export type Args = Readonly<Record<string, unknown>>;

/** A page of a list as GraphQL connections give it: `first` or `last` is a must, at most 100. */
export function connection<Item>(name: string, items: readonly Item[], args: Args, present: (item: Item) => unknown) {
  const first = typeof args['first'] === 'number' ? args['first'] : undefined;
  const last = typeof args['last'] === 'number' ? args['last'] : undefined;
  const size = first ?? last;
  if (size === undefined) {
    throw new GraphqlRefusal(
      'MISSING_PAGINATION_BOUNDARIES',
      `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`,
    );
  }
  if (size > 100 || size < 0) {
    throw new GraphqlRefusal(
      'EXCESSIVE_PAGINATION',
      `Requesting ${size} records on the \`${name}\` connection exceeds the \`first\` limit of 100 records.`,
    );
  }
  const after = position(args['after']) ?? 0;
  const before = position(args['before']) ?? items.length + 1;
  const end = first === undefined ? Math.min(before - 1, items.length) : Math.min(after + first, items.length);
  const start = first === undefined ? Math.max(after, end - size) : after;
  const shown = items.slice(start, end);
  const nodes = shown.map((item) => present(item));
  return {
    totalCount: items.length,
    pageInfo: {
      hasNextPage: end < items.length,
      hasPreviousPage: start > 0,
      startCursor: nodes.length === 0 ? null : cursor(start + 1),
      endCursor: nodes.length === 0 ? null : cursor(end),
    },
    nodes,
    edges: nodes.map((node, index) => ({ node, cursor: cursor(start + index + 1) })),
  };
}

function cursor(index: number): string {
  return Buffer.from(`cursor:${index}`).toString('base64');
}

function position(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^cursor:(\d+)$/.exec(Buffer.from(value, 'base64').toString());
  if (match === null)
    throw new GraphqlRefusal('INVALID_CURSOR_ARGUMENTS', `\`${value}\` does not appear to be a valid cursor.`);
  return Number(match[1]);
}
