import { GateError } from '../../core/errors.ts';
import { fromUtf8, utf8 } from '../../core/evidence/bytes.ts';
import type { Store } from '../../core/ports.ts';
import type { View } from './file-tree.ts';
import { gitDocumentStore } from './git-document-store.ts';
import { gitLogStore } from './git-log-store.ts';
import { SealedRef } from './sealed-ref.ts';
import type { SealedRefOptions } from './sealed-ref.ts';
import { storeSeal } from './store-seal.ts';
import type { SealOptions } from './store-seal.ts';

export interface GitStoreOptions extends SealedRefOptions, SealOptions {
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
  /** What a commit of the evidence branch that is made now says of the store; see `SealedRef`. */
  readonly name: () => string;
  /** Is all here that the commits with these messages rest on? */
  readonly knows: (messages: string) => Promise<boolean>;
  /** The evidence branch that is written by this store: the one that was asked for first. */
  readonly branchOf: (asked: string) => Promise<string>;
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
  const files = new SealedRef(options, storeSeal(options));
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
    name: () => files.name(),
    knows: (messages) => files.knows(messages),
    branchOf: async (asked) => {
      const known = await files.look((view) => view.read(BRANCH_FILE), isEach);
      if (known !== null) return fromUtf8(known) ?? '';
      return access.write(async (view) => {
        const there = await view.read(BRANCH_FILE);
        if (there !== null && fromUtf8(there) !== asked) {
          throw new GateError('ERR_STORE_CONFLICT', 'another job began the log on another branch');
        }
        view.write(BRANCH_FILE, utf8(asked));
        return asked;
      });
    },
    close: () => files.flush(),
  };
}

const BRANCH_FILE = 'branch';
