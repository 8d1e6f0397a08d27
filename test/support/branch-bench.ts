import { generateKeyPairSync } from 'node:crypto';

import type { BranchOf } from '../../adapters/evidence-branch/branch.ts';
import { evidenceLog } from '../../adapters/evidence-branch/writer.ts';
import { ed25519Signer } from '../../adapters/signing/ed25519-signer.ts';
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
import type { EvidenceLog, LogStore, SealedInput, Signer, Store } from '../../core/ports.ts';
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
/** One store for all benches of a test file: rows are kept apart by repository. */
const shared: Store = openStore(':memory:');
let nextRepository = 1_000;
const verified = new Map<string, Promise<VerifyResult>>();

function newSigner(): Signer {
  return ed25519Signer(generateKeyPairSync('ed25519').privateKey);
}

/** One repository with an evidence branch, and everything that was ever signed for it. */
export class Bench {
  readonly repository = new BranchRepository();
  readonly ref: RepositoryRef;
  readonly store: LogStore;
  readonly signed: Signed[] = [];
  now = Date.UTC(2026, 10, 21, 12);
  #writers = 0;

  constructor(store: LogStore = shared.logs) {
    this.store = store;
    nextRepository += 1;
    this.ref = { host: 'github.com', installationId: 7, id: nextRepository, owner: 'acme', name: 'infra' };
  }

  /** A process with a writer of its own over the same store, keys and branch. */
  writer({ intercept = undisturbed, store = this.store, wait, branchOf }: WriterParts = {}): EvidenceLog {
    this.#writers += 1;
    const name = `process ${this.#writers}`;
    const branch = simulatedBranch(this.repository, intercept);
    return evidenceLog({
      branchOf: branchOf ?? (() => Promise.resolve(branch)),
      store,
      signers: { record: keys.record, checkpoint: this.#remembering(keys.checkpoint) },
      clock: { now: () => (this.now += 1) },
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
      sign: (message) => {
        const checkpoint = parseCheckpoint(fromUtf8(message) ?? '');
        if (!checkpoint.ok) throw new TypeError('something that is no checkpoint was signed as one');
        this.signed.push(checkpoint.value);
        return signer.sign(message);
      },
    };
  }
}
