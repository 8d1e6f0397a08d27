import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  readonly type: ObjectType;
  readonly body: Buffer;
}

/**
 * Loose objects of a bare repository, read and written without a git process, so that every state change of the sandbox
 * is one synchronous step. The repository is configured to unpack what is pushed (`transfer.unpackLimit`), so nothing
 * is ever only in a pack.
 */
export class ObjectStore {
  readonly #dir: string;
  readonly #cache = new Map<string, GitObject>();

  constructor(gitDir: string) {
    this.#dir = join(gitDir, 'objects');
  }

  read(sha: string): GitObject | undefined {
    const known = this.#cache.get(sha);
    if (known !== undefined) return known;
    if (!/^[0-9a-f]{40}$/.test(sha)) return undefined;
    const path = this.#path(sha);
    if (!existsSync(path)) return undefined;
    const raw = inflateSync(readFileSync(path));
    const end = raw.indexOf(0);
    const type = parseType(raw.subarray(0, end).toString('latin1').split(' ')[0]);
    const object: GitObject = { type, body: raw.subarray(end + 1) };
    this.#cache.set(sha, object);
    return object;
  }

  write(type: ObjectType, body: Buffer): string {
    const raw = Buffer.concat([Buffer.from(`${type} ${body.length}\0`, 'latin1'), body]);
    const sha = createHash('sha1').update(raw).digest('hex');
    const path = this.#path(sha);
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true });
      const draft = `${path}.${randomBytes(4).toString('hex')}`;
      writeFileSync(draft, deflateSync(raw, { level: 1 }), { mode: 0o444 });
      renameSync(draft, path);
    }
    this.#cache.set(sha, { type, body });
    return sha;
  }

  #path(sha: string): string {
    return join(this.#dir, sha.slice(0, 2), sha.slice(2));
  }
}

function parseType(word: string | undefined): ObjectType {
  if (word === 'blob' || word === 'tree' || word === 'commit' || word === 'tag') return word;
  throw new TypeError(`not a git object type: ${word ?? ''}`);
}
