import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * What the App's intake is compared with, as a process of its own: `check` verifies the signature and forgets the body (the
 * floor that Node sets); `each` also parses it and stores it in a transaction of its own, as one would write it at first.
 */
const [mode, secret = '', directory = ''] = process.argv.slice(2);

const store = mode === 'each' ? openDatabase() : null;
const server = createServer((request, response) => {
  void readBody(request).then((body) => {
    const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const given = String(request.headers['x-hub-signature-256']);
    const genuine = given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
    if (genuine) store?.(String(request.headers['x-github-delivery']), body);
    const text = JSON.stringify({ status: genuine ? 'stored' : 'refused' });
    response.writeHead(genuine ? 200 : 401, { 'content-type': 'application/json', 'content-length': text.length });
    response.end(text);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : 0}\n`);
});

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function openDatabase(): (id: string, body: Buffer) => void {
  const database = new DatabaseSync(join(directory, 'plain.sqlite'));
  database.exec('PRAGMA journal_mode=WAL');
  database.exec('PRAGMA synchronous=FULL');
  database.exec('CREATE TABLE deliveries (id TEXT PRIMARY KEY, digest TEXT UNIQUE, body BLOB)');
  database.exec('CREATE TABLE jobs (id INTEGER PRIMARY KEY, payload TEXT)');
  const delivery = database.prepare('INSERT INTO deliveries (id, digest, body) VALUES (?, ?, ?)');
  const job = database.prepare('INSERT INTO jobs (payload) VALUES (?)');
  return (id, body) => {
    JSON.parse(body.toString('utf8'));
    database.exec('BEGIN IMMEDIATE');
    delivery.run(id, createHash('sha256').update(body).digest('hex'), body);
    job.run(id);
    database.exec('COMMIT');
  };
}
