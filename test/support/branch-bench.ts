import { generateKeyPairSync } from 'node:crypto';

import type { BranchOf } from '../../adapters/evidence-branch/branch.ts';
import type { LogSigners } from '../../adapters/evidence-branch/log-keys.ts';
import { evidenceLog } from '../../adapters/evidence-branch/writer.ts';
import { keySigner } from '../../adapters/signing/key-signer.ts';
import { sha256, sha512, verify } from '../../adapters/signing/node-crypto.ts';
import { openStore } from '../../adapters/store/open-store.ts';
import { fromUtf8, toHex } from '../../core/evidence/bytes.ts';
import { parseCheckpoint } from '../../core/evidence/notes/checkpoint.ts';
import { leafHash } from '../../core/evidence/tree/merkle.ts';
import type { Verify } from '../../core/evidence/public-key.ts';
import { formatVerifierKey, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { tilesFor } from '../../core/evidence/tree/tiles.ts';
import { emptyEdge, rootOfEdge } from '../../core/evidence/tree/tree-edge.ts';
import { verifyLog } from '../../core/evidence/verify/verify-log.ts';
import type { VerifyResult } from '../../core/evidence/verify/verify-log.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { EvidenceLog, LogId, LogStore, SealedInput, Signer, Store } from '../../core/ports.ts';
import { BranchRepository, treeKey } from './branch-repository.ts';
import { simulatedBranch, undisturbed } from './branch-simulation.ts';
import type { Interceptor } from './branch-simulation.ts';
import { recordBytes, sampleRepository } from './evidence-log.ts';

/** A checkpoint that was signed, whether it was ever published or not. */
interface Signed {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly by: Age;
}

export type LogAlgorithm = 'ed25519' | 'p256';
type Age = 'old' | 'new' | 'third';
/** Keys that a process was started with, and those that they replace. */
const HELD = {
  old: ['old', null],
  new: ['new', null],
  both: ['new', 'old'],
  back: ['old', 'new'],
  third: ['third', 'new'],
} as const satisfies Record<string, readonly [Age, Age | null]>;
/** `both`: the new keys, and the old ones as those that they replace; `back`: the reverse; `third`: those that replace the new. */
export type Holds = keyof typeof HELD;

export interface WriterParts {
  /** Default: the old keys. */
  readonly holds?: Holds;
  /** Index from which on the old keys are not believed, or an index for each repository; default: they are only replaced. */
  readonly revokedFrom?: number | ReadonlyMap<number, number> | undefined;
  /** Of its record key; default: none. */
  readonly maxMessageBytes?: number;
  readonly intercept?: Interceptor;
  readonly store?: LogStore;
  readonly wait?: (ms: number) => Promise<void>;
  readonly branchOf?: BranchOf;
}

const keys: Readonly<Record<LogAlgorithm, Readonly<Record<Age, LogSigners>>>> = {
  ed25519: { old: newSigners('ed25519'), new: newSigners('ed25519'), third: newSigners('ed25519') },
  p256: { old: newSigners('p256'), new: newSigners('p256'), third: newSigners('p256') },
};
const signatures = new Map<string, Promise<Uint8Array>>();
const verdicts = new Map<string, boolean>();
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
    marked: (log, name) => store.marked(own(log), name),
    published: (log, from, limit) => store.published(own(log), from, limit),
    state: (log) => store.state(own(log)),
    latest: (id) => store.latest(own(id)),
    advance: (log, state, expected, published, resigned) =>
      store.advance(own(log), state, expected, published, resigned).finally(onWrite),
  };
}

function newSigners(algorithm: LogAlgorithm): LogSigners {
  const make = (): Signer =>
    keySigner(
      algorithm === 'p256'
        ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
        : generateKeyPairSync('ed25519').privateKey,
    );
  return { record: make(), checkpoint: make() };
}

/**
 * Signs each thing only once in all the runs of a model, so that these are equal; but the same message again, or in another
 * process, gets another signature where the algorithm gives one.
 */
function onceEach(signer: Signer, process: string): Signer {
  const times = new Map<string, number>();
  const { algorithm, spki } = signer.publicKey;
  return {
    ...signer,
    sign: (message) => {
      const text = `${toHex(spki)} ${Buffer.from(message).toString('latin1')}`;
      const time = (times.get(text) ?? 0) + 1;
      times.set(text, time);
      const name = algorithm === 'ed25519' ? text : `${process} ${time} ${text}`;
      const signature = signatures.get(name) ?? signer.sign(message);
      signatures.set(name, signature);
      return signature;
    },
  };
}

/** Verifies each signature only once in all the runs of a model. */
const verifyOnce: Verify = (key, message, signature) => {
  const name = `${toHex(key.spki)} ${toHex(signature)} ${Buffer.from(message).toString('latin1')}`;
  const verdict = verdicts.get(name) ?? verify(key, message, signature);
  verdicts.set(name, verdict);
  return verdict;
};

/** One repository with an evidence branch, and everything that was ever signed for it. */
export class Bench {
  readonly repository: BranchRepository;
  /** The same in every bench, so that equal logs are equal bytes and are verified once. */
  readonly ref: RepositoryRef = { ...sampleRepository, owner: 'acme', name: 'infra' };
  readonly store: LogStore;
  readonly signed: Signed[] = [];
  readonly algorithm: LogAlgorithm;
  readonly now = Date.UTC(2026, 10, 21, 12);
  #writers = 0;
  /** Until the next write. */
  #stored: string | null = null;

  /** Without a store of its own: rows of its own in one that all benches of a test file share. */
  constructor(
    given: {
      readonly store?: LogStore;
      readonly repository?: BranchRepository;
      readonly algorithm?: LogAlgorithm | undefined;
    } = {},
  ) {
    rows += 1;
    this.algorithm = given.algorithm ?? 'ed25519';
    this.store = given.store ?? inOwnRows(shared.logs, rows, () => (this.#stored = null));
    this.repository = given.repository ?? new BranchRepository();
  }

  /** A process with a writer of its own over the same store and branch. */
  writer({
    holds = 'old',
    revokedFrom,
    maxMessageBytes = Number.MAX_SAFE_INTEGER,
    intercept = undisturbed,
    store = this.store,
    wait,
    branchOf,
  }: WriterParts = {}): EvidenceLog {
    this.#writers += 1;
    const name = `process ${this.#writers}`;
    const branch = simulatedBranch(this.repository, name, intercept);
    const [current, previous] = HELD[holds];
    const { record, checkpoint } = this.#signers(current, name);
    return evidenceLog({
      branchOf: branchOf ?? (() => Promise.resolve(branch)),
      store,
      signers: { record: { ...record, maxMessageBytes }, checkpoint },
      previousSigners: previous === null ? null : this.#signers(previous, name),
      previousRevokedFrom:
        typeof revokedFrom === 'number' ? new Map([[this.ref.id, revokedFrom]]) : (revokedFrom ?? null),
      clock: { now: () => this.now },
      ids: { nonce: () => name },
      sha256,
      sha512,
      verify: verifyOnce,
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

  /** Verifies what an auditor would see at a commit, with the checkpoint key pinned: the old one unless said. */
  verify(commit: string | null = this.repository.head, generation = 1, pin: Age = 'old'): Promise<VerifyResult> {
    if (commit === null) throw new TypeError('there is no branch');
    const tree = this.repository.tree(commit);
    const key = `${pin} ${generation} ${treeKey(tree)}`;
    const known = verified.get(key);
    if (known !== undefined) return known;
    const { publicKey } = keys[this.algorithm][pin].checkpoint;
    const checkpointKey = toVerifierKey(this.origin(generation), publicKey, sha256);
    const result = verifyLog(this.repository.source(commit), { checkpointKey, sha256, sha512, verify: verifyOnce });
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
        [...queued, ...published].map(({ digest, index, signature }) => [digest, index, toHex(signature)]),
      );
    }
    this.#stored = JSON.stringify(parts);
    return this.#stored;
  }

  /** Signed checkpoints of this origin that are not over a prefix of what is on the branch now, or by the wrong key. */
  contradictions(generation = 1): Signed[] {
    const records = this.#records(this.repository.head);
    const { publicKey } = keys[this.algorithm].new.checkpoint;
    const renewed = formatVerifierKey(toVerifierKey(this.origin(generation), publicKey, sha256));
    const opened = new TextDecoder().decode(records[0]).includes(renewed) ? 'new' : 'old';
    const leaves = records.map((bytes) => leafHash(bytes, sha256));
    const changed = records.findIndex((bytes) => isCheckpointChange(bytes, this.origin(generation)));
    return this.signed.filter(({ origin, size, root, by }) => {
      if (origin !== this.origin(generation)) return false;
      const { edge } = tilesFor(emptyEdge, leaves.slice(0, size), sha256);
      const inForce = changed === -1 || size <= changed ? opened : 'new';
      return by !== inForce || size > leaves.length || toHex(rootOfEdge(edge, sha256)) !== toHex(root);
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

  #signers(age: Age, process: string): LogSigners {
    const { record, checkpoint } = keys[this.algorithm][age];
    return {
      record: onceEach(record, process),
      checkpoint: this.#remembering(onceEach(checkpoint, process), age),
    };
  }

  #remembering(signer: Signer, by: Age): Signer {
    return {
      ...signer,
      sign: (message) => {
        const text = fromUtf8(message) ?? '';
        const checkpoint = parseCheckpoint(text);
        if (checkpoint.ok) this.signed.push({ ...checkpoint.value, by });
        else if (!text.startsWith('countersign key change v1\n'))
          throw new TypeError('something that is no checkpoint was signed as one');
        return signer.sign(message);
      },
    };
  }
}

function isCheckpointChange(bytes: Uint8Array, origin: string): boolean {
  const text = new TextDecoder().decode(bytes);
  return text.includes('"kind": "key-changed"') && text.includes(`"before": "${origin}+`);
}
