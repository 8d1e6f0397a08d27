import { equalBytes } from '../bytes.ts';
import type { ChunkReport, ChunkTask, FileToRead } from './check-chunk.ts';
import { HASH_BYTES } from '../tree/hash-levels.ts';
import { LeafSet } from '../tree/leaf-set.ts';
import { lower } from './log-head.ts';
import type { ListedSignatures, LogListing } from './log-listing.ts';
import { followLog, gateKinds } from './log-semantics.ts';
import type { LogSemantics, RecordNote } from './log-semantics.ts';
import type { RecordProblem } from '../problem.ts';
import { distrustedRanges } from './register.ts';
import type { Register } from './register.ts';
import { TILE_WIDTH, tilePath } from '../tree/tiles.ts';

/** Where chunks are checked: in this thread, or in a pool of others. */
export interface ChunkChecker {
  /** So many chunks under way keep it busy; more would only fill the memory. */
  readonly width: number;
  /** Rejects when the files cannot be read or the check itself fails: then the log is refused. */
  check(task: ChunkTask, register: Register): Promise<ChunkReport>;
}

export interface RecordsToCheck {
  readonly listing: LogListing;
  readonly register: Register;
  /** Leaf hashes of the records that the register was built from, as they were when it was. */
  readonly registerLeaves: ReadonlyMap<number, Uint8Array>;
  /** Leaves of the tree that the checkpoint signs. */
  readonly size: number;
  /** Check from this index on; what is before is in `leaves` and known to be good. */
  readonly from: number;
  /** Check the records below this index only: what is wrong from there on is known already. */
  readonly limit: number;
  /** One hash for every record below `limit`; filled from `from` on. */
  readonly leaves: Uint8Array;
  /** Of records below `from`: asked for once, with the authorisations that newer records name and that are not newer. */
  readonly recall: (wanted: Wanted) => Promise<readonly RecordNote[] | RecordProblem>;
  readonly checker: ChunkChecker;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What has to be found among records that are not read in whole. */
export interface Wanted {
  /** Digests of `authorised` records. */
  readonly authorised: ReadonlySet<string>;
  /** Are gates opened or authorisations concluded at all? */
  readonly gates: boolean;
  /** Are there signatures of people, whose nonces must not have stood before? */
  readonly nonces: boolean;
}

export interface CheckedRecords {
  /** The first record that is bad in itself or after those before it, or its signatures file. */
  readonly problem: RecordProblem | null;
  /** See `ChunkReport`. */
  readonly doubt: number | null;
  /** Numbers of level-0 tiles that are known to be right. */
  readonly rightTiles: ReadonlySet<number>;
  /** Paths of attachments that the checked records name. */
  readonly referenced: ReadonlySet<string>;
}

/**
 * Checks records, a tile's worth at a time and several of those at once, and takes the answers in log order: so the first
 * bad record is the same however the work was split.
 */
export async function checkRecords(input: RecordsToCheck): Promise<CheckedRecords> {
  const { register, size, from, limit, leaves, checker } = input;
  const rightTiles = new Set<number>();
  const rules = new LogRules(input);
  const kept: RecordNote[] = [];
  let doubt: number | null = null;
  let problem: RecordProblem | null = null;
  const tasks = tasksOf(input);
  const underWay: Promise<ChunkReport>[] = [];
  const startNext = (): void => {
    const { value: task } = tasks.next();
    if (task === undefined) return;
    const report = checker.check(task, register);
    // Awaited in log order; if an earlier chunk ends the check, nobody waits for it and it must not count as unhandled.
    report.catch(() => undefined);
    underWay.push(report);
  };
  try {
    for (let started = 0; started < checker.width; started += 1) startNext();
    for (let start = from; start < limit && problem === null; start = endOf(start)) {
      const report = await underWay.shift();
      if (report === undefined) throw new TypeError('a chunk was not checked');
      startNext();
      leaves.set(report.leaves, start * HASH_BYTES);
      doubt ??= report.doubt;
      if (report.isWholeTile) rightTiles.add(start / TILE_WIDTH);
      problem = lower(rules.findRepeated(report, start), report.problem);
      // What reaches back to records that are not read yet has to wait until it is known which those are.
      if (from === 0) problem = lower(problem, rules.follow(report.notes));
      else kept.push(...report.notes);
      input.onProgress?.(Math.min(endOf(start), limit), size);
    }
  } finally {
    await Promise.allSettled(underWay);
  }
  if (from > 0) {
    const older = await input.recall(wantedBy(kept));
    problem = lower(problem, 'code' in older ? older : rules.follow(kept, older));
  }
  return { problem: lower(problem, rules.findExpunged()), doubt, rightTiles, referenced: rules.referenced };
}

/** What is checked of records in their order, in one place. */
class LogRules {
  readonly referenced = new Set<string>();
  readonly #input: RecordsToCheck;
  readonly #semantics: LogSemantics;
  readonly #seen: LeafSet;

  constructor(input: RecordsToCheck) {
    this.#input = input;
    this.#semantics = followLog(distrustedRanges(input.register));
    this.#seen = new LeafSet(input.leaves);
    for (let index = 0; index < input.from; index += 1) this.#seen.add(index);
  }

  /** A record that stood in the log before, or that is not what it was when the register was built. */
  findRepeated({ leaves, problem }: ChunkReport, start: number): RecordProblem | null {
    const { registerLeaves } = this.#input;
    const end = problem?.index ?? start + leaves.length / HASH_BYTES;
    for (let index = start; index < end; index += 1) {
      const before = registerLeaves.get(index);
      const leaf = leaves.subarray((index - start) * HASH_BYTES, (index - start + 1) * HASH_BYTES);
      if (before !== undefined && !equalBytes(before, leaf)) {
        return this.#wrong('changed-while-reading', index, 'its bytes changed while the log was read');
      }
      if (!this.#seen.add(index)) {
        return this.#wrong('record-repeated', index, 'the same record stands earlier in the log');
      }
    }
    return null;
  }

  /** @param older of records that were checked before, in log order */
  follow(notes: readonly RecordNote[], older: readonly RecordNote[] = []): RecordProblem | null {
    const { listing, register } = this.#input;
    for (const note of older) this.#semantics.remember(note);
    for (const note of notes) {
      const { index, attachments = [] } = note;
      const refusal = this.#semantics.follow(note);
      if (refusal !== null) return this.#wrong(refusal.code, index, refusal.message);
      for (const path of attachments) {
        this.referenced.add(path);
        if (!listing.attachments.has(path) && !register.expunged.has(path)) {
          return { code: 'attachment-missing', path, index, message: `record ${index} names it` };
        }
      }
    }
    return null;
  }

  findExpunged(): RecordProblem | null {
    const { listing, register, limit } = this.#input;
    for (const [path, index] of register.expunged) {
      if (index < limit && listing.attachments.has(path)) {
        const message = `record ${index} says that it was expunged, and it is there`;
        return { code: 'attachment-not-expunged', path, index, message };
      }
    }
    return null;
  }

  #wrong(code: RecordProblem['code'], index: number, message: string): RecordProblem {
    return { code, path: this.#input.listing.records.get(index)?.path ?? '', index, message };
  }
}

function* tasksOf({ listing, size, from, limit }: RecordsToCheck): Generator<ChunkTask, undefined> {
  const { records, signatures, tiles } = listing;
  let covering = 0;
  for (let start = from; start < limit; start = endOf(start)) {
    const end = Math.min(endOf(start), limit);
    const files: FileToRead[] = [];
    for (let index = start; index < end; index += 1) {
      const { path, id } = records.get(index) ?? { path: '', id: undefined };
      files.push({ path, id });
    }
    while ((signatures[covering]?.name.last ?? end) < start) covering += 1;
    const spans: ListedSignatures[] = [];
    for (let at = covering; (signatures[at]?.name.first ?? end) < end; at += 1) {
      const file = signatures[at];
      if (file !== undefined) spans.push(file);
    }
    const number = Math.floor(start / TILE_WIDTH);
    const tile = tilePath({ level: 0, index: number, width: Math.min(TILE_WIDTH, size - number * TILE_WIDTH) });
    yield {
      start,
      records: files,
      signatures: spans.map(({ path, id, name: { first: head, last, day } }) => ({ path, id, first: head, last, day })),
      tile: tiles.has(tile) ? { path: tile, id: tiles.get(tile) } : null,
    };
  }
}

/** Index after the last one below the same level-0 tile. */
function endOf(start: number): number {
  return start - (start % TILE_WIDTH) + TILE_WIDTH;
}

function wantedBy(notes: readonly RecordNote[]): Wanted {
  const authorised = new Set<string>();
  const known = new Set<string>();
  for (const { digest, authorisedDigest } of notes) {
    if (digest !== undefined) known.add(digest);
    if (typeof authorisedDigest === 'string' && !known.has(authorisedDigest)) authorised.add(authorisedDigest);
  }
  return {
    authorised,
    gates: notes.some(({ kind }) => gateKinds.has(kind)),
    nonces: notes.some(({ nonce }) => nonce !== undefined),
  };
}
