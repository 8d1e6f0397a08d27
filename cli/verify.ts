import { parseArgs } from 'node:util';
import type { VerifierKey } from '../core/evidence/signed-note.ts';
import { verifyLog } from '../core/evidence/verify-log.ts';
import type { VerifyResult } from '../core/evidence/verify-log.ts';
import { sha256, sha512, verifyOnPool } from '../adapters/signing/node-crypto.ts';
import { openSource } from './open-source.ts';
import { readBranch, readFileOf, readKey } from './option-values.ts';
import { printable } from './printable.ts';
import { isUnreadable, UsageError } from './usage-error.ts';

export const verifyUsage = `countersign verify <folder | clone | repository URL> [options]

  Checks a log of evidence: every file, signature, hash and rule. Exit code 0: it verifies. 1: it does not (the first
  bad record or file is named), or it cannot be read. 2: wrong usage, nothing was checked.

  --key <vkey or file>   the checkpoint key that you were given elsewhere; without it only self-consistency is shown
  --since <file>         a checkpoint that you kept from an earlier check: the log must extend it
  --branch <name>        the evidence branch of a repository (default countersign-evidence)
  --json                 print the result as JSON
`;

interface VerifyArguments {
  readonly target: string;
  readonly branch: string;
  readonly key: VerifierKey | undefined;
  readonly since: Uint8Array | undefined;
  readonly json: boolean;
}

/** Where output goes: standard output, one call a text. */
export type Print = (text: string) => void;

/**
 * Runs `countersign verify`.
 * @returns exit code 0 or 1
 * @throws {UsageError} for exit code 2
 */
export async function runVerify(args: readonly string[], print: Print): Promise<number> {
  const asked = await readArguments(args);
  try {
    const opened = await openSource(asked.target, asked.branch);
    try {
      const result = await verifyLog(opened.source, {
        checkpointKey: asked.key,
        since: asked.since,
        sha256,
        sha512,
        verify: verifyOnPool,
      });
      print(
        asked.json
          ? `${JSON.stringify({ read: opened.description, ...result }, null, 2)}\n`
          : report(result, asked, opened.description),
      );
      return result.ok ? 0 : 1;
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const problem = { code: 'unreadable', path: asked.target, message: error.message };
    print(
      asked.json
        ? `${JSON.stringify({ ok: false, problem }, null, 2)}\n`
        : `DOES NOT VERIFY: ${printable(error.message)}\n`,
    );
    return 1;
  }
}

async function readArguments(args: readonly string[]): Promise<VerifyArguments> {
  const { values, positionals } = parse(args);
  const [target, ...more] = positionals;
  if (target === undefined || target === '' || more.length > 0) throw new UsageError('name one folder, clone or URL');
  return {
    target,
    branch: readBranch(values.branch),
    key: values.key === undefined ? undefined : await readKey('--key', values.key),
    since: values.since === undefined ? undefined : await readFileOf('--since', values.since),
    json: values.json ?? false,
  };
}

function parse(args: readonly string[]): ReturnType<typeof parseVerifyArgs> {
  try {
    return parseVerifyArgs(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'unknown option', { cause: error });
  }
}

function parseVerifyArgs(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      branch: { type: 'string' },
      key: { type: 'string' },
      since: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
}

function report(result: VerifyResult, { key }: VerifyArguments, description: string): string {
  if (!result.ok) {
    const { path, index, code, message } = result.problem;
    const where = index === undefined ? '' : ` (record ${index})`;
    return `DOES NOT VERIFY: ${printable(path)}${where}\n  ${code}: ${printable(message)}\n  read: ${printable(description)}\n`;
  }
  const lines = [
    `verified: ${result.size} records of ${result.origin}`,
    `  read: ${description}`,
    '  checked: every path, signature, hash, tile and rule between records; policies and facts by digest',
    `  root: ${result.root}`,
    `  checkpoint key: ${result.checkpointKey} (${key === undefined ? 'named by the log itself, NOT pinned' : 'pinned'})`,
    `  record key: ${result.recordKey} (named by record 0)`,
    `  not evidence, not checked: ${result.notEvidence.length === 0 ? 'none' : result.notEvidence.join(', ')}`,
    ...result.warnings.map((warning) => `note: ${warning}`),
  ];
  return `${lines.join('\n')}\n`;
}
