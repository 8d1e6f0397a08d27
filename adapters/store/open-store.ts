import type { Store } from '../../core/ports.ts';
import { Connection } from './connection.ts';
import { sqlDocumentStore } from './document-store.ts';
import { sqlJobQueue } from './job-queue.ts';
import { sqlLogStore } from './log-store.ts';
import { migrate } from './migrations.ts';
import { sqlTokenStore } from './token-store.ts';

/**
 * Opens the embedded store. Several processes may open one file; each promise resolves only when its rows are on disk.
 *
 * @param path a file in an existing directory (made when missing), or `:memory:`
 * @throws {GateError} ERR_STORE_UNAVAILABLE when a newer version made the file; node's own error when it cannot be opened
 */
export function openStore(path: string): Store {
  const connection = new Connection(path);
  migrate(connection);
  return {
    queue: sqlJobQueue(connection),
    documents: sqlDocumentStore(connection),
    logs: sqlLogStore(connection),
    tokens: sqlTokenStore(connection),
    // oxlint-disable-next-line typescript/require-await -- the port is asynchronous for stores over a network
    close: async () => connection.close(),
  };
}
