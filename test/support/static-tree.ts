import { concatBytes, toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { parseCheckpoint } from '../../core/evidence/checkpoint.ts';
import { PAYLOAD_TYPE } from '../../core/evidence/dsse.ts';
import { parseEvidencePath } from '../../core/evidence/layout.ts';
import { parseSignatureFile } from '../../core/evidence/signature-file.ts';
import { parseNote } from '../../core/evidence/signed-note.ts';
import { openTree } from '../../core/evidence/tree-reader.ts';
import type { TreeReader } from '../../core/evidence/tree-reader.ts';
import { sha256 } from './evidence-log.ts';

export type Files = ReadonlyMap<string, Uint8Array>;

/** Bytes of the records, in the order of the log. */
export function recordsOf(files: Files): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (const [path, bytes] of files) {
    const name = parseEvidencePath(path);
    if (name.kind === 'record') records[name.index] = bytes;
  }
  return records;
}

/** The proofs of a log, read from its tiles by our own reader. */
export async function treeOf(files: Files): Promise<TreeReader> {
  const note = parseNote(files.get('checkpoint') ?? new Uint8Array(0));
  const checkpoint = parseCheckpoint(note.ok ? note.value.text : '');
  if (!checkpoint.ok) throw new TypeError(checkpoint.issue);
  const { size, root } = checkpoint.value;
  const tree = await openTree({ size, root, sha256, read: (path) => Promise.resolve(files.get(path) ?? null) });
  if ('code' in tree) throw new TypeError(tree.message);
  return tree;
}

/** The C2SP static tree of a log, written down from the specification: checkpoint, hash tiles, entry bundles. */
export function staticTree(files: Files): Map<string, Uint8Array> {
  const tree = new Map([...files].filter(([path]) => path === 'checkpoint' || path.startsWith('tile/')));
  const records = recordsOf(files);
  for (const path of [...tree.keys()].filter((name) => name.startsWith('tile/0/'))) {
    const [, number = '', width = '256'] = /^tile\/0\/([x\d/]+)(?:\.p\/(\d+))?$/.exec(path) ?? [];
    const first = Number(number.replaceAll(/[x/]/g, '')) * 256;
    const bundle = records.slice(first, first + Number(width)).map((bytes) => {
      const { length } = bytes;
      return concatBytes(Uint8Array.of(length >> 8, length & 0xff), bytes);
    });
    tree.set(path.replace('tile/0/', 'tile/entries/'), concatBytes(...bundle));
  }
  return tree;
}

/** A c2sp.org/tlog-proof@v1 about one record, as the checkpoint of these files signs it. */
export async function tlogProof(files: Files, index: number): Promise<Uint8Array> {
  const proof = await (await treeOf(files)).inclusionProof(index);
  if ('code' in proof) throw new TypeError(proof.message);
  const lines = ['c2sp.org/tlog-proof@v1', `index ${index}`, ...proof.map(toBase64), '', ''];
  return concatBytes(utf8(lines.join('\n')), files.get('checkpoint') ?? new Uint8Array(0));
}

/** For the Go program: older sizes, their roots, and our proofs that this log extends them. */
export async function consistencyClaims(files: Files, sizes: readonly number[]): Promise<Uint8Array> {
  const tree = await treeOf(files);
  const claims = [];
  for (const size of sizes) {
    const [root, proof] = [await tree.rootAt(size), await tree.consistencyProof(size)];
    if ('code' in root || 'code' in proof) throw new TypeError('the tree is not as its checkpoint says');
    claims.push({ size, root: toBase64(root), proof: proof.map(toBase64) });
  }
  return utf8(JSON.stringify(claims));
}

/** One DSSE envelope a line, in the order of the log, from records and signatures files. */
export function envelopesOf(files: Files): string[] {
  const signatures: string[] = [];
  for (const [path, bytes] of files) {
    const name = parseEvidencePath(path);
    const file = name.kind === 'signatures' ? parseSignatureFile(bytes) : null;
    if (name.kind !== 'signatures' || file?.ok !== true) continue;
    for (const [at, signature] of file.value.signatures.entries()) signatures[name.first + at] = toBase64(signature);
  }
  return recordsOf(files).map((bytes, index) => {
    const payload = toBase64(bytes);
    return JSON.stringify({ payloadType: PAYLOAD_TYPE, payload, signatures: [{ sig: signatures[index] ?? '' }] });
  });
}
