import { utf8 } from '../bytes.ts';
import type { Sha256 } from '../bytes.ts';
import { formatCheckpoint } from '../notes/checkpoint.ts';
import {
  ATTRIBUTES_PATH,
  ATTRIBUTES_TEXT,
  CHECKPOINT_KEY_PATH,
  CHECKPOINT_PATH,
  RECORD_KEY_PATH,
  recordPath,
  signaturesPath,
} from '../layout.ts';
import { belongsTo, parseLogOpened } from './log-opened.ts';
import { parseOrigin, recordKeyName } from './log-origin.ts';
import { leafHash } from '../tree/merkle.ts';
import { parseRecord } from './parse-record.ts';
import type { EvidenceRecord } from './parse-record.ts';
import { formatSignatureFile, recordKeyHint } from './signature-file.ts';
import { formatVerifierKey } from '../notes/signed-note.ts';
import type { VerifierKey } from '../notes/signed-note.ts';
import { tilesFor } from '../tree/tiles.ts';
import { rootOfEdge, sizeOfEdge } from '../tree/tree-edge.ts';
import type { TreeEdge } from '../tree/tree-edge.ts';

/** What a writer keeps of a log between two commits. */
export interface LogState {
  readonly origin: string;
  readonly size: number;
  readonly edge: TreeEdge;
}

export interface File {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Batch {
  readonly state: LogState;
  readonly keys: { readonly record: VerifierKey; readonly checkpoint: VerifierKey };
  /** In log order, at least one. `signature`: canonical, by the record key over `preAuthEncoding(PAYLOAD_TYPE, bytes)`. */
  readonly records: readonly { readonly bytes: Uint8Array; readonly signature: Uint8Array }[];
  /** `policies/…` and `facts/…` that these records name and that are not on the branch yet; again does no harm. */
  readonly attachments: readonly File[];
  /** `facts/…` that are on the branch and that a record of this batch expunges. */
  readonly expunged?: readonly string[];
  readonly sha256: Sha256;
  /** The signed note over a checkpoint's text, by the checkpoint key: `signNote(text, keys.checkpoint, …)`. */
  readonly signCheckpoint: (text: string) => Promise<string> | string;
}

export interface RenderedBatch {
  /** Every file to write, each path once, sorted; the first batch of a log adds `.gitattributes` and `keys/`. */
  readonly additions: readonly File[];
  /** Partial tiles that are replaced, and facts that are expunged. */
  readonly deletions: readonly string[];
  /** The state once the commit is on the branch. */
  readonly state: LogState;
  /** The signed note that is written to `checkpoint`. */
  readonly checkpoint: string;
}

/**
 * The files of one commit that appends these records. Pure: the same batch gives the same bytes (Ed25519 signs
 * deterministically), so that a commit whose reply was lost can be sent again.
 * @throws {TypeError} when the result would not verify: a record that does not parse, is of another repository, or is
 *   `log-opened` anywhere but first; a state whose size and edge differ
 */
export async function renderBatch(batch: Batch): Promise<RenderedBatch> {
  const { state, keys, sha256, expunged = [] } = batch;
  const records = batch.records.map(({ bytes }, at) => readOwnRecord(batch, bytes, state.size + at));
  const [first] = records;
  if (first === undefined) throw new TypeError('a batch has at least one record');
  if (sizeOfEdge(state.edge) !== state.size) throw new TypeError('the size and the edge of the log differ');

  const files = new Map<string, Uint8Array>();
  if (state.size === 0) {
    files.set(ATTRIBUTES_PATH, utf8(ATTRIBUTES_TEXT));
    files.set(RECORD_KEY_PATH, utf8(`${formatVerifierKey(keys.record)}\n`));
    files.set(CHECKPOINT_KEY_PATH, utf8(`${formatVerifierKey(keys.checkpoint)}\n`));
  }
  for (const { path, bytes } of batch.attachments) files.set(path, bytes);
  for (const path of expunged) files.delete(path);
  for (const [at, { bytes }] of batch.records.entries()) {
    const { kind, at: time } = records[at] ?? first;
    files.set(recordPath(state.size + at, kind, time), bytes);
  }
  const size = state.size + records.length;
  files.set(
    signaturesPath(state.size, size - 1, first.at),
    formatSignatureFile({
      keyid: recordKeyHint(keys.record.key, sha256),
      signatures: batch.records.map(({ signature }) => signature),
    }),
  );
  const leaves = batch.records.map(({ bytes }) => leafHash(bytes, sha256));
  const tiles = tilesFor(state.edge, leaves, sha256);
  for (const { path, bytes } of tiles.additions) files.set(path, bytes);
  const root = rootOfEdge(tiles.edge, sha256);
  const checkpoint = await batch.signCheckpoint(formatCheckpoint({ origin: state.origin, size, root }));
  files.set(CHECKPOINT_PATH, utf8(checkpoint));
  return {
    additions: [...files].map(([path, bytes]) => ({ path, bytes })).sort((a, b) => (a.path < b.path ? -1 : 1)),
    deletions: [...tiles.deletions, ...expunged],
    state: { origin: state.origin, size, edge: tiles.edge },
    checkpoint,
  };
}

function readOwnRecord({ state, keys, sha256 }: Batch, bytes: Uint8Array, index: number): EvidenceRecord {
  const refuse = (issue: string): TypeError => new TypeError(`record ${index} cannot be appended: ${issue}`);
  const parsed = parseRecord(bytes);
  if (!parsed.ok) throw refuse(parsed.issue);
  const record = parsed.value;
  const ids = parseOrigin(state.origin);
  if (!ids.ok) throw refuse(ids.issue);
  if (!belongsTo(record, ids.value)) throw refuse('it is of another repository');
  if (keys.checkpoint.name !== state.origin || keys.record.name !== recordKeyName(state.origin)) {
    throw refuse('the keys are of another log');
  }
  if ((record.kind === 'log-opened') !== (index === 0)) throw refuse('log-opened is the first record and no other');
  if (index > 0) return record;
  const opened = parseLogOpened(record, sha256);
  if (!opened.ok) throw refuse(opened.issue);
  const isOwn =
    opened.value.origin === state.origin &&
    formatVerifierKey(opened.value.recordKey) === formatVerifierKey(keys.record) &&
    formatVerifierKey(opened.value.checkpointKey) === formatVerifierKey(keys.checkpoint);
  if (!isOwn) throw refuse('it names another origin or other keys');
  return record;
}
