import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

import { GateError } from '../../core/errors.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** What a piece of store code may do while it holds the connection: nothing here is asynchronous. */
export interface Sql {
  all(statement: string, ...values: SQLInputValue[]): readonly Row[];
  get(statement: string, ...values: SQLInputValue[]): Row | undefined;
  /** Answers the number of changed rows. */
  run(statement: string, ...values: SQLInputValue[]): number;
}

interface Waiting {
  readonly attempt: (sql: Sql) => void;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

/** How long another process may hold the file before a call fails, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * The one connection of this process. Work is given as synchronous functions, so no transaction can be open while other
 * code of this process runs: an `await` in the middle of a shared transaction is how acknowledged rows get lost.
 *
 * Writes that arrive together share one transaction and one fsync (group commit), each in a savepoint of its own; a
 * promise is resolved only after COMMIT, which with `synchronous=FULL` means: on the disk.
 */
export class Connection {
  readonly #database: DatabaseSync;
  readonly #sql: Sql;
  #waiting: Waiting[] = [];
  #scheduled = false;

  /** @param path a file (made with mode 0600: it holds webhook bodies) or `:memory:` */
  constructor(path: string) {
    if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
    this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    this.#database.exec('PRAGMA journal_mode=WAL');
    this.#database.exec('PRAGMA synchronous=FULL');
    this.#sql = toSql(this.#database);
  }

  /** Runs one transaction at once, for migrations: nothing else is waiting yet. */
  exclusively(work: (sql: Sql, exec: (script: string) => void) => void): void {
    this.#begin();
    try {
      work(this.#sql, (script) => this.#database.exec(script));
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  /** Reads what is committed now; several statements see one state only if nothing deletes what they read. */
  // oxlint-disable-next-line typescript/require-await -- a throw must become a rejection
  async read<T>(work: (sql: Sql) => T): Promise<T> {
    try {
      return work(this.#sql);
    } catch (error) {
      throw toGateError(error, 'none');
    }
  }

  /** Resolves when the work is durable. An error thrown by `work` undoes this work only. */
  write<T>(work: (sql: Sql) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: () => T;
      this.#waiting.push({
        attempt: (sql) => {
          const value = work(sql);
          result = () => value;
        },
        settle: () => resolve(result()),
        fail: reject,
      });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#drain());
    });
  }

  /** Finishes what was asked before it, then closes the file. */
  close(): void {
    this.#drain();
    if (this.#database.isOpen) this.#database.close();
  }

  #drain(): void {
    this.#scheduled = false;
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      this.#begin();
    } catch (error) {
      for (const one of group) one.fail(toGateError(error, 'none'));
      return;
    }
    const done: Waiting[] = [];
    try {
      for (const one of group) if (this.#attempt(one)) done.push(one);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollback();
      // A promise that was already rejected stays so; all others did not become durable, or it cannot be known.
      for (const one of group) one.fail(toGateError(error, 'unknown'));
      return;
    }
    for (const one of done) one.settle();
  }

  /** `false`: this work failed alone. Throws when SQLite gave up the whole transaction (disk full, I/O error). */
  #attempt(one: Waiting): boolean {
    this.#database.exec('SAVEPOINT one');
    try {
      one.attempt(this.#sql);
    } catch (error) {
      if (!this.#database.isTransaction) throw error;
      this.#database.exec('ROLLBACK TO one');
      this.#database.exec('RELEASE one');
      one.fail(toGateError(error, 'none'));
      return false;
    }
    this.#database.exec('RELEASE one');
    return true;
  }

  /** IMMEDIATE: a transaction that reads first and then wants to write would fail at once when another wrote between. */
  #begin(): void {
    this.#database.exec('BEGIN IMMEDIATE');
  }

  #rollback(): void {
    if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }
}

function toSql(database: DatabaseSync): Sql {
  const prepared = new Map<string, StatementSync>();
  const prepare = (statement: string): StatementSync => {
    const known = prepared.get(statement);
    if (known !== undefined) return known;
    const made = database.prepare(statement);
    prepared.set(statement, made);
    return made;
  };
  return {
    all: (statement, ...values) => prepare(statement).all(...values),
    get: (statement, ...values) => prepare(statement).get(...values),
    run: (statement, ...values) => Number(prepare(statement).run(...values).changes),
  };
}

function toGateError(error: unknown, effect: 'none' | 'unknown'): unknown {
  if (error instanceof GateError) return error;
  const detail = error instanceof Error ? error.message : 'unknown failure';
  return new GateError('ERR_STORE_UNAVAILABLE', `the store failed: ${detail}`, { effect, cause: error });
}
