/** As many calls at once as leave room for other work: GitHub takes 100 from one App, whatever they are about. */
const AT_ONCE = 4;

/** The results in the order of the items, however long each took; the first failure is the whole call's. */
export async function inGroups<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
