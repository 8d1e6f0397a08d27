import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { sha256, sha512, verifyOnPool } from '../adapters/signing/node-crypto.ts';
import { toBase64 } from '../core/evidence/bytes.ts';
import type { LogSource } from '../core/evidence/verify/log-source.ts';
import { openLog } from '../core/evidence/proofs/open-log.ts';
import type { Problem } from '../core/evidence/problem.ts';
import type { VerifierKey } from '../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../core/evidence/verify/verify-log.ts';
import type { VerifyResult } from '../core/evidence/verify/verify-log.ts';
import type { LogVerified } from '../core/evidence/verify/verify-result.ts';
import { openCheckPool } from './check-pool.ts';
import type { SourcePlace } from './check-worker.ts';
import { exportLog, exportParts } from './export-log.ts';
import type { ExportPart } from './export-log.ts';
import { openSource } from './open-source.ts';
import type { OpenedSource } from './open-source.ts';
import { readBranch, readKey } from './option-values.ts';
import { printable } from './printable.ts';
import { openProgressBar } from './progress-bar.ts';
import { isUnreadable, UsageError, orUsage } from './usage-error.ts';
import type { Print } from './verify.ts';

export const exportUsage = `countersign export <folder | clone | repository URL> --out <new folder> --key <vkey or file> [options]

  Verifies a log as countersign verify does and, only if it verifies, writes it in forms that other tools read:
  envelopes.intoto.jsonl (a DSSE envelope a line), tlog/ (a C2SP static tree), proofs/ (a tlog-proof for each record).
  Exit code 0: exported. 1: it does not verify or cannot be read, and nothing is left behind. 2: wrong usage.

  --out <new folder>     is made; a folder or file that exists is never written to
  --key <vkey or file>   the checkpoint key that you were given elsewhere
  --format <part>        all (default), envelopes, tiles or proofs
  --branch <name>        the evidence branch of a repository (default countersign-evidence)
  --json                 print the result as JSON
`;

interface ExportArguments {
  readonly target: string;
  readonly out: string;
  readonly key: VerifierKey;
  readonly parts: ReadonlySet<ExportPart>;
  readonly branch: string;
  readonly json: boolean;
}

/** A problem of the log, or `unreadable`. */
type Unexported = Omit<Problem, 'code'> & { readonly code: string };

const crypto = { sha256, sha512, verify: verifyOnPool };

/**
 * Runs `countersign export`.
 * @returns exit code 0 or 1
 * @throws {UsageError} for exit code 2
 */
export async function runExport(args: readonly string[], print: Print): Promise<number> {
  const asked = await readArguments(args);
  try {
    const opened = await openSource(asked.target, asked.branch);
    try {
      const result = await verifyAndExport(opened, asked);
      if ('code' in result) return refuse(result, asked, print);
      print(report(result, asked, opened.description));
      return 0;
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return refuse({ code: 'unreadable', path: asked.target, message: error.message }, asked, print);
  }
}

async function verifyAndExport(
  { source, place }: OpenedSource,
  { key, out, parts }: ExportArguments,
): Promise<LogVerified | Problem> {
  const verified = await verifyOnAllCores(source, place, key);
  if (!verified.ok) return verified.problem;
  const log = await openLog(source, key, crypto);
  if ('code' in log) return log;
  if (toBase64(log.checkpoint.root) !== verified.root) {
    return { code: 'changed-while-reading', path: 'checkpoint', message: 'it is not the one that was verified' };
  }
  const problem = await inNewFolder(out, (folder) => exportLog(log, parts, folder, crypto));
  return problem ?? verified;
}

async function verifyOnAllCores(source: LogSource, place: SourcePlace, key: VerifierKey): Promise<VerifyResult> {
  const pool = openCheckPool(place);
  const progress = openProgressBar(process.stderr);
  try {
    const onProgress = (done: number, total: number): void => progress.show(done, total);
    return await verifyLog(source, { checkpointKey: key, pool, onProgress, ...crypto });
  } finally {
    progress.clear();
    await pool.close();
  }
}

/**
 * Makes a folder whole or not at all: it is filled under another name beside it, and renamed once nothing is missing.
 * Neither an error nor a Ctrl-C leaves half of it behind.
 * @param fill answers with what went wrong, if anything
 */
async function inNewFolder(out: string, fill: (folder: string) => Promise<Problem | null>): Promise<Problem | null> {
  const partial = join(dirname(out), `.${basename(out)}.${randomBytes(6).toString('hex')}`);
  const abort = (signal: NodeJS.Signals): void => {
    rmSync(partial, { recursive: true, force: true });
    process.kill(process.pid, signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, abort);
  try {
    await mkdir(partial);
    const problem = await fill(partial);
    // Somebody may have made it meanwhile; an empty folder would be replaced without a word.
    if (problem === null) await requireNew(out);
    if (problem === null) await rename(partial, out);
    return problem;
  } finally {
    await rm(partial, { recursive: true, force: true });
    for (const signal of signals) process.off(signal, abort);
  }
}

async function requireNew(out: string): Promise<void> {
  const exists = await lstat(out).then(
    () => true,
    () => false,
  );
  if (exists) throw new UsageError(`--out: ${out} exists and is left as it is`);
}

async function readArguments(args: readonly string[]): Promise<ExportArguments> {
  const { values, positionals } = orUsage(() => parseExportArgs(args));
  const [target, ...more] = positionals;
  if (target === undefined || target === '' || more.length > 0) throw new UsageError('name one folder, clone or URL');
  if (values.out === undefined || values.out === '') throw new UsageError('--out: name the folder to be made');
  if (values.key === undefined) throw new UsageError('--key: only a log that verifies by a pinned key is exported');
  const out = resolve(values.out);
  await requireNew(out);
  const parent = await lstat(join(dirname(out), '.')).catch(() => null);
  if (parent?.isDirectory() !== true) throw new UsageError(`--out: there is no folder ${dirname(out)}`);
  return {
    target,
    out,
    key: await readKey('--key', values.key),
    parts: readParts(values.format ?? 'all'),
    branch: readBranch(values.branch),
    json: values.json ?? false,
  };
}

function readParts(format: string): ReadonlySet<ExportPart> {
  const all = ['envelopes', 'tiles', 'proofs'] as const;
  const parts = all.filter((part) => format === 'all' || format === part);
  if (parts.length === 0) throw new UsageError(`--format: ${format} is none of all, ${all.join(', ')}`);
  return new Set(parts);
}

function parseExportArgs(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      branch: { type: 'string' },
      out: { type: 'string' },
      key: { type: 'string' },
      format: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
}

function refuse(problem: Unexported, { json }: ExportArguments, print: Print): number {
  const { code, path, index, message } = problem;
  const where = index === undefined ? '' : ` (record ${index})`;
  const text = `NOTHING EXPORTED: ${printable(path)}${where}\n  ${code}: ${printable(message)}\n`;
  print(json ? `${JSON.stringify({ ok: false, problem }, null, 2)}\n` : text);
  return 1;
}

function report(verified: LogVerified, { out, parts, json }: ExportArguments, description: string): string {
  const { origin, size, root, warnings } = verified;
  const files = [...parts].map((part) => exportParts[part]);
  if (json)
    return `${JSON.stringify({ ok: true, read: description, out, files, origin, size, root, warnings }, null, 2)}\n`;
  const lines = [
    `exported: ${size} records of ${origin}, verified with the pinned key`,
    `  read: ${description}`,
    `  written to ${out}: ${files.join(', ')}`,
    ...warnings.map((warning) => `note: ${warning}`),
  ];
  return `${lines.join('\n')}\n`;
}
