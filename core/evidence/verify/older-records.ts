import { equalBytes, fromBase64 } from '../bytes.ts';
import type { EvidenceCrypto } from './check-chunk.ts';
import type { Wanted } from './check-records.ts';
import { HASH_BYTES } from '../tree/hash-levels.ts';
import type { RecordKind } from '../kinds.ts';
import type { LogListing } from './log-listing.ts';
import { gateKinds, noteOf } from './log-semantics.ts';
import type { RecordNote } from './log-semantics.ts';
import { readEach } from './log-source.ts';
import type { LogSource } from './log-source.ts';
import { leafHash } from '../tree/merkle.ts';
import { parseRecord } from '../records/parse-record.ts';
import type { EvidenceRecord } from '../records/parse-record.ts';
import type { RecordProblem } from '../problem.ts';
import type { ListedRecord } from './record-table.ts';
import { parseReviewStatement } from '../people/review-statement.ts';
import { isObject } from '../strict-json.ts';

/** Records before a checkpoint that somebody kept: checked once, and read again only as far as newer ones reach back. */
export interface OlderRecords {
  readonly source: LogSource;
  readonly listing: LogListing;
  /** How many records the kept checkpoint signs. */
  readonly size: number;
  /** Leaf hashes, of which that checkpoint's root was computed: they vouch for every record that is read here. */
  readonly leaves: Uint8Array;
  readonly crypto: EvidenceCrypto;
}

/** An authorisation is valid for ten minutes. One that is older than this by its own words opens nothing any more. */
const REACH_MS = 60 * 60 * 1_000;

/** Records that are looked through at once on the way back. */
const STRIDE = 256;

const answerKinds: ReadonlySet<RecordKind> = new Set(['reviewed', 'refused']);

/**
 * What the rules between records need to know of older ones:
 *
 * - of gates, everything of the last hour, and further back until every authorisation that is named is found: whatever
 *   concluded one stands after it, so what is known of it then is complete;
 * - of people's signatures all nonces, if there is a new signature: a replay may come from anywhere.
 *
 * @returns notes in log order
 */
export async function readOlder(older: OlderRecords, wanted: Wanted): Promise<readonly RecordNote[] | RecordProblem> {
  const notes: RecordNote[] = [];
  const gates = wanted.gates ? await readGates(older, wanted.authorised, notes) : null;
  if (gates !== null) return gates;
  if (wanted.nonces) {
    const answers = older.listing.records.ofKinds(answerKinds, 0, older.size);
    const problem = await readNotes(older, answers, (note) => notes.push(note));
    if (problem !== null) return problem;
  }
  return notes.sort((left, right) => left.index - right.index);
}

async function readGates(
  older: OlderRecords,
  authorised: ReadonlySet<string>,
  notes: RecordNote[],
): Promise<RecordProblem | null> {
  const missing = new Set(authorised);
  let horizon: number | null = null;
  for (let end = older.size; end > 0; end -= STRIDE) {
    const start = Math.max(0, end - STRIDE);
    const { records } = older.listing;
    const found = records.ofKinds(gateKinds, start, end);
    const last = records.get(end - 1);
    // Of a stride without gates the newest record says how far back it is.
    const read = last === undefined || found.at(-1)?.index === last.index ? found : [...found, last];
    let newest = 0;
    const problem = await readNotes(
      older,
      read,
      (note) => {
        if (note.digest !== undefined) missing.delete(note.digest);
        if (gateKinds.has(note.kind)) notes.push(note);
      },
      (record) => (newest = Math.max(newest, Date.parse(record.at))),
    );
    if (problem !== null) return problem;
    horizon ??= newest - REACH_MS;
    // By the newest time and not the oldest: one record that claims to be old must not end the search.
    if (missing.size === 0 && newest < horizon) return null;
  }
  return null;
}

async function readNotes(
  { source, leaves, crypto: { sha256 } }: OlderRecords,
  files: readonly ListedRecord[],
  take: (note: RecordNote) => void,
  see: (record: EvidenceRecord) => void = () => undefined,
): Promise<RecordProblem | null> {
  return readEach<ListedRecord, RecordProblem>(source, files, (bytes, { index, path }) => {
    const leaf = leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    if (!equalBytes(leafHash(bytes, sha256), leaf)) {
      return {
        code: 'record-not-in-tree',
        path,
        index,
        message: 'it is not the record that the older checkpoint signs',
      };
    }
    const parsed = parseRecord(bytes);
    if (!parsed.ok) return { code: 'record-malformed', path, index, message: parsed.issue };
    see(parsed.value);
    const note = noteOf(parsed.value, { index, bytes, nonce: nonceOf(parsed.value) }, sha256);
    if (note !== null) take(note);
    return null;
  });
}

function nonceOf({ predicate }: EvidenceRecord): string | undefined {
  const human = predicate['human'];
  const text = isObject(human) ? human['statement'] : undefined;
  const bytes = typeof text === 'string' ? fromBase64(text) : null;
  const statement = bytes === null ? null : parseReviewStatement(bytes);
  return statement?.ok === true ? statement.value.nonce : undefined;
}
