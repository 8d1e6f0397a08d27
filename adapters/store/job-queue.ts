import type { Job, JobQueue, NewJob } from '../../core/ports.ts';
import type { Connection, Row, Sql } from './connection.ts';
import { bytesOf, exact, integerOf, textOf } from './values.ts';

/** What makes a waiting job claimable: it is due, and no other job of its subject is being worked on. */
const CLAIMABLE = `
  FROM jobs WHERE state = 'waiting' AND not_before <= ?
  AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.subject = jobs.subject AND other.state = 'leased')
  ORDER BY id LIMIT 1`;

/**
 * The lease is (id, owner, attempts): every claim counts `attempts` up, so a process that lost a lease and claimed the
 * job again cannot end it with the older one.
 */
const MY_LEASE = `id = ? AND owner = ? AND attempts = ? AND state = 'leased'`;

/** JobQueue on SQL. `attempts` of a claimed job counts this claim too: a job that kills its process is counted. */
export function sqlJobQueue(connection: Connection): JobQueue {
  const end = (job: Job, owner: string, change: string, ...values: (string | number)[]): Promise<boolean> =>
    connection.write((sql) => {
      const sentence = `UPDATE jobs SET owner = NULL, lease_until = NULL, ${change} WHERE ${MY_LEASE}`;
      return sql.run(sentence, ...values, job.id, owner, job.attempts) === 1;
    });

  return {
    accept: (delivery, job) =>
      connection.write((sql) => {
        const stored = sql.run(
          'INSERT INTO deliveries (id, event, digest, body, received_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
          delivery.id,
          delivery.event,
          delivery.digest,
          delivery.body,
          delivery.receivedAt,
        );
        if (stored === 0) return 'duplicate';
        insertJob(sql, job);
        return 'stored';
      }),

    delivery: (id) =>
      connection.read((sql) => {
        const row = sql.get('SELECT id, event, digest, body, received_at FROM deliveries WHERE id = ?', id);
        if (row === undefined) return null;
        return {
          id: textOf(row, 'id'),
          event: textOf(row, 'event'),
          digest: textOf(row, 'digest'),
          body: bytesOf(row, 'body'),
          receivedAt: textOf(row, 'received_at'),
        };
      }),

    enqueue: (job) => connection.write((sql) => insertJob(sql, job)),

    claim: (owner, now, leaseMs) =>
      connection.write((sql) => {
        // A lease that ran out is lost from the moment somebody else looks for work.
        sql.run(
          `UPDATE jobs SET state = 'waiting', owner = NULL, lease_until = NULL
           WHERE state = 'leased' AND lease_until <= ?`,
          exact(now),
        );
        const due = sql.get(`SELECT id ${CLAIMABLE}`, now);
        if (due === undefined) return null;
        const claimed = sql.get(
          `UPDATE jobs SET state = 'leased', owner = ?, lease_until = ?, attempts = attempts + 1 WHERE id = ?
           RETURNING id, kind, subject, payload, attempts`,
          owner,
          exact(now + leaseMs),
          integerOf(due, 'id'),
        );
        return claimed === undefined ? null : toJob(claimed);
      }),

    renew: (job, owner, now, leaseMs) =>
      connection.write((sql) => {
        const sentence = `UPDATE jobs SET lease_until = ? WHERE ${MY_LEASE} AND lease_until > ?`;
        return sql.run(sentence, exact(now + leaseMs), job.id, owner, job.attempts, now) === 1;
      }),

    complete: (job, owner) =>
      connection.write((sql) => sql.run(`DELETE FROM jobs WHERE ${MY_LEASE}`, job.id, owner, job.attempts) === 1),

    retry: (job, owner, notBefore, error) =>
      end(job, owner, `state = 'waiting', not_before = ?, error = ?`, exact(notBefore), error),

    bury: (job, owner, error) => end(job, owner, `state = 'dead', error = ?`, error),

    nextDue: (now) =>
      connection.read((sql) => {
        // A job that waits only for another one's lease is not due before that lease ends: no worker may spin on it.
        if (sql.get(`SELECT id ${CLAIMABLE}`, exact(now)) !== undefined) return now;
        const times = sql.all(
          `SELECT MIN(not_before) AS due FROM jobs WHERE state = 'waiting' AND not_before > ?
           UNION ALL SELECT MIN(lease_until) AS due FROM jobs WHERE state = 'leased'`,
          now,
        );
        const known = times.filter((row) => row['due'] !== null).map((row) => integerOf(row, 'due'));
        return known.length === 0 ? null : Math.max(now, Math.min(...known));
      }),

    counts: () =>
      connection.read((sql) => {
        const counts = { waiting: 0, leased: 0, dead: 0 };
        for (const row of sql.all('SELECT state, COUNT(*) AS jobs FROM jobs GROUP BY state')) {
          const state = textOf(row, 'state');
          if (state === 'waiting' || state === 'leased' || state === 'dead') counts[state] = integerOf(row, 'jobs');
        }
        return counts;
      }),
  };
}

/** Within the caller's transaction. */
export function insertJob(sql: Sql, job: NewJob): void {
  const notBefore = exact(job.notBefore ?? 0);
  if (job.collapse === true && swallowed(sql, job, notBefore)) return;
  sql.run(
    `INSERT INTO jobs (kind, subject, payload, attempts, state, not_before) VALUES (?, ?, ?, 0, 'waiting', ?)`,
    job.kind,
    job.subject,
    job.payload,
    notBefore,
  );
}

/** The waiting twin also takes over the earlier time: collapsing must never make anything later than it was asked for. */
function swallowed(sql: Sql, job: NewJob, notBefore: number): boolean {
  const twin = sql.get(
    `SELECT id, not_before FROM jobs WHERE state = 'waiting' AND kind = ? AND subject = ? AND payload = ?
     ORDER BY id LIMIT 1`,
    job.kind,
    job.subject,
    job.payload,
  );
  if (twin === undefined) return false;
  if (integerOf(twin, 'not_before') > notBefore) {
    sql.run('UPDATE jobs SET not_before = ? WHERE id = ?', notBefore, integerOf(twin, 'id'));
  }
  return true;
}

function toJob(row: Row): Job {
  return {
    id: integerOf(row, 'id'),
    kind: textOf(row, 'kind'),
    subject: textOf(row, 'subject'),
    payload: textOf(row, 'payload'),
    attempts: integerOf(row, 'attempts'),
  };
}
