import { open } from 'node:fs/promises';
import { sha256 } from '../adapters/signing/node-crypto.ts';
import { equalBytes } from '../core/evidence/bytes.ts';
import { parseWitnessKey } from '../core/evidence/notes/cosignature.ts';
import type { WitnessKey } from '../core/evidence/notes/cosignature.ts';
import { parseVerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../core/evidence/notes/signed-note.ts';
import { UsageError } from './usage-error.ts';

/** The branch that the App writes unless it is told otherwise. */
const DEFAULT_BRANCH = 'countersign-evidence';

/** Nothing that a person hands in on the command line (key, checkpoint, record, proof) is nearly as long. */
const MAX_FILE_BYTES = 1024 * 1024;

/** @throws {UsageError} when it could be taken for an option of git (it starts with -) or for a range (..) */
export function readBranch(name: string | undefined): string {
  const branch = name ?? DEFAULT_BRANCH;
  if (!/^[A-Za-z0-9_][\w./-]*$/.test(branch) || branch.includes('..')) {
    throw new UsageError('--branch is no branch name');
  }
  return branch;
}

/**
 * A verifier key, given as such or as the name of a file that holds one.
 * @param option for the message, e.g. `--key`
 * @throws {UsageError}
 */
export async function readKey(option: string, keyOrFile: string): Promise<VerifierKey> {
  const direct = parseVerifierKey(keyOrFile, sha256);
  if (direct.ok) return direct.value;
  // A text that looks like a key and is none is a typing error in the key, not a file name.
  if (/\+[0-9a-f]{8}\+/.test(keyOrFile)) throw new UsageError(`${option}: ${direct.issue}`);
  const bytes = await readFileOf(option, keyOrFile);
  const read = parseVerifierKey(bytes.toString('utf8').trim(), sha256);
  if (!read.ok) throw new UsageError(`${option} ${keyOrFile}: ${read.issue}`);
  return read.value;
}

/**
 * Keys of witnesses, each given as such or as the name of a file that holds one.
 * @throws {UsageError} also when two of them have one key: what one cosigns would count for both
 */
export async function readWitnesses(option: string, keysOrFiles: readonly string[]): Promise<WitnessKey[]> {
  const witnesses: WitnessKey[] = [];
  for (const text of keysOrFiles) {
    const isKey = /\+[0-9a-f]{8}\+/.test(text);
    const parsed = parseWitnessKey(isKey ? text : (await readFileOf(option, text)).toString('utf8').trim(), sha256);
    if (!parsed.ok) throw new UsageError(`${option} ${text}: ${parsed.issue}`);
    const { value: witness } = parsed;
    const twin = witnesses.find(({ publicKey }) => equalBytes(publicKey.spki, witness.publicKey.spki));
    if (twin !== undefined) throw new UsageError(`${option}: ${witness.name} and ${twin.name} have one key`);
    witnesses.push(witness);
  }
  return witnesses;
}

/**
 * Bytes of a file that the command line names.
 * @throws {UsageError} when there is none, or it is far too long to be what was asked for
 */
export async function readFileOf(option: string, path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size <= MAX_FILE_BYTES) return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new UsageError(`${option}: ${path} cannot be read`, { cause: error });
  }
  throw new UsageError(`${option}: ${path} is longer than ${MAX_FILE_BYTES} bytes`);
}
