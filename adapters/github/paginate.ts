import { GateError } from '../../core/errors.ts';
import type { Reply } from './transport.ts';

/** GitHub's largest page. */
export const PER_PAGE = 100;

/**
 * Every item of a list that is paged by number (C40: a denial on page two counts). A page is the last one when no `Link`
 * names a next one and it is not full: a proxy may drop the header, and GitHub may answer a short page in between.
 * @param maxPages where reading stops
 * @throws {GateError} ERR_FORGE_TRUNCATED when there are more pages than that
 */
export async function readAllPages<T>(
  what: string,
  maxPages: number,
  readPage: (page: number) => Promise<{ readonly reply: Reply; readonly items: readonly T[] }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; page <= maxPages; page += 1) {
    const { reply, items } = await readPage(page);
    all.push(...items);
    if (nextLink(reply.link) === null && items.length < PER_PAGE) return all;
  }
  throw new GateError('ERR_FORGE_TRUNCATED', `${what} has more than ${maxPages * PER_PAGE} entries`);
}

/** As readAllPages, for lists that are paged by an opaque cursor in the `Link` header. */
export async function readAllCursors<T>(
  what: string,
  maxPages: number,
  readPage: (after: string | null) => Promise<{ readonly reply: Reply; readonly items: readonly T[] }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let after: string | null = null;
  for (let page = 1; page <= maxPages; page += 1) {
    const { reply, items } = await readPage(after);
    all.push(...items);
    const next = nextLink(reply.link);
    // No number to ask for: here only GitHub can say that there is more.
    if (next === null) return all;
    const cursor = next.get('after');
    if (cursor === null || cursor === after) throw new GateError('ERR_FORGE_TRUNCATED', `${what} has no next page`);
    after = cursor;
  }
  throw new GateError('ERR_FORGE_TRUNCATED', `${what} has more than ${maxPages * PER_PAGE} entries`);
}

/** Query of the next page. The address itself is never called (C59). */
function nextLink(link: string): URLSearchParams | null {
  const query = /<[^<>?]*\?([^<>]*)>\s*;\s*rel="next"/.exec(link)?.[1];
  return query === undefined ? null : new URLSearchParams(query);
}
