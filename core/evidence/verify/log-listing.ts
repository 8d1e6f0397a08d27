import { ATTRIBUTES_PATH, CHECKPOINT_PATH, padIndex, parseEvidencePath } from '../layout.ts';
import type { EvidencePath } from '../layout.ts';
import type { Problem, RecordProblem } from '../problem.ts';
import { RecordTable } from './record-table.ts';

/** A file of the branch as its tree lists it. */
export interface ListedFile {
  /** With `/`, relative to the root of the branch. */
  readonly path: string;
  /** Git file mode: `100644` plain, `100755` executable, `120000` symbolic link, `160000` submodule. */
  readonly mode: string;
  /** Handed back when the file is read, so that the source need not look it up again; e.g. the id of a git object. */
  readonly id?: string;
}

export interface ListedSignatures {
  readonly path: string;
  readonly id: string | undefined;
  readonly name: Extract<EvidencePath, { kind: 'signatures' }>;
}

/** A file's place in the listing: path → id. */
export type ListedIds = ReadonlyMap<string, string | undefined>;

/** The files of a log, each in its place; contents are not read yet. */
export interface LogListing {
  readonly records: RecordTable;
  /** In order of their first record. */
  readonly signatures: readonly ListedSignatures[];
  readonly tiles: ListedIds;
  /** `policies/…` and `facts/…`; the digest that the content must have is in the path. */
  readonly attachments: ListedIds;
  /** `checkpoint`, `checkpoint.witnessed` and `.gitattributes`. */
  readonly heads: ListedIds;
  /** Sorted. */
  readonly notEvidence: readonly string[];
}

const PLAIN_FILE = '100644';

/**
 * Sorts a listing, in any order, into its places. What does not belong refuses the log at once: an attacker who may add
 * files must not be able to add one that a reader could take for evidence. Of several such the first by path is named.
 */
export function sortListing(files: Iterable<ListedFile>): LogListing | Problem {
  const records = new RecordTable();
  const signatures: ListedSignatures[] = [];
  const [tiles, attachments, heads] = [new Map<string, string | undefined>(), new Map(), new Map()];
  const notEvidence = new Set<string>();
  const refused: Problem[] = [];
  const place = (places: Map<string, string | undefined>, { path, id }: ListedFile): void => {
    if (places.has(path)) refused.push({ code: 'path-twice', path, message: 'the path is listed twice' });
    places.set(path, id);
  };
  for (const file of files) {
    const { path, mode, id } = file;
    const name = parseEvidencePath(path);
    if (name.kind === 'unknown') {
      refused.push({ code: 'unknown-path', path, message: 'no file of the evidence format has this path' });
    } else if (name.kind === 'not-evidence') {
      if (notEvidence.has(path)) refused.push({ code: 'path-twice', path, message: 'the path is listed twice' });
      notEvidence.add(path);
    } else if (mode !== PLAIN_FILE) {
      const message = `mode ${mode}: evidence is plain files of mode ${PLAIN_FILE}`;
      refused.push({ code: 'not-a-plain-file', path, message });
    } else if (name.kind === 'record') records.add({ index: name.index, kind: name.recordKind, path, id });
    else if (name.kind === 'signatures') signatures.push({ path, id, name });
    else if (name.kind === 'tile') place(tiles, file);
    else if (name.kind === 'attachment') place(attachments, file);
    else place(heads, file);
    // One is named; a branch that holds nothing else must not fill the memory with them.
    if (refused.length > 1) refused.splice(0, 2, ...refused.sort(byPath).slice(0, 1));
  }
  const twice = records.close();
  if (twice !== null) {
    const { index, path, other } = twice;
    const message = path === other ? 'the path is listed twice' : `${other} is record ${index} too`;
    refused.push({ code: 'path-twice', path, index, message });
  }
  const [first] = refused.sort(byPath);
  if (first !== undefined) return first;
  for (const path of [CHECKPOINT_PATH, ATTRIBUTES_PATH]) {
    if (!heads.has(path)) return { code: 'file-missing', path, message: 'the file is missing' };
  }
  signatures.sort((left, right) => left.name.first - right.name.first || byPath(left, right));
  return { records, signatures, tiles, attachments, heads, notEvidence: [...notEvidence].sort() };
}

/** Do the files hold exactly the leaves 0 to size-1, and one signature for each? Names only. */
export function checkCoverage({ records, signatures }: LogListing, size: number): RecordProblem | null {
  for (let index = 0; index < size; index += 1) {
    if (!records.has(index)) {
      const path = `records/…/${padIndex(index)}-….json`;
      const message = `record ${index} is missing; the checkpoint signs ${size}`;
      return { code: 'record-missing', path, index, message };
    }
  }
  const beyond = records.size > size ? records.firstFrom(size) : undefined;
  if (beyond !== undefined) {
    const { path, index } = beyond;
    return { code: 'record-beyond-checkpoint', path, index, message: `the checkpoint signs only ${size} records` };
  }
  const unsigned = (index: number): RecordProblem => {
    const message = `no signatures file covers record ${index}`;
    return { code: 'signatures-missing', path: records.get(index)?.path ?? '', index, message };
  };
  let next = 0;
  for (const { path, name } of signatures) {
    if (name.first > next) return unsigned(next);
    if (name.first < next) {
      return { code: 'signatures-overlap', path, index: name.first, message: 'another file signs this record too' };
    }
    if (name.last >= size) {
      return { code: 'signatures-misplaced', path, index: size, message: `the checkpoint signs only ${size} records` };
    }
    next = name.last + 1;
  }
  return next < size ? unsigned(next) : null;
}

function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}
