import { GateError } from '../../core/errors.ts';
import type { LogId, LogStore, StoredRecord } from '../../core/ports.ts';
import type { Connection, Row, Sql } from './connection.ts';
import { bytesOf, exact, integerOf, nullableIntegerOf, textOf } from './values.ts';

const LOG = 'host = ? AND installation_id = ? AND repository_id = ? AND generation = ?';
const RECORD = 'digest, bytes, signature, attachments, leaf_index';

/** LogStore on SQL. Nothing but expunged facts is ever deleted: the branch can be rebuilt from these rows. */
export function sqlLogStore(connection: Connection): LogStore {
  const records = (condition: string, log: LogId, ...values: (string | number)[]): Promise<readonly StoredRecord[]> =>
    connection.read((sql) =>
      sql
        .all(`SELECT ${RECORD} FROM log_records WHERE ${LOG} AND ${condition}`, ...keyOf(log), ...values)
        .map((row) => toRecord(sql, log, row)),
    );

  return {
    keep: (log, record) =>
      connection.write((sql) => {
        const isNew = sql.run(
          `INSERT INTO log_records
             (host, installation_id, repository_id, generation, digest, bytes, signature, attachments, mark, leaf_index)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING`,
          ...keyOf(log),
          record.digest,
          record.bytes,
          record.signature,
          pathsOf(record.attachments),
          record.mark?.name ?? null,
        );
        if (record.mark?.isUnique === true) checkAlone(sql, log, record.mark.name, record.digest);
        for (const { path, bytes } of record.attachments) {
          sql.run(
            `INSERT INTO log_attachments (host, installation_id, repository_id, generation, path, bytes)
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
            ...keyOf(log),
            path,
            bytes,
          );
        }
        if (isNew === 1 && record.expunges !== undefined) {
          if (record.isCarried === true) forbid(sql, log, record.expunges);
          else expunge(sql, log, record.expunges, record.digest);
        }
      }),

    queued: (log, limit) => records('leaf_index IS NULL ORDER BY sequence LIMIT ?', log, exact(limit)),

    record: async (log, digest) => (await records('digest = ?', log, digest))[0] ?? null,

    marked: (log, name) => records('mark = ? ORDER BY leaf_index IS NULL, leaf_index, sequence', log, name),

    published: (log, from, limit) =>
      records('leaf_index >= ? ORDER BY leaf_index LIMIT ?', log, exact(from), exact(limit)),

    state: (log) =>
      connection.read((sql) => {
        const row = sql.get(`SELECT body, version FROM log_states WHERE ${LOG}`, ...keyOf(log));
        return row === undefined ? null : { body: textOf(row, 'body'), version: integerOf(row, 'version') };
      }),

    latest: (id) =>
      connection.read((sql) => {
        const row = sql.get(
          `SELECT MAX(generation) AS latest FROM log_states
           WHERE host = ? AND installation_id = ? AND repository_id = ?`,
          id.host,
          exact(id.installationId),
          exact(id.repositoryId),
        );
        return row === undefined ? null : nullableIntegerOf(row, 'latest');
      }),

    advance: (log, state, expected, published, resigned = []) =>
      connection.write((sql) => {
        const changed =
          expected === 0
            ? sql.run(
                `INSERT INTO log_states (host, installation_id, repository_id, generation, body, version)
                 VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING`,
                ...keyOf(log),
                state,
              )
            : sql.run(
                `UPDATE log_states SET body = ?, version = version + 1 WHERE ${LOG} AND version = ?`,
                state,
                ...keyOf(log),
                exact(expected),
              );
        if (changed !== 1) throw new GateError('ERR_STORE_CONFLICT', 'the log was moved on by another sequencer');
        for (const { digest, index } of published) number(sql, log, digest, index);
        for (const { digest, signature } of resigned) resign(sql, log, digest, signature);
      }),
  };
}

/** A record gets its number once; a second one would mean two leaves for one record. */
function number(sql: Sql, log: LogId, digest: string, index: number): void {
  const sentence = `UPDATE log_records SET leaf_index = ? WHERE ${LOG} AND digest = ?
                    AND (leaf_index IS NULL OR leaf_index = ?)`;
  if (sql.run(sentence, exact(index), ...keyOf(log), digest, index) !== 1) {
    throw new GateError('ERR_STORE_CONFLICT', 'a record of the log is missing or has another number');
  }
}

/** A record that has its number keeps its signature: that is what stands on the branch. */
function resign(sql: Sql, log: LogId, digest: string, signature: Uint8Array): void {
  const sentence = `UPDATE log_records SET signature = ? WHERE ${LOG} AND digest = ? AND leaf_index IS NULL`;
  if (sql.run(sentence, signature, ...keyOf(log), digest) !== 1) {
    throw new GateError(
      'ERR_STORE_CONFLICT',
      'a record of the log that was to be signed again is missing or published',
    );
  }
}

/** One path a line. The writer names attachments by digest, so a line break can only be a mistake of a caller. */
function pathsOf(attachments: StoredRecord['attachments']): string {
  if (attachments.some(({ path }) => path.includes('\n')))
    throw new GateError('ERR_INPUT', 'a path holds a line break');
  return attachments.map(({ path }) => path).join('\n');
}

function keyOf(log: LogId): [string, number, number, number] {
  return [log.host, exact(log.installationId), exact(log.repositoryId), exact(log.generation)];
}

function toRecord(sql: Sql, log: LogId, row: Row): StoredRecord {
  const paths = textOf(row, 'attachments').split('\n').filter(Boolean);
  const digest = textOf(row, 'digest');
  const expunged = sql.get(`SELECT path FROM log_attachments WHERE ${LOG} AND expunged_by = ?`, ...keyOf(log), digest);
  return {
    digest,
    bytes: bytesOf(row, 'bytes'),
    signature: bytesOf(row, 'signature'),
    attachments: paths.flatMap((path) => attachment(sql, log, path)),
    ...(expunged === undefined ? {} : { expunges: textOf(expunged, 'path') }),
    index: nullableIntegerOf(row, 'leaf_index'),
  };
}

function attachment(sql: Sql, log: LogId, path: string): { path: string; bytes: Uint8Array }[] {
  const row = sql.get(`SELECT bytes, expunged_by FROM log_attachments WHERE ${LOG} AND path = ?`, ...keyOf(log), path);
  if (row === undefined) throw new GateError('ERR_STORE_UNAVAILABLE', 'the store lost a file that a record names');
  return row['expunged_by'] === null ? [{ path, bytes: bytesOf(row, 'bytes') }] : [];
}

function checkAlone(sql: Sql, log: LogId, mark: string, digest: string): void {
  const other = sql.get(
    `SELECT digest FROM log_records WHERE ${LOG} AND mark = ? AND digest <> ?`,
    ...keyOf(log),
    mark,
    digest,
  );
  if (other !== undefined) throw new GateError('ERR_INPUT', 'another record of the log has used what may be used once');
}

/** A path of this log that stays empty: nobody's record brings the file there. */
function forbid(sql: Sql, log: LogId, path: string): void {
  sql.run(
    `INSERT INTO log_attachments (host, installation_id, repository_id, generation, path, bytes, expunged_by)
     VALUES (?, ?, ?, ?, ?, ?, '') ON CONFLICT DO NOTHING`,
    ...keyOf(log),
    path,
    new Uint8Array(),
  );
}

/**
 * Only a file that is on the branch can be taken off it: one that a published record of this log names. Where it never
 * was, or is gone already, git would refuse the whole commit, each time that it is tried.
 */
function expunge(sql: Sql, log: LogId, path: string, digest: string): void {
  const isNamed =
    sql.get(
      `SELECT digest FROM log_records WHERE ${LOG} AND leaf_index IS NOT NULL AND ? || attachments || ? LIKE ? LIMIT 1`,
      ...keyOf(log),
      '\n',
      '\n',
      `%\n${path}\n%`,
    ) !== undefined;
  const forgotten = isNamed
    ? sql.run(
        `UPDATE log_attachments SET bytes = ?, expunged_by = ? WHERE ${LOG} AND path = ? AND expunged_by IS NULL`,
        new Uint8Array(),
        digest,
        ...keyOf(log),
        path,
      )
    : 0;
  if (forgotten !== 1)
    throw new GateError('ERR_INPUT', 'there is no such facts file on the evidence branch to expunge');
}
