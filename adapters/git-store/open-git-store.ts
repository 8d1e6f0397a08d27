import type { Store } from '../../core/ports.ts';
import type { View } from './file-tree.ts';
import { gitDocumentStore } from './git-document-store.ts';
import { gitLogStore } from './git-log-store.ts';
import { SealedRef } from './sealed-ref.ts';
import type { SealedRefOptions } from './sealed-ref.ts';

export interface GitStoreOptions extends SealedRefOptions {
  /**
   * `each`: a write answers when it is at the server, and a read asks the server, as the port says. `together`: a write
   * answers at once and gets there with the next state of the log, in one push; right for a process that tells nobody of
   * anything before the log has taken it.
   */
  readonly push: 'each' | 'together';
}

export interface GitStore extends Pick<Store, 'documents' | 'logs' | 'close'> {
  /** Everything that was written is at the server. */
  readonly flush: () => Promise<void>;
}

type Access = <T>(what: (view: View) => Promise<T>) => Promise<T>;

/** What the stores do with the files; `freshLook` and `writeNow` wait for the server in any case. */
export interface FileAccess {
  readonly look: Access;
  readonly freshLook: Access;
  readonly write: Access;
  readonly writeNow: Access;
}

/** The store of a log that workflows write: a ref of the same repository (sealed-ref.ts). */
export function openGitStore(options: GitStoreOptions): GitStore {
  const files = new SealedRef(options);
  const isEach = options.push === 'each';
  const access: FileAccess = {
    look: (what) => files.look(what, isEach),
    freshLook: (what) => files.look(what, true),
    write: (change) => (isEach ? files.now(change) : files.later(change)),
    writeNow: (change) => files.now(change),
  };
  return {
    documents: gitDocumentStore(access),
    logs: gitLogStore(access),
    flush: () => files.flush(),
    close: () => files.flush(),
  };
}
