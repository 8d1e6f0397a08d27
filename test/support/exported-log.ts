import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runExport } from '../../cli/export.ts';
import { toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { parseCheckpoint } from '../../core/evidence/notes/checkpoint.ts';
import { parseEvidencePath } from '../../core/evidence/layout.ts';
import { parseNote } from '../../core/evidence/notes/signed-note.ts';
import { openTree } from '../../core/evidence/tree/tree-reader.ts';
import type { TreeReader } from '../../core/evidence/tree/tree-reader.ts';
import { sha256, writeFiles } from './evidence-log.ts';

export type Files = ReadonlyMap<string, Uint8Array>;

/** What `countersign export` writes of a log: path below the new folder, and bytes. */
export async function exportedLog(files: Files, vkey: string): Promise<Map<string, Uint8Array>> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-export-'));
  try {
    await writeFiles(join(folder, 'log'), files);
    const printed: string[] = [];
    const out = join(folder, 'out');
    const code = await runExport([join(folder, 'log'), '--out', out, '--key', vkey], (text) => printed.push(text));
    if (code !== 0) throw new Error(printed.join(''));
    const entries = await readdir(out, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const exported = new Map<string, Uint8Array>();
    for (const path of paths.sort()) exported.set(path.slice(out.length + 1), Uint8Array.from(await readFile(path)));
    return exported;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bytes of the records, in the order of the log. */
export function recordsOf(files: Files): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (const [path, bytes] of files) {
    const name = parseEvidencePath(path);
    if (name.kind === 'record') records[name.index] = bytes;
  }
  return records;
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

async function treeOf(files: Files): Promise<TreeReader> {
  const note = parseNote(files.get('checkpoint') ?? new Uint8Array(0));
  const checkpoint = parseCheckpoint(note.ok ? note.value.text : '');
  if (!checkpoint.ok) throw new TypeError(checkpoint.issue);
  const { size, root } = checkpoint.value;
  const tree = await openTree({ size, root, sha256, read: (path) => Promise.resolve(files.get(path) ?? null) });
  if ('code' in tree) throw new TypeError(tree.message);
  return tree;
}
