import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EvidenceCrypto } from '../core/evidence/verify/check-chunk.ts';
import { formatEnvelope, PAYLOAD_TYPE, preAuthEncoding } from '../core/evidence/dsse.ts';
import { entryBundlePath, formatEntryBundle } from '../core/evidence/tree/entry-bundle.ts';
import { recordKeyAt } from '../core/evidence/notes/key-schedule.ts';
import { padIndex } from '../core/evidence/layout.ts';
import { readRecord } from '../core/evidence/proofs/open-log.ts';
import type { OpenedLog } from '../core/evidence/proofs/open-log.ts';
import type { Problem } from '../core/evidence/problem.ts';
import { parseSignatureFile, recordKeyHint } from '../core/evidence/records/signature-file.ts';
import { verifySignature } from '../core/evidence/notes/signed-note.ts';
import { formatTlogProof } from '../core/evidence/proofs/tlog-proof.ts';
import { TILE_WIDTH, tilePath } from '../core/evidence/tree/tiles.ts';
import { tilesOfTree } from '../core/evidence/tree/tree-reader.ts';

/** What may be exported, and where it stands in the new folder. */
export const exportParts = {
  /** One DSSE envelope a line, in log order. */
  envelopes: 'envelopes.intoto.jsonl',
  /** A C2SP static tree: `checkpoint`, `tile/<L>/<N>`, `tile/entries/<N>`. */
  tiles: 'tlog',
  /** A tlog-proof for each record: `<index>.tlog-proof`. */
  proofs: 'proofs',
} as const;

export type ExportPart = keyof typeof exportParts;

interface SignedRecord {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly keyid: string;
}

/**
 * Writes a log that verifies in forms that others read. A tile's worth of records is in memory at a time. What is read
 * here is held against the tree and the keys once more: a folder could have changed since it was verified.
 * @param folder exists and is empty
 * @returns what no longer fits, if anything; then what was written is good for nothing
 */
export async function exportLog(
  log: OpenedLog,
  parts: ReadonlySet<ExportPart>,
  folder: string,
  crypto: EvidenceCrypto,
): Promise<Problem | null> {
  const envelopes = parts.has('envelopes') ? await open(join(folder, exportParts.envelopes), 'wx') : null;
  const write = fileWriter(folder);
  const readSignatures = signatureReader(log);
  try {
    for (let start = 0; start < log.tree.size; start += TILE_WIDTH) {
      const records = await readSigned(log, start, readSignatures, crypto);
      if ('code' in records) return records;
      if (envelopes !== null) {
        const lines = records.map(({ bytes, signature, keyid }) => `${formatEnvelope(bytes, signature, keyid)}\n`);
        await envelopes.appendFile(lines.join(''));
      }
      if (parts.has('tiles')) {
        const path = entryBundlePath(start, records.length);
        await write(`${exportParts.tiles}/${path}`, formatEntryBundle(records.map(({ bytes }) => bytes)));
      }
      const problem = parts.has('proofs') ? await writeProofs(log, records, write) : null;
      if (problem !== null) return problem;
    }
  } finally {
    await envelopes?.close();
  }
  return parts.has('tiles') ? writeTree(log, write) : null;
}

type Write = (path: string, content: string | Uint8Array) => Promise<void>;

/** Makes the folders that a path needs. */
function fileWriter(folder: string): Write {
  const made = new Set<string>();
  return async (path, content) => {
    const file = join(folder, path);
    if (!made.has(dirname(file))) {
      await mkdir(dirname(file), { recursive: true });
      made.add(dirname(file));
    }
    await writeFile(file, content, { flag: 'wx' });
  };
}

async function writeProofs(
  { tree, note }: OpenedLog,
  records: readonly SignedRecord[],
  write: Write,
): Promise<Problem | null> {
  const writes: Promise<void>[] = [];
  for (const { index } of records) {
    const hashes = await tree.inclusionProof(index);
    if ('code' in hashes) return hashes;
    const text = formatTlogProof({ extra: null, index, hashes, checkpoint: note });
    writes.push(write(`${exportParts.proofs}/${padIndex(index)}.tlog-proof`, text));
  }
  await Promise.all(writes);
  return null;
}

async function writeTree({ tree, note }: OpenedLog, write: Write): Promise<Problem | null> {
  for (const tile of tilesOfTree(tree.size)) {
    const bytes = await tree.tile(tile);
    if ('code' in bytes) return bytes;
    await write(`${exportParts.tiles}/${tilePath(tile)}`, bytes);
  }
  await write(`${exportParts.tiles}/checkpoint`, note);
  return null;
}

type ReadSignatures = (start: number, end: number) => Promise<ReadonlyMap<number, Uint8Array>>;

/** The records of one tile from `start` on, each checked in the tree and by its signature. */
async function readSigned(
  log: OpenedLog,
  start: number,
  readSignatures: ReadSignatures,
  crypto: EvidenceCrypto,
): Promise<SignedRecord[] | Problem> {
  const end = Math.min(start + TILE_WIDTH, log.tree.size);
  const indices = Array.from({ length: end - start }, (_, at) => start + at);
  const signatures = await readSignatures(start, end);
  const read = await Promise.all(
    indices.map(async (index): Promise<SignedRecord | Problem> => {
      const record = await readRecord(log, index, crypto);
      if ('code' in record) return record;
      const { path, bytes } = record;
      const { key } = recordKeyAt(log.register.schedule, index);
      const signature = signatures.get(index) ?? new Uint8Array(0);
      if (await verifySignature(key, preAuthEncoding(PAYLOAD_TYPE, bytes), signature, crypto.verify)) {
        return { index, bytes, signature, keyid: recordKeyHint(key, crypto.sha256) };
      }
      return { code: 'changed-while-reading', path, index, message: 'its signature is not the one that was verified' };
    }),
  );
  const records: SignedRecord[] = [];
  for (const record of read) {
    if ('code' in record) return record;
    records.push(record);
  }
  return records;
}

/** Reads signatures files in log order, each once; the last one may reach into the next tile. */
function signatureReader({ source, listing }: OpenedLog): ReadSignatures {
  let next = 0;
  let held = new Map<number, Uint8Array>();
  return async (start, end) => {
    held = new Map([...held].filter(([index]) => index >= start));
    const files = [];
    for (
      let file = listing.signatures[next];
      file !== undefined && file.name.first < end;
      file = listing.signatures[next]
    ) {
      files.push(file);
      next += 1;
    }
    const contents = await Promise.all(files.map(({ path, id }) => source.read(path, id)));
    for (const [at, { name }] of files.entries()) {
      const parsed = parseSignatureFile(contents[at] ?? new Uint8Array(0));
      const found = parsed.ok ? parsed.value.signatures : [];
      for (const [offset, signature] of found.entries()) held.set(name.first + offset, signature);
    }
    return held;
  };
}
