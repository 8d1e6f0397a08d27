import { ATTRIBUTES_PATH, CHECKPOINT_PATH, padIndex, parseEvidencePath } from './layout.ts';
import type { EvidencePath } from './layout.ts';
import type { Problem } from './problem.ts';

/** A file of the branch as its tree lists it. */
export interface ListedFile {
  /** With `/`, relative to the root of the branch. */
  readonly path: string;
  /** Git file mode: `100644` plain, `100755` executable, `120000` symbolic link, `160000` submodule. */
  readonly mode: string;
}

export interface ListedRecord {
  readonly path: string;
  readonly name: Extract<EvidencePath, { kind: 'record' }>;
}

export interface ListedSignatures {
  readonly path: string;
  readonly name: Extract<EvidencePath, { kind: 'signatures' }>;
}

/** The files of a log, each in its place; contents are not read yet. */
export interface LogListing {
  readonly records: ReadonlyMap<number, ListedRecord>;
  /** In order of their first record. */
  readonly signatures: readonly ListedSignatures[];
  readonly tiles: ReadonlySet<string>;
  /** Path → digest that its content must have. */
  readonly attachments: ReadonlyMap<string, string>;
  readonly notEvidence: readonly string[];
}

const PLAIN_FILE = '100644';

/**
 * Sorts a listing into its places. What does not belong refuses the log at once: an attacker who may add files must not
 * be able to add one that a reader could take for evidence.
 */
export function sortListing(files: readonly ListedFile[]): LogListing | Problem {
  const records = new Map<number, ListedRecord>();
  const signatures: ListedSignatures[] = [];
  const tiles = new Set<string>();
  const attachments = new Map<string, string>();
  const notEvidence: string[] = [];
  const seen = new Set<string>();
  for (const { path, mode } of files.toSorted(byPath)) {
    const name = parseEvidencePath(path);
    if (name.kind === 'unknown') {
      return { code: 'unknown-path', path, message: 'no file of the evidence format has this path' };
    }
    if (seen.has(path)) return { code: 'path-twice', path, message: 'the path is listed twice' };
    seen.add(path);
    if (name.kind === 'not-evidence') {
      notEvidence.push(path);
      continue;
    }
    if (mode !== PLAIN_FILE) {
      return { code: 'not-a-plain-file', path, message: `mode ${mode}: evidence is plain files of mode ${PLAIN_FILE}` };
    }
    if (name.kind === 'record') {
      const other = records.get(name.index);
      if (other !== undefined) return twice(path, name.index, other.path);
      records.set(name.index, { path, name });
    } else if (name.kind === 'signatures') signatures.push({ path, name });
    else if (name.kind === 'tile') tiles.add(path);
    else if (name.kind === 'attachment') attachments.set(path, name.digest);
  }
  for (const path of [CHECKPOINT_PATH, ATTRIBUTES_PATH]) {
    if (!seen.has(path)) return { code: 'file-missing', path, message: 'the file is missing' };
  }
  signatures.sort((left, right) => left.name.first - right.name.first);
  return { records, signatures, tiles, attachments, notEvidence };
}

/** A problem that is bound to a place in the log: everything before `index` can still be checked. */
export type Gap = Problem & { readonly index: number };

/** Do the files hold exactly the leaves 0 to size-1, and one signature for each? Names only. */
export function checkCoverage(listing: LogListing, size: number): Gap | null {
  // As many as the checkpoint signs, none missing: then none lies beyond it either.
  for (let index = 0; index < size; index += 1) {
    if (!listing.records.has(index)) {
      const path = `records/…/${padIndex(index)}-….json`;
      return {
        code: 'record-missing',
        path,
        index,
        message: `record ${index} is missing; the checkpoint signs ${size}`,
      };
    }
  }
  if (listing.records.size > size) {
    const [index, { path }] = [...listing.records].sort(([left], [right]) => left - right)[size] ?? [0, { path: '' }];
    return { code: 'record-beyond-checkpoint', path, index, message: `the checkpoint signs only ${size} records` };
  }
  let next = 0;
  for (const { path, name } of listing.signatures) {
    if (name.first > next) return unsigned(listing, next);
    if (name.first < next)
      return { code: 'signatures-overlap', path, index: name.first, message: 'another file signs this record too' };
    if (name.last >= size) {
      return { code: 'signatures-misplaced', path, index: size, message: `the checkpoint signs only ${size} records` };
    }
    next = name.last + 1;
  }
  return next < size ? unsigned(listing, next) : null;
}

function unsigned(listing: LogListing, index: number): Gap {
  const path = listing.records.get(index)?.path ?? '';
  return { code: 'signatures-missing', path, index, message: `no signatures file covers record ${index}` };
}

function twice(path: string, index: number, other: string): Problem {
  return { code: 'path-twice', path, index, message: `${other} is record ${index} too` };
}

function byPath(left: ListedFile, right: ListedFile): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}
