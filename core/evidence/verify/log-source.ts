import type { ListedFile } from './log-listing.ts';

/** Where a log is read from: a git branch, a folder, files dropped on a page. Everything in it is untrusted. */
export interface LogSource {
  /** Every file, in any order. */
  list(): Promise<Iterable<ListedFile>>;
  /** Exact bytes of a listed plain file; `id` is what the listing said of it. May be called many times at once. */
  read(path: string, id?: string): Promise<Uint8Array>;
}

/** Files that are read at once, where one after the other would wait for each. */
const AT_ONCE = 256;

/** Reads many files, a bounded number at a time; hands them on in the order given until one is answered with something. */
export async function readEach<File extends { readonly path: string; readonly id: string | undefined }, Answer>(
  source: LogSource,
  files: readonly File[],
  use: (bytes: Uint8Array, file: File) => Answer | null,
): Promise<Answer | null> {
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const some = files.slice(start, start + AT_ONCE);
    const contents = await Promise.all(some.map(({ path, id }) => source.read(path, id)));
    for (const [at, file] of some.entries()) {
      const answer = use(contents[at] ?? new Uint8Array(), file);
      if (answer !== null) return answer;
    }
  }
  return null;
}
