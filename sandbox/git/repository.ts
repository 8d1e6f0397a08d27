import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { formatCommit, parseCommit, type Commit, type CommitParts } from './commit.ts';
import { parseTag } from './tag.ts';
import { ObjectStore } from './object-store.ts';
import { listTree } from './tree.ts';

/** A bare git repository on disk, served over HTTP by git itself and changed by the sandbox without a git process. */
export class GitRepository {
  readonly dir: string;
  readonly objects: ObjectStore;
  readonly #commits = new Map<string, Commit>();

  constructor(dir: string) {
    this.dir = dir;
    this.objects = new ObjectStore(dir);
    if (existsSync(join(dir, 'HEAD'))) return;
    for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
      mkdirSync(join(dir, folder), { recursive: true });
    }
    writeFileSync(join(dir, 'HEAD'), 'ref: refs/heads/main\n');
    writeFileSync(
      join(dir, 'config'),
      [
        '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true',
        '[http]\n\treceivepack = true',
        '[transfer]\n\tunpackLimit = 1000000',
        // GitHub's own refs: anybody may fetch them, nobody pushes to them.
        '[receive]\n\tautogc = false\n\thideRefs = refs/pull',
        '[gc]\n\tauto = 0',
        '[uploadpack]\n\tallowAnySHA1InWant = true\n\tallowFilter = true',
        '',
      ].join('\n'),
    );
  }

  commit(sha: string): Commit | undefined {
    const known = this.#commits.get(sha);
    if (known !== undefined) return known;
    const object = this.objects.read(sha);
    if (object?.type !== 'commit') return undefined;
    const commit = parseCommit(sha, object.body);
    this.#commits.set(sha, commit);
    return commit;
  }

  writeCommit(parts: CommitParts, signer?: string): string {
    return this.objects.write('commit', formatCommit(parts, signer));
  }

  writeBlob(content: string | Buffer): string {
    return this.objects.write('blob', typeof content === 'string' ? Buffer.from(content) : content);
  }

  /** `name` in full, e.g. `refs/heads/main`. */
  ref(name: string): string | undefined {
    const path = join(this.dir, name);
    if (!isSafeRef(name) || !existsSync(path) || !statSync(path).isFile()) return undefined;
    return readFileSync(path, 'latin1').trim();
  }

  head(branch: string): string | undefined {
    return this.ref(`refs/heads/${branch}`);
  }

  /** Moves without any check; null deletes. */
  setRef(name: string, sha: string | null): void {
    if (!isSafeRef(name)) throw new TypeError(`not a ref name: ${name}`);
    const path = join(this.dir, name);
    if (sha === null) {
      rmSync(path, { force: true });
      return;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, `${sha}\n`);
    renameSync(`${path}.new`, path);
  }

  /** All refs below a prefix such as `refs/heads/`, sorted by name. */
  refs(prefix: string): ReadonlyMap<string, string> {
    const found: [string, string][] = [];
    const walk = (folder: string): void => {
      const path = join(this.dir, folder);
      if (!existsSync(path)) return;
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        const name = `${folder}/${entry.name}`;
        if (entry.isDirectory()) walk(name);
        else if (!/\.(?:lock|new)$/.test(name)) found.push([name, readFileSync(join(this.dir, name), 'latin1').trim()]);
      }
    };
    walk('refs');
    return new Map(found.filter(([name]) => name.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Full sha, branch, tag or full ref name → commit; an annotated tag is followed to what it names. */
  resolve(expression: string): Commit | undefined {
    const name = expression === 'HEAD' ? 'refs/heads/main' : expression;
    for (const candidate of [name, `refs/${name}`, `refs/heads/${name}`, `refs/tags/${name}`]) {
      const sha = candidate.startsWith('refs/') ? this.ref(candidate) : undefined;
      if (sha !== undefined) return this.peel(sha);
    }
    return this.peel(name);
  }

  /** The commit itself, or the one that an annotated tag leads to. */
  peel(sha: string): Commit | undefined {
    const object = this.objects.read(sha);
    return object?.type === 'tag' ? this.peel(parseTag(object.body).object) : this.commit(sha);
  }

  /** Copies a commit with its history and files from another repository (fork → parent). */
  fetch(from: GitRepository, sha: string): void {
    const open = [sha];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.objects.read(next) !== undefined) continue;
      const commit = from.commit(next);
      if (commit === undefined) continue;
      this.#copy(from, next);
      this.#copy(from, commit.tree);
      for (const entry of listTree(from.objects, commit.tree, true).values()) this.#copy(from, entry.sha);
      open.push(...commit.parents);
    }
  }

  #copy(from: GitRepository, sha: string): void {
    const object = from.objects.read(sha);
    if (object !== undefined) this.objects.write(object.type, object.body);
  }
}

function isSafeRef(name: string): boolean {
  return /^refs\/[^\0\s~^:?*[\\]+$/.test(name) && !name.includes('..') && !name.includes('//') && !name.endsWith('/');
}
