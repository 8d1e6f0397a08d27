import { GateError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { integerOf } from './values.ts';

/**
 * The schema, oldest first; a published entry is never changed. Only this file is written for SQLite: the statements in
 * the other files are SQL that PostgreSQL understands as well (INTEGER becomes BIGINT there, BLOB becomes BYTEA).
 * Host, installation id and repository id are on every row that belongs to a repository; a job's are in its subject and
 * a delivery's in its job, because both are stored before anything is parsed.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    event TEXT NOT NULL,
    digest TEXT NOT NULL,
    body BLOB NOT NULL,
    received_at TEXT NOT NULL,
    UNIQUE (event, digest)
  ) STRICT;

  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'dead')),
    not_before INTEGER NOT NULL,
    owner TEXT,
    lease_until INTEGER,
    error TEXT,
    CHECK ((state = 'leased') = (owner IS NOT NULL AND lease_until IS NOT NULL))
  ) STRICT;
  CREATE INDEX jobs_by_state ON jobs (state, id);
  -- The last word on "never side by side": not even a mistake in a query can lease one subject twice.
  CREATE UNIQUE INDEX jobs_one_lease_a_subject ON jobs (subject) WHERE state = 'leased';
  CREATE INDEX jobs_by_subject ON jobs (subject, state, kind);

  CREATE TABLE documents (
    host TEXT NOT NULL,
    installation_id INTEGER NOT NULL,
    repository_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT,
    version INTEGER NOT NULL,
    PRIMARY KEY (host, installation_id, repository_id, kind, key)
  ) STRICT;
  CREATE INDEX documents_by_kind ON documents (kind);

  CREATE TABLE log_states (
    host TEXT NOT NULL,
    installation_id INTEGER NOT NULL,
    repository_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    body TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (host, installation_id, repository_id, generation)
  ) STRICT;

  CREATE TABLE log_records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    host TEXT NOT NULL,
    installation_id INTEGER NOT NULL,
    repository_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    digest TEXT NOT NULL,
    bytes BLOB NOT NULL,
    signature BLOB NOT NULL,
    attachments TEXT NOT NULL,
    leaf_index INTEGER,
    UNIQUE (host, installation_id, repository_id, generation, digest),
    UNIQUE (host, installation_id, repository_id, generation, leaf_index)
  ) STRICT;
  CREATE INDEX log_records_queued ON log_records (host, installation_id, repository_id, generation, sequence)
    WHERE leaf_index IS NULL;

  CREATE TABLE log_attachments (
    host TEXT NOT NULL,
    installation_id INTEGER NOT NULL,
    repository_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    path TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (host, installation_id, repository_id, generation, path)
  ) STRICT;
  `,
  // Digest of the record that expunged the file; its bytes are empty then.
  `
  ALTER TABLE log_attachments ADD COLUMN expunged_by TEXT;
  CREATE INDEX log_attachments_expunged ON log_attachments (host, installation_id, repository_id, generation, expunged_by)
    WHERE expunged_by IS NOT NULL;
  `,
  `
  ALTER TABLE log_records ADD COLUMN mark TEXT;
  CREATE INDEX log_records_marked ON log_records (host, installation_id, repository_id, generation, mark)
    WHERE mark IS NOT NULL;
  `,
  // Tokens that are good for one request, until they have expired. No repository's: they are spent before it is looked up.
  `
  CREATE TABLE spent_tokens (
    issuer TEXT NOT NULL,
    id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, id)
  ) STRICT;
  CREATE INDEX spent_tokens_by_expiry ON spent_tokens (expires_at);
  `,
];

/**
 * Brings the file to this version's schema, in one transaction; two processes that start together do it once.
 * @throws {GateError} ERR_STORE_UNAVAILABLE when a newer version made the file
 */
export function migrate(connection: Connection): void {
  connection.exclusively((sql, exec) => {
    exec('CREATE TABLE IF NOT EXISTS migrations (version INTEGER NOT NULL PRIMARY KEY) STRICT');
    const row = sql.get('SELECT COUNT(*) AS applied FROM migrations');
    const applied = row === undefined ? 0 : integerOf(row, 'applied');
    if (applied > MIGRATIONS.length) {
      throw new GateError('ERR_STORE_UNAVAILABLE', 'the data file was made by a newer version of Countersign');
    }
    for (const [index, script] of MIGRATIONS.entries()) {
      if (index < applied) continue;
      exec(script);
      sql.run('INSERT INTO migrations (version) VALUES (?)', index + 1);
    }
  });
}
