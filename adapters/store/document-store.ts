import { GateError } from '../../core/errors.ts';
import type { Document, DocumentKey, DocumentStore, DocumentWrite } from '../../core/ports.ts';
import type { Connection, Row, Sql } from './connection.ts';
import { exact, integerOf, textOf } from './values.ts';

const COLUMNS = 'host, installation_id, repository_id, kind, key, body, version';
const THIS_ROW = 'host = ? AND installation_id = ? AND repository_id = ? AND kind = ? AND key = ?';

/**
 * DocumentStore on SQL. A removed document leaves its version behind (body NULL): were numbering to start again, a
 * process that read the old version 1 could overwrite the new version 1 without noticing.
 */
export function sqlDocumentStore(connection: Connection): DocumentStore {
  return {
    get: (id) =>
      connection.read((sql) => {
        const row = sql.get(`SELECT ${COLUMNS} FROM documents WHERE ${THIS_ROW} AND body IS NOT NULL`, ...keyOf(id));
        return row === undefined ? null : toDocument(row);
      }),

    put: (id, body, expected) => connection.write((sql) => writeDocument(sql, { id, body, expected })),

    list: ({ host, installationId, repositoryId, kind }) =>
      connection.read((sql) =>
        sql
          .all(
            `SELECT ${COLUMNS} FROM documents
             WHERE host = ? AND installation_id = ? AND repository_id = ? AND kind = ? AND body IS NOT NULL ORDER BY key`,
            host,
            exact(installationId),
            exact(repositoryId),
            kind,
          )
          .map(toDocument),
      ),

    listAll: (kind) =>
      connection.read((sql) =>
        sql
          .all(
            `SELECT ${COLUMNS} FROM documents WHERE kind = ? AND body IS NOT NULL
             ORDER BY host, installation_id, repository_id, key`,
            kind,
          )
          .map(toDocument),
      ),

    remove: (id, expected) =>
      connection.write((sql) => {
        const sentence = `UPDATE documents SET body = NULL, version = version + 1
                          WHERE ${THIS_ROW} AND version = ? AND body IS NOT NULL`;
        if (sql.run(sentence, ...keyOf(id), exact(expected)) !== 1) throw conflict(id);
      }),
  };
}

/** Within the caller's transaction. @throws {GateError} ERR_STORE_CONFLICT */
export function writeDocument(sql: Sql, { id, body, expected }: DocumentWrite): Document {
  const row =
    expected === 0
      ? sql.get(
          `INSERT INTO documents (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, 1)
           ON CONFLICT (host, installation_id, repository_id, kind, key)
           DO UPDATE SET body = excluded.body, version = documents.version + 1 WHERE documents.body IS NULL
           RETURNING ${COLUMNS}`,
          ...keyOf(id),
          body,
        )
      : sql.get(
          `UPDATE documents SET body = ?, version = version + 1
           WHERE ${THIS_ROW} AND version = ? AND body IS NOT NULL RETURNING ${COLUMNS}`,
          body,
          ...keyOf(id),
          exact(expected),
        );
  if (row === undefined) throw conflict(id);
  return toDocument(row);
}

function keyOf(id: DocumentKey): [string, number, number, string, string] {
  return [id.host, exact(id.installationId), exact(id.repositoryId), id.kind, id.key];
}

function conflict(id: DocumentKey): GateError {
  return new GateError('ERR_STORE_CONFLICT', `a document of kind ${id.kind} was changed by somebody else first`);
}

function toDocument(row: Row): Document {
  return {
    id: {
      host: textOf(row, 'host'),
      installationId: integerOf(row, 'installation_id'),
      repositoryId: integerOf(row, 'repository_id'),
      kind: textOf(row, 'kind'),
      key: textOf(row, 'key'),
    },
    body: textOf(row, 'body'),
    version: integerOf(row, 'version'),
  };
}
