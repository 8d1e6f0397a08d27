import { generateKeyPairSync } from 'node:crypto';

import type { BranchOf } from '../../adapters/evidence-branch/branch.ts';
import { evidenceLog } from '../../adapters/evidence-branch/writer.ts';
import { keySigner } from '../../adapters/signing/key-signer.ts';
import { sha256, verify } from '../../adapters/signing/node-crypto.ts';
import { openStore } from '../../adapters/store/open-store.ts';
import { fromUtf8, toHex } from '../../core/evidence/bytes.ts';
import { parseCheckpoint } from '../../core/evidence/checkpoint.ts';
import { leafHash } from '../../core/evidence/merkle.ts';
import { toVerifierKey } from '../../core/evidence/signed-note.ts';
import { tilesFor } from '../../core/evidence/tiles.ts';
import { emptyEdge, rootOfEdge } from '../../core/evidence/tree-edge.ts';
import { verifyLog } from '../../core/evidence/verify-log.ts';
import type { VerifyResult } from '../../core/evidence/verify-log.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { EvidenceLog, LogId, LogStore, SealedInput, Signer, Store } from '../../core/ports.ts';
import { BranchRepository, treeKey } from './branch-repository.ts';
import { simulatedBranch, undisturbed } from './branch-simulation.ts';
import type { Interceptor } from './branch-simulation.ts';
import { recordBytes } from './evidence-log.ts';

/** A checkpoint that was signed, whether it was ever published or not. */
interface Signed {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export interface WriterParts {
  readonly intercept?: Interceptor;
  readonly store?: LogStore;
  readonly wait?: (ms: number) => Promise<void>;
  readonly branchOf?: BranchOf;
}

const keys = { record: newSigner(), checkpoint: newSigner() };
/** One store for all benches of a test file; each gets rows of its own. */
const shared: Store = openStore(':memory:');
let rows = 1_000;
const verified = new Map<string, Promise<VerifyResult>>();

/** The store as a bench sees it: as if nobody else had written anything. */
function inOwnRows(store: LogStore, repositoryId: number, onWrite: () => void): LogStore {
  const own = <T extends Omit<LogId, 'generation'>>(log: T): T => ({ ...log, repositoryId });
  return {
    keep: (log, record) => store.keep(own(log), record).finally(onWrite),
    queued: (log, limit) => store.queued(own(log), limit),
    record: (log, digest) => store.record(own(log), digest),
    published: (log, from, limit) => store.published(own(log), from, limit),
    state: (log) => store.state(own(log)),
    latest: (id) => store.latest(own(id)),
    advance: (log, state, expected, published) => store.advance(own(log), state, expected, published).finally(onWrite),
  };
}

/** Ed25519 is deterministic, so each message is signed only once in all the runs of a model. */
function newSigner(): Signer {
  const signer = keySigner(generateKeyPairSync('ed25519').privateKey);
  const signatures = new Map<string, Promise<Uint8Array>>();
  return {
    publicKey: signer.publicKey,
    maxMessageBytes: signer.maxMessageBytes,
    sign: (message) => {
      const key = Buffer.from(message).toString('latin1');
      const signature = signatures.get(key) ?? signer.sign(message);
      signatures.set(key, signature);
      return signature;
    },
  };
}

/** One repository with an evidence branch, and everything that was ever signed for it. */
export class Bench {
  readonly repository: BranchRepository;
  /** The same in every bench, so that equal logs are equal bytes and are verified once. */
  readonly ref: RepositoryRef = { host: 'github.com', installationId: 7, id: 1_000, owner: 'acme', name: 'infra' };
  readonly store: LogStore;
  readonly signed: Signed[] = [];
  readonly now = Date.UTC(2026, 10, 21, 12);
  #writers = 0;
  /** Until the next write. */
  #stored: string | null = null;

  /** Without a store of its own: rows of its own in one that all benches of a test file share. */
  constructor(given: { readonly store?: LogStore; readonly repository?: BranchRepository } = {}) {
    rows += 1;
    this.store = given.store ?? inOwnRows(shared.logs, rows, () => (this.#stored = null));
    this.repository = given.repository ?? new BranchRepository();
  }

  /** A process with a writer of its own over the same store, keys and branch. */
  writer({ intercept = undisturbed, store = this.store, wait, branchOf }: WriterParts = {}): EvidenceLog {
    this.#writers += 1;
    const name = `process ${this.#writers}`;
    const branch = simulatedBranch(this.repository, name, intercept);
    return evidenceLog({
      branchOf: branchOf ?? (() => Promise.resolve(branch)),
      store,
      signers: { record: keys.record, checkpoint: this.#remembering(keys.checkpoint) },
      clock: { now: () => this.now },
      ids: { nonce: () => name },
      sha256,
      verify,
      wait: wait ?? (() => Promise.resolve()),
      random: () => 0.5,
    });
  }

  record(number: number, fields: Readonly<Record<string, unknown>> = {}): SealedInput {
    const { host, installationId, id } = this.ref;
    const bytes = recordBytes('heartbeat', { number, ...fields }, number, { host, installationId, id });
    return { bytes, attachments: [] };
  }

  digest(input: SealedInput): string {
    return toHex(sha256(input.bytes));
  }

  origin(generation = 1): string {
    return `${this.ref.host}/${this.ref.installationId}/${this.ref.id}/${generation}`;
  }

  /** Verifies what an auditor would see at a commit, with the checkpoint key pinned. */
  verify(commit: string | null = this.repository.head, generation = 1): Promise<VerifyResult> {
    if (commit === null) throw new TypeError('there is no branch');
    const tree = this.repository.tree(commit);
    const key = `${generation} ${treeKey(tree)}`;
    const known = verified.get(key);
    if (known !== undefined) return known;
    const checkpointKey = toVerifierKey(this.origin(generation), keys.checkpoint.publicKey, sha256);
    const result = verifyLog(this.repository.source(commit), { checkpointKey, sha256, verify });
    verified.set(key, result);
    return result;
  }

  /** Digests of the records at a commit, by index. */
  digests(commit: string | null = this.repository.head): string[] {
    return this.#records(commit).map((bytes) => toHex(sha256(bytes)));
  }

  kinds(commit: string | null = this.repository.head): string[] {
    return this.#recordPaths(commit).map((path) => /-([a-z-]+)\.json$/.exec(path)?.[1] ?? '');
  }

  /** The records' texts at the head, by index. */
  texts(): string[] {
    return this.#records(this.repository.head).map((bytes) => new TextDecoder().decode(bytes));
  }

  /** Everything that the store holds of this repository's logs, as one text. */
  async stored(): Promise<string> {
    if (this.#stored !== null) return this.#stored;
    const { host, installationId, id: repositoryId } = this.ref;
    const parts: unknown[] = [];
    for (const generation of [1, 2]) {
      const log: LogId = { host, installationId, repositoryId, generation };
      const queued = await this.store.queued(log, 1_000);
      const published = await this.store.published(log, 0, 1_000);
      parts.push(
        await this.store.state(log),
        [...queued, ...published].map(({ digest, index }) => [digest, index]),
      );
    }
    this.#stored = JSON.stringify(parts);
    return this.#stored;
  }

  /** Every checkpoint that was ever signed for this origin is over a prefix of what is on the branch now. */
  contradictions(generation = 1): Signed[] {
    const leaves = this.#records(this.repository.head).map((bytes) => leafHash(bytes, sha256));
    return this.signed.filter(({ origin, size, root }) => {
      if (origin !== this.origin(generation)) return false;
      const { edge } = tilesFor(emptyEdge, leaves.slice(0, size), sha256);
      return size > leaves.length || toHex(rootOfEdge(edge, sha256)) !== toHex(root);
    });
  }

  #recordPaths(commit: string | null): string[] {
    const paths = commit === null ? [] : [...this.repository.tree(commit).keys()];
    const number = (path: string): string => path.split('/').at(-1) ?? '';
    return paths.filter((path) => path.startsWith('records/')).sort((a, b) => (number(a) < number(b) ? -1 : 1));
  }

  #records(commit: string | null): Uint8Array[] {
    return this.#recordPaths(commit).flatMap((path) => {
      const file = commit === null ? undefined : this.repository.tree(commit).get(path);
      return file === undefined ? [] : [file.bytes];
    });
  }

  #remembering(signer: Signer): Signer {
    return {
      publicKey: signer.publicKey,
      maxMessageBytes: signer.maxMessageBytes,
      sign: (message) => {
        const checkpoint = parseCheckpoint(fromUtf8(message) ?? '');
        if (!checkpoint.ok) throw new TypeError('something that is no checkpoint was signed as one');
        this.signed.push(checkpoint.value);
        return signer.sign(message);
      },
    };
  }
}
