import type { GitClone, TreeEntry } from '../git/git-clone.ts';

/** Files by path, of which the contents are fetched when they are asked for. */
export interface View {
  readonly read: (path: string) => Promise<Uint8Array | null>;
  readonly has: (path: string) => boolean;
  /** Paths below a folder, at any depth, in no order. */
  readonly under: (folder: string) => readonly string[];
  readonly write: (path: string, bytes: Uint8Array) => void;
  readonly remove: (path: string) => void;
}

type Content = Uint8Array | { readonly oid: string };

/** The files of one commit with changes on top that are nowhere else yet. */
export class FileTree implements View {
  readonly #clone: GitClone;
  /** Folder → name → content: a store of a hundred thousand records has a few hundred folders. */
  readonly #folders = new Map<string, Map<string, Content>>();
  /** null: removed. */
  #changes = new Map<string, Uint8Array | null>();

  constructor(clone: GitClone, entries: readonly TreeEntry[]) {
    this.#clone = clone;
    for (const { path, oid } of entries) this.#put(path, { oid });
  }

  read = async (path: string): Promise<Uint8Array | null> => {
    const changed = this.#changes.get(path);
    if (changed !== undefined) return changed;
    const content = this.#get(path);
    if (content === undefined) return null;
    return content instanceof Uint8Array ? content : this.#clone.blob(content.oid);
  };

  has = (path: string): boolean => {
    const changed = this.#changes.get(path);
    return changed === undefined ? this.#get(path) !== undefined : changed !== null;
  };

  under = (folder: string): readonly string[] => {
    const found = new Set<string>();
    for (const [name, files] of this.#folders) {
      if (name !== folder && !name.startsWith(`${folder}/`)) continue;
      for (const file of files.keys()) found.add(`${name}/${file}`);
    }
    for (const [path, bytes] of this.#changes) {
      if (bytes === null) found.delete(path);
      else if (path.startsWith(`${folder}/`)) found.add(path);
    }
    return [...found];
  };

  write = (path: string, bytes: Uint8Array): void => {
    this.#changes.set(path, bytes);
  };

  remove = (path: string): void => {
    this.#changes.set(path, null);
  };

  /** Does something, and undoes its changes when it fails. */
  async attempt<T>(change: (view: View) => Promise<T>): Promise<T> {
    const before = new Map(this.#changes);
    try {
      return await change(this);
    } catch (error) {
      this.#changes = before;
      throw error;
    }
  }

  /** What has changed since the commit. */
  changes(): { readonly additions: { path: string; bytes: Uint8Array }[]; readonly deletions: string[] } {
    const additions: { path: string; bytes: Uint8Array }[] = [];
    const deletions: string[] = [];
    for (const [path, bytes] of this.#changes) {
      if (bytes !== null) additions.push({ path, bytes });
      else if (this.#get(path) !== undefined) deletions.push(path);
    }
    return { additions, deletions };
  }

  /** The changes are in a commit of their own now. */
  settle(): void {
    for (const [path, bytes] of this.#changes) {
      if (bytes === null) this.#folders.get(folderOf(path))?.delete(nameOf(path));
      else this.#put(path, bytes);
    }
    this.#changes.clear();
  }

  #get(path: string): Content | undefined {
    return this.#folders.get(folderOf(path))?.get(nameOf(path));
  }

  #put(path: string, content: Content): void {
    const folder = folderOf(path);
    const files = this.#folders.get(folder) ?? new Map<string, Content>();
    files.set(nameOf(path), content);
    this.#folders.set(folder, files);
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
