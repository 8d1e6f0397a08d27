import type { TokenStore } from '../../core/token-store.ts';
import type { Connection } from './connection.ts';
import { writeDocument } from './document-store.ts';
import { insertJob } from './job-queue.ts';
import { exact } from './values.ts';

/** TokenStore on SQL: the token, what it was for and the look that follows become durable together or not at all. */
export function sqlTokenStore(connection: Connection): TokenStore {
  return {
    spend: ({ issuer, id, expiresAt }, now, { writes, job }) =>
      connection.write((sql) => {
        sql.run('DELETE FROM spent_tokens WHERE expires_at <= ?', exact(now));
        const isNew = sql.run(
          'INSERT INTO spent_tokens (issuer, id, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
          issuer,
          id,
          exact(expiresAt),
        );
        if (isNew === 0) return 'used';
        for (const write of writes) writeDocument(sql, write);
        insertJob(sql, job);
        return 'done';
      }),
  };
}
