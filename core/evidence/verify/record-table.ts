import { recordKinds } from '../kinds.ts';
import type { RecordKind } from '../kinds.ts';

/** A record as the listing names it. */
export interface ListedRecord {
  readonly index: number;
  readonly kind: RecordKind;
  readonly path: string;
  /** What the source calls the file, where it has a shorter way to it than its path. */
  readonly id: string | undefined;
}

const kindNumber: ReadonlyMap<string, number> = new Map(recordKinds.map((kind, number) => [kind, number]));

/**
 * The records of a listing by index. In columns and not as objects: a log may have a million records, and this is the only
 * thing that is kept of all of them beside their hashes.
 */
export class RecordTable {
  readonly #paths: string[] = [];
  readonly #ids: (string | undefined)[] = [];
  readonly #indices: number[] = [];
  readonly #kinds: number[] = [];
  /** Index → row; built once all are there. Only indices below the number of records have a slot. */
  #rows = new Uint32Array(0);
  /** Rows of records beyond, by index: in a sound log there are none. */
  #beyond = new Map<number, number>();

  add({ index, kind, path, id }: ListedRecord): void {
    this.#paths.push(path);
    this.#ids.push(id);
    this.#indices.push(index);
    this.#kinds.push(kindNumber.get(kind) ?? 0);
  }

  /** Finds every record's place. @returns two paths with one index, if there are any: the later of them first. */
  close(): { readonly index: number; readonly path: string; readonly other: string } | null {
    const count = this.#indices.length;
    let twice: { index: number; path: string; other: string } | null = null;
    this.#rows = new Uint32Array(count);
    this.#beyond = new Map();
    for (const [row, index] of this.#indices.entries()) {
      const taken = this.#rowOf(index);
      if (taken !== null) {
        const [other = '', path = ''] = [this.#paths[taken] ?? '', this.#paths[row] ?? ''].sort();
        if (twice === null || path < twice.path) twice = { index, path, other };
      } else if (index < count) this.#rows[index] = row + 1;
      else this.#beyond.set(index, row);
    }
    return twice;
  }

  get size(): number {
    return this.#indices.length;
  }

  has(index: number): boolean {
    return this.#rowOf(index) !== null;
  }

  get(index: number): ListedRecord | undefined {
    const row = this.#rowOf(index);
    return row === null ? undefined : this.#at(row);
  }

  /** The lowest index from `size` on that has a record. */
  firstFrom(size: number): ListedRecord | undefined {
    for (let index = size; index < this.#rows.length; index += 1) if (this.has(index)) return this.get(index);
    const [lowest] = [...this.#beyond.keys()].filter((index) => index >= size).sort((left, right) => left - right);
    return lowest === undefined ? undefined : this.get(lowest);
  }

  /** Records of these kinds with an index from `start` up to, not including, `end`; rising. */
  ofKinds(kinds: ReadonlySet<RecordKind>, start: number, end: number): ListedRecord[] {
    const wanted = new Set([...kinds].map((kind) => kindNumber.get(kind)));
    const found: ListedRecord[] = [];
    for (let index = start; index < Math.min(end, this.#rows.length); index += 1) {
      const row = (this.#rows[index] ?? 0) - 1;
      if (row >= 0 && wanted.has(this.#kinds[row])) found.push(this.#at(row));
    }
    return found;
  }

  #rowOf(index: number): number | null {
    if (index >= this.#rows.length) return this.#beyond.get(index) ?? null;
    const row = this.#rows[index] ?? 0;
    return row === 0 ? null : row - 1;
  }

  #at(row: number): ListedRecord {
    return {
      index: this.#indices[row] ?? 0,
      kind: recordKinds[this.#kinds[row] ?? 0] ?? 'heartbeat',
      path: this.#paths[row] ?? '',
      id: this.#ids[row],
    };
  }
}
