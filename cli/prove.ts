import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { sha256, sha512, verifyOnPool } from '../adapters/signing/node-crypto.ts';
import { newestHead, proveGrowth, proveRecord, witnessedHead } from '../core/evidence/proofs/make-proof.ts';
import type { ProofHead } from '../core/evidence/proofs/make-proof.ts';
import { openLog } from '../core/evidence/proofs/open-log.ts';
import type { LocatedRecord } from '../core/evidence/records/located-record.ts';
import type { Problem } from '../core/evidence/problem.ts';
import { formatVerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { LogSource } from '../core/evidence/verify/log-source.ts';
import { findRecord } from './find-record.ts';
import { openSource } from './open-source.ts';
import { readBranch, readFileOf, readKey } from './option-values.ts';
import { printable } from './printable.ts';
import { isUnreadable, UsageError, orUsage } from './usage-error.ts';
import type { Print } from './verify.ts';

export const proveUsage = `countersign prove <folder | clone | repository URL> <record> [options]
countersign prove <folder | clone | repository URL> --since <file> [options]

  Writes the proof that one record stands in the log (c2sp.org/tlog-proof), or that the log only grew since a checkpoint
  that you kept. Only the hashes on the way are read: this says nothing of the other records, countersign verify does.
  <record> is an index, the SHA-256 of a record, or a file with its bytes. Without --out the proof goes to standard output.
  Exit code 0: proven. 1: not proven, and why. 2: wrong usage, nothing was checked.

  --key <vkey or file>   the checkpoint key that you were given elsewhere; without it the log vouches for itself
  --since <file>         the checkpoint that you kept
  --witnessed            with the newest checkpoint that witnesses cosigned instead of the newest
  --out <file>           where the proof is written to; an existing file is never overwritten
  --record-out <file>    writes the record there too: whoever is to check the proof needs its exact bytes
  --branch <name>        the evidence branch of a repository (default countersign-evidence)
  --json                 print the result, and the proof in it, as JSON
`;

interface ProveArguments {
  readonly target: string;
  readonly record: string | undefined;
  readonly since: Uint8Array | undefined;
  readonly branch: string;
  readonly key: VerifierKey | undefined;
  readonly witnessed: boolean;
  readonly out: string | undefined;
  readonly recordOut: string | undefined;
  readonly json: boolean;
}

const crypto = { sha256, sha512, verify: verifyOnPool };

interface Proof {
  readonly text: string;
  /** Of the proof of a record. */
  readonly record?: LocatedRecord;
  /** Of the proof of growth. */
  readonly olderSize?: number;
  readonly origin: string;
  readonly head: ProofHead;
}

/** A problem of the log, or `unreadable`. */
type Unproven = Omit<Problem, 'code'> & { readonly code: string };

/**
 * Runs `countersign prove`.
 * @returns exit code 0 or 1
 * @throws {UsageError} for exit code 2
 */
export async function runProve(args: readonly string[], print: Print): Promise<number> {
  const asked = await readArguments(args);
  try {
    const opened = await openSource(asked.target, asked.branch);
    try {
      const proof = await prove(opened.source, asked);
      if ('code' in proof) return refuse(proof, asked, print);
      if (asked.out !== undefined) await writeNew('--out', asked.out, proof.text);
      if (asked.recordOut !== undefined && proof.record !== undefined) {
        await writeNew('--record-out', asked.recordOut, proof.record.bytes);
      }
      print(report(proof, asked, opened.description));
      return 0;
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const problem = { code: 'unreadable', path: asked.target, message: error.message };
    return refuse(problem, asked, print);
  }
}

async function prove(source: LogSource, asked: ProveArguments): Promise<Proof | Problem> {
  const log = await openLog(source, asked.key, crypto);
  if ('code' in log) return log;
  const head = asked.witnessed ? await witnessedHead(log, crypto) : newestHead(log);
  if ('code' in head) return head;
  const { origin } = log.checkpoint;
  if (asked.since !== undefined) {
    const growth = await proveGrowth(log, head, asked.since, crypto);
    return 'code' in growth ? growth : { ...growth, origin, head };
  }
  const index = await findRecord(asked.record ?? '', log);
  if (typeof index !== 'number') return index;
  const proof = await proveRecord(log, head, index, crypto);
  return 'code' in proof ? proof : { ...proof, origin, head };
}

async function readArguments(args: readonly string[]): Promise<ProveArguments> {
  const { values, positionals } = orUsage(() => parseProveArgs(args));
  const [target, record, ...more] = positionals;
  if (target === undefined || target === '' || record === '' || more.length > 0) {
    throw new UsageError('name one folder, clone or URL, and one record or --since');
  }
  if ((record === undefined) === (values.since === undefined)) {
    throw new UsageError('name either a record, or with --since a checkpoint that you kept');
  }
  if (record === undefined && values['record-out'] !== undefined) {
    throw new UsageError('--record-out: the proof of growth is about no single record');
  }
  for (const [option, path] of [
    ['--out', values.out],
    ['--record-out', values['record-out']],
  ] as const) {
    if (path !== undefined && existsSync(path)) throw new UsageError(`${option}: ${path} exists and is left as it is`);
  }
  return {
    target,
    record,
    since: values.since === undefined ? undefined : await readFileOf('--since', values.since),
    branch: readBranch(values.branch),
    key: values.key === undefined ? undefined : await readKey('--key', values.key),
    witnessed: values.witnessed ?? false,
    out: values.out,
    recordOut: values['record-out'],
    json: values.json ?? false,
  };
}

function parseProveArgs(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      branch: { type: 'string' },
      key: { type: 'string' },
      since: { type: 'string' },
      witnessed: { type: 'boolean' },
      out: { type: 'string' },
      'record-out': { type: 'string' },
      json: { type: 'boolean' },
    },
  });
}

function refuse(problem: Unproven, { json }: ProveArguments, print: Print): number {
  const { code, path, index, message } = problem;
  const where = index === undefined ? '' : ` (record ${index})`;
  const text = `NOT PROVEN: ${printable(path)}${where}\n  ${code}: ${printable(message)}\n`;
  print(json ? `${JSON.stringify({ ok: false, problem }, null, 2)}\n` : text);
  return 1;
}

function report(proof: Proof, { key, out, recordOut, json }: ProveArguments, description: string): string {
  const { text, record, olderSize, origin, head } = proof;
  const checkpointKey = formatVerifierKey(head.key);
  if (json) {
    const { index, path } = record ?? {};
    const result = { ok: true, read: description, origin, index, path, olderSize, size: head.size, checkpointKey };
    return `${JSON.stringify({ ...result, proof: text }, null, 2)}\n`;
  }
  // Alone, so that it can be sent on: whoever wants to read about it names a file.
  if (out === undefined) return text;
  const lines = [
    record === undefined
      ? `proven: ${origin} has ${head.size} records, and the first ${olderSize} are those of the older checkpoint`
      : `proven: record ${record.index} of ${head.size} of ${origin}`,
    `  read: ${description}`,
    ...(record === undefined ? [] : [`  record: ${record.path}`]),
    `  checkpoint key: ${checkpointKey} (${key === undefined ? 'named by the log itself, NOT pinned' : 'from the pinned one'})`,
    `  proof: ${out}${recordOut === undefined ? '' : `; record: ${recordOut}`}`,
    'note: only what the proof needs was read and checked; countersign verify checks the whole log.',
  ];
  return `${lines.join('\n')}\n`;
}

/** @throws {UsageError} when the file exists by now: a proof that somebody keeps must not be lost to a second run */
async function writeNew(option: string, path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content, { flag: 'wx' });
  } catch (error) {
    throw new UsageError(`${option}: ${path} cannot be written`, { cause: error });
  }
}
